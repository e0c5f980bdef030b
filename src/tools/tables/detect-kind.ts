// What a given file is, by its name and its first bytes: a table, a document, or nothing we read.
import { decodeText } from "./decode-text.ts";
import { delimiterOf } from "./read-delimited.ts";
import { unreadable } from "./text-grid.ts";

export type TableFormat = "delimited" | "json" | "parquet" | "xlsx";

export interface DetectedKind {
  kind: "table" | "document";
  mime: string;
}

const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

const TABLES: Record<string, { mime: string; format: TableFormat }> = {
  csv: { mime: "text/csv", format: "delimited" },
  tsv: { mime: "text/tab-separated-values", format: "delimited" },
  tab: { mime: "text/tab-separated-values", format: "delimited" },
  psv: { mime: "text/csv", format: "delimited" },
  json: { mime: "application/json", format: "json" },
  ndjson: { mime: "application/x-ndjson", format: "json" },
  jsonl: { mime: "application/x-ndjson", format: "json" },
  parquet: { mime: "application/vnd.apache.parquet", format: "parquet" },
  pq: { mime: "application/vnd.apache.parquet", format: "parquet" },
  xlsx: { mime: XLSX, format: "xlsx" },
  xlsm: { mime: XLSX, format: "xlsx" },
};

const DOCUMENTS: Record<string, string> = {
  pdf: "application/pdf",
  docx: DOCX,
  html: "text/html",
  htm: "text/html",
  txt: "text/plain",
  md: "text/markdown",
  markdown: "text/markdown",
};

const READ = "Tables: CSV, TSV, JSON, NDJSON, Parquet, XLSX. Documents: PDF, DOCX, HTML, TXT, MD.";

/**
 * Kind and mime type of a file a person gave. The extension decides when it is known and the first
 * bytes agree; without one the content does. Throws INPUT_UNREADABLE for empty and binary files,
 * for a content that is not what the name says, and for types that are not read.
 */
export const detectKind = (name: string, bytes: Uint8Array): DetectedKind => {
  if (bytes.length === 0) {
    throw unreadable(name, "is empty (0 bytes)", "Check that the export finished, then try again.");
  }
  const extension = extensionOf(name);
  const magic = magicOf(bytes);
  const expected = TABLES[extension] ?? DOCUMENTS[extension];
  if (expected === undefined) return byContent(name, extension, bytes, magic);
  checkContent(name, extension, bytes, magic);
  return typeof expected === "string"
    ? { kind: "document", mime: expected }
    : { kind: "table", mime: expected.mime };
};

/** The reader for a source of kind `table`. Throws INPUT_UNREADABLE as `detectKind` does. */
export const tableFormatOf = (name: string, bytes: Uint8Array): TableFormat => {
  const { kind, mime } = detectKind(name, bytes);
  const known = Object.values(TABLES).find((table) => table.mime === mime);
  if (kind === "table" && known !== undefined) return known.format;
  throw unreadable(name, "is a document, not a table", `Give a table. ${READ}`);
};

type Magic =
  | "pdf"
  | "zip-xlsx"
  | "zip-docx"
  | "zip"
  | "parquet"
  | "ole"
  | "gzip"
  | "image"
  | "none";

const magicOf = (bytes: Uint8Array): Magic => {
  const head = Buffer.from(bytes.subarray(0, 1024)).toString("latin1");
  if (head.includes("%PDF-")) return "pdf";
  if (head.startsWith("PAR1")) return "parquet";
  if (head.startsWith("\xd0\xcf\x11\xe0")) return "ole";
  if (head.startsWith("\x1f\x8b")) return "gzip";
  if (/^(\x89PNG|\xff\xd8\xff|GIF8|RIFF|BM)/.test(head) && bytes.includes(0)) return "image";
  if (!head.startsWith("PK\x03\x04") && !head.startsWith("PK\x05\x06")) return "none";
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (all.includes("xl/workbook")) return "zip-xlsx";
  return all.includes("word/document") ? "zip-docx" : "zip";
};

const wants: Record<string, Magic[]> = {
  xlsx: ["zip-xlsx", "zip"],
  xlsm: ["zip-xlsx", "zip"],
  docx: ["zip-docx", "zip"],
  pdf: ["pdf"],
  parquet: ["parquet"],
  pq: ["parquet"],
};

const checkContent = (name: string, extension: string, bytes: Uint8Array, magic: Magic): void => {
  const wanted = wants[extension];
  if (wanted?.includes(magic) === true) return;
  if (magic === "ole") throw oldOffice(name, bytes);
  if (wanted !== undefined) {
    throw unreadable(
      name,
      `is not a real .${extension} file${magic === "none" ? "" : `; it looks like ${plain(magic)}`}`,
      `Open it in the program that made it and save it again as .${extension}.`,
    );
  }
  if (magic !== "none" && magic !== "image") {
    throw unreadable(
      name,
      `is named .${extension} but is ${plain(magic)}`,
      "Give the file its right extension, or unpack it first.",
    );
  }
  decodeText(name, bytes);
};

const byContent = (
  name: string,
  extension: string,
  bytes: Uint8Array,
  magic: Magic,
): DetectedKind => {
  if (magic === "ole") throw oldOffice(name, bytes);
  if (magic === "pdf") return { kind: "document", mime: "application/pdf" };
  if (magic === "parquet") return { kind: "table", mime: "application/vnd.apache.parquet" };
  if (magic === "zip-xlsx" && extension === "") return { kind: "table", mime: XLSX };
  if (magic === "zip-docx" && extension === "") return { kind: "document", mime: DOCX };
  if (magic !== "none") {
    throw unreadable(name, `is ${plain(magic)}, which is not read`, `Unpack or export it. ${READ}`);
  }
  const { text } = decodeText(name, bytes);
  const start = text.trimStart();
  if (/^[[{]/.test(start)) return { kind: "table", mime: "application/json" };
  if (/^<(!doctype html|html)/i.test(start)) return { kind: "document", mime: "text/html" };
  if (delimiterOf(text) !== undefined) return { kind: "table", mime: "text/csv" };
  if (extension === "" || extension === "log" || extension === "text") {
    return { kind: "document", mime: "text/plain" };
  }
  throw unreadable(name, `has a type that is not read (.${extension})`, READ);
};

const oldOffice = (name: string, bytes: Uint8Array): Error => {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return all.includes(Buffer.from("EncryptedPackage", "utf16le"))
    ? unreadable(name, "is protected by a password", "Save it without the password and try again.")
    : unreadable(name, "is an old Office file", "Save it as .xlsx or .docx and give that file.");
};

const plain = (magic: Magic): string =>
  ({
    pdf: "a PDF",
    "zip-xlsx": "an XLSX workbook",
    "zip-docx": "a DOCX document",
    zip: "a ZIP archive",
    parquet: "a Parquet file",
    ole: "an old Office file",
    gzip: "compressed with gzip",
    image: "an image",
    none: "text",
  })[magic];

const extensionOf = (name: string): string =>
  /\.([a-z0-9]{1,8})$/i.exec(name)?.[1]?.toLowerCase() ?? "";
