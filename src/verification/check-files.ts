// Finished files: there, whole, what they claim to be, and in agreement with the verified results.
import { createHash } from "node:crypto";
import { TuttiError } from "../errors.ts";
import type { ArtifactStore, TaskContext } from "../ports/index.ts";
import type { FileRef, Finding, HandOver } from "../protocol/index.ts";
import { checkHtml } from "./check-html.ts";
import { checkPdf } from "./check-pdf.ts";
import { checkWorkbook } from "./check-workbook.ts";
import { findingsOf } from "./finding.ts";

const finding = findingsOf("files");

/** The bytes, or what is wrong with them. Throws when the store itself fails. */
const fetchBytes = async (file: FileRef, store: ArtifactStore): Promise<Uint8Array | Finding> => {
  const where = `files/${file.name}`;
  if (!(await store.has(file.sha256))) {
    return finding(
      "missing-file",
      `${file.name} (${file.sha256.slice(0, 12)}…) is not in the store`,
      where,
    );
  }
  let bytes: Uint8Array;
  try {
    bytes = await store.get(file.sha256);
  } catch (error) {
    if (!(error instanceof TuttiError) || error.code !== "ARTIFACT_MISSING") throw error;
    return finding("missing-file", `${file.name} is damaged or gone: ${error.message}`, where);
  }
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (sha256 !== file.sha256) {
    return finding(
      "file-mismatch",
      `${file.name} has the hash ${sha256}, handed over was ${file.sha256}`,
      where,
    );
  }
  if (bytes.length === 0) return finding("empty-file", `${file.name} has 0 bytes`, where);
  return bytes.length === file.bytes
    ? bytes
    : finding(
        "file-mismatch",
        `${file.name} has ${bytes.length} bytes, handed over were ${file.bytes}`,
        where,
      );
};

const beginsWith = (bytes: Uint8Array, signature: readonly number[]): boolean =>
  signature.every((byte, at) => bytes[at] === byte);

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const PNG_END = [0x49, 0x45, 0x4e, 0x44];
const JPEG = [0xff, 0xd8, 0xff];

const isSvg = (bytes: Uint8Array): boolean => {
  const text = new TextDecoder().decode(bytes).trim();
  return (
    /^(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)?(?:<!DOCTYPE[^>]*>\s*)?<svg[\s>]/.test(text) &&
    text.endsWith("</svg>")
  );
};

const isJson = (bytes: Uint8Array): boolean => {
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return true;
  } catch {
    return false; // the answer, not an error
  }
};

/** Kinds that are recognised by their bytes alone. */
const opensAs: Readonly<Record<string, (bytes: Uint8Array) => boolean>> = {
  png: (bytes) => beginsWith(bytes, PNG) && beginsWith(bytes.subarray(-8), PNG_END),
  jpg: (bytes) => beginsWith(bytes, JPEG),
  jpeg: (bytes) => beginsWith(bytes, JPEG),
  svg: isSvg,
  json: isJson,
};

const EXTENSION_OF: Readonly<Record<string, string>> = {
  "application/pdf": "pdf",
  "text/html": "html",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
  "image/png": "png",
  "image/svg+xml": "svg",
  "image/jpeg": "jpg",
  "application/json": "json",
};

const extensionOf = ({ name, mime }: FileRef): string => {
  const dot = name.lastIndexOf(".");
  const own = dot < 0 ? "" : name.slice(dot + 1).toLowerCase();
  return own === "htm" ? "html" : own === "" ? (EXTENSION_OF[mime.split(";")[0] ?? ""] ?? "") : own;
};

const checkContent = async (
  bytes: Uint8Array,
  file: FileRef,
  handOver: HandOver,
  context: TaskContext,
): Promise<Finding[]> => {
  const where = `files/${file.name}`;
  const extension = extensionOf(file);
  const claimed = EXTENSION_OF[file.mime.split(";")[0] ?? ""];
  if (
    claimed !== undefined &&
    claimed !== extension &&
    !(claimed === "jpg" && extension === "jpeg")
  ) {
    return [finding("unopenable-file", `${file.name} is handed over as ${file.mime}`, where)];
  }
  if (extension === "xlsx") return checkWorkbook(bytes, file, handOver, context);
  if (extension === "pdf") return checkPdf(bytes, file, handOver, context);
  if (extension === "html") return checkHtml(bytes, file, handOver, context);
  const opens = opensAs[extension];
  return opens === undefined || opens(bytes)
    ? []
    : [
        finding(
          "unopenable-file",
          `${file.name} does not open as ${extension.toUpperCase()}`,
          where,
        ),
      ];
};

/** Findings of all files. Throws when the store fails. */
export const checkFiles = async (
  handOver: HandOver,
  context: TaskContext,
  store: ArtifactStore,
): Promise<Finding[]> => {
  const findings: Finding[] = [];
  for (const file of handOver.files) {
    context.signal?.throwIfAborted();
    const bytes = await fetchBytes(file, store);
    if ("code" in bytes) findings.push(bytes);
    else findings.push(...(await checkContent(bytes, file, handOver, context)));
  }
  return findings;
};
