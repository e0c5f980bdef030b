// What every store asks of a content and says about one, wherever it keeps it.
import { createHash } from "node:crypto";
import { TuttiError } from "../errors.ts";
import { Sha256, type FileRef } from "../protocol/index.ts";

/** Largest content taken unless a store is told otherwise: 512 MiB. */
export const MAX_BYTES = 512 * 1024 * 1024;

export const sha256Of = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex");

export const isSha256 = (text: string): boolean => Sha256.safeParse(text).success;

/** Throws ARTIFACT_MISSING, so that nothing else ever becomes part of a path or a key. */
export const requireSha256 = (sha256: string): void => {
  if (!isSha256(sha256)) throw missing(sha256, "is not a sha256");
};

/** The reference to a content that is about to be stored. Throws TOOL_FAILED or INPUT_TOO_LARGE. */
export const refTo = (
  bytes: Uint8Array,
  { name, mime }: { name: string; mime: string },
  maxBytes: number,
): FileRef => {
  requireFileName(name);
  if (bytes.byteLength > maxBytes) throw tooLarge(name, bytes.byteLength, maxBytes);
  return { sha256: sha256Of(bytes), name, mime, bytes: bytes.byteLength };
};

const requireFileName = (name: string): void => {
  const plain = name.length > 0 && name.length <= 255 && !/[/\\\0]/.test(name);
  if (plain && name !== "." && name !== "..") return;
  throw new TuttiError("TOOL_FAILED", `${JSON.stringify(name)} is not a file name.`, {
    hint: "Give a name without a folder, such as report.xlsx.",
  });
};

const tooLarge = (name: string, bytes: number, maxBytes: number): TuttiError =>
  new TuttiError("INPUT_TOO_LARGE", `"${name}" has ${bytes} bytes; at most ${maxBytes} are kept.`, {
    hint: "Split the file, or leave out what the goal does not need.",
    data: { bytes, maxBytes },
  });

export const missing = (sha256: string, what: string): TuttiError =>
  new TuttiError("ARTIFACT_MISSING", `The content ${shorten(sha256)} ${what}.`, {
    hint: "Start the run again with the original file, or restore the files from a backup.",
    data: { sha256: shorten(sha256) },
  });

export const notInStore = (sha256: string): TuttiError => missing(sha256, "is not in the store");

export const damaged = (sha256: string): TuttiError =>
  missing(sha256, "is damaged: its content has another hash");

const shorten = (sha256: string): string =>
  sha256.length > 80 ? `${sha256.slice(0, 80)}…` : sha256;

/** All of a content that comes in parts. Throws ARTIFACT_MISSING when it has another hash. */
export const collect = async (
  sha256: string,
  parts: AsyncIterable<Uint8Array>,
): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  for await (const part of parts) chunks.push(part);
  const bytes = Buffer.concat(chunks);
  if (sha256Of(bytes) !== sha256) throw damaged(sha256);
  return bytes;
};
