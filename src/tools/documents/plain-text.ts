// Text files of unknown encoding: byte order mark, UTF-8, UTF-16 by its zero bytes, else Windows-1252.
import { unreadable } from "./document-limits.ts";

/** Share of control characters above which bytes are no text. */
const BINARY_SHARE = 0.01;

const zeroShare = (bytes: Uint8Array, parity: 0 | 1): number => {
  let zeros = 0;
  for (let at = parity; at < bytes.length; at += 2) if (bytes[at] === 0) zeros++;
  return (2 * zeros) / Math.max(bytes.length, 1);
};

/** The encoding that the first bytes give away, if any. */
const markedEncoding = (bytes: Uint8Array): string | undefined => {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return "utf-8";
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  const head = bytes.subarray(0, 4096);
  if (zeroShare(head, 1) > 0.4 && zeroShare(head, 0) < 0.1) return "utf-16le";
  if (zeroShare(head, 0) > 0.4 && zeroShare(head, 1) < 0.1) return "utf-16be";
  return undefined;
};

const isBinary = (text: string): boolean => {
  const head = text.slice(0, 20_000);
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const controls = head.match(/[\u0000-\u0008\u000e-\u001f\ufffd]/g)?.length ?? 0;
  return controls > head.length * BINARY_SHARE;
};

const isUtf8 = (bytes: Uint8Array): boolean => {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
};

/**
 * Bytes as text. `declared` is an encoding that the content claims, tried when there is no byte
 * order mark. Throws INPUT_UNREADABLE for binary content.
 */
export const decodeText = (name: string, bytes: Uint8Array, declared?: string): string => {
  const encoding = markedEncoding(bytes) ?? declared ?? (isUtf8(bytes) ? "utf-8" : "windows-1252");
  const text = new TextDecoder(encoding).decode(bytes);
  if (isBinary(text))
    throw unreadable(name, "is not a text file", "Give a PDF, DOCX, HTML, TXT or Markdown file.");
  return text;
};
