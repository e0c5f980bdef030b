// What a document is: by its name and, where a format has a signature, by its first bytes.
import { unreadable } from "./document-limits.ts";

export type DocumentFormat = "pdf" | "docx" | "html" | "text";

const BY_EXTENSION: Record<string, DocumentFormat> = {
  pdf: "pdf",
  docx: "docx",
  html: "html",
  htm: "html",
  xhtml: "html",
  txt: "text",
  text: "text",
  md: "text",
  markdown: "text",
};

const startsWith = (bytes: Uint8Array, signature: readonly number[]): boolean =>
  signature.every((byte, at) => bytes[at] === byte);

const isPdf = (bytes: Uint8Array): boolean =>
  new TextDecoder("latin1").decode(bytes.subarray(0, 1024)).includes("%PDF-");
const isZip = (bytes: Uint8Array): boolean => startsWith(bytes, [0x50, 0x4b, 0x03, 0x04]);
/** The container of old Office files, and of encrypted new ones. */
const isOle = (bytes: Uint8Array): boolean => startsWith(bytes, [0xd0, 0xcf, 0x11, 0xe0]);

/** Throws INPUT_UNREADABLE when name and content disagree, or nothing here reads the format. */
export const documentFormat = (name: string, bytes: Uint8Array): DocumentFormat => {
  const extension = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
  const named = BY_EXTENSION[extension];
  if (isOle(bytes))
    throw unreadable(
      name,
      named === "docx" ? "is encrypted or an old .doc file" : "is an old Office file",
      "Save it as .docx without a password.",
    );
  if (isPdf(bytes)) return "pdf";
  if (named === "pdf") throw unreadable(name, "is no PDF", "Check that the file is complete.");
  if (isZip(bytes) && (named === "docx" || named === undefined)) return "docx";
  if (named === "docx")
    throw unreadable(name, "is no Word document", "Save it as .docx with a word processor.");
  return named ?? "text";
};
