// Bytes to text: UTF-8, UTF-16 with or without a byte order mark, else Windows-1252.
import { unreadable } from "./text-grid.ts";

export interface DecodedText {
  text: string;
  /** Set when the file was not UTF-8. */
  encoding?: "UTF-16LE" | "UTF-16BE" | "Windows-1252";
}

const SAMPLE = 64 * 1024;
const BINARY_HINT = "Export the data as CSV, JSON, Parquet or XLSX and give that file.";

/** Throws INPUT_UNREADABLE for empty and binary files. */
export const decodeText = (file: string, bytes: Uint8Array): DecodedText => {
  const decoded = decode(file, bytes);
  if (decoded.text.trim() === "") {
    throw unreadable(file, "is empty", "Check that the export finished, then give the file again.");
  }
  if (looksBinary(decoded.text)) throw unreadable(file, "is not text but binary", BINARY_HINT);
  return decoded;
};

const decode = (file: string, bytes: Uint8Array): DecodedText => {
  const utf16 = utf16Of(bytes);
  if (utf16 !== undefined) {
    return { text: new TextDecoder(utf16.toLowerCase()).decode(bytes), encoding: utf16 };
  }
  if (bytes.subarray(0, SAMPLE).includes(0) || bytes.includes(0)) {
    throw unreadable(file, "holds NUL bytes: it is binary, not text", BINARY_HINT);
  }
  const utf8 = decodeUtf8(bytes);
  if (utf8 !== undefined) return { text: utf8 };
  return { text: new TextDecoder("windows-1252").decode(bytes), encoding: "Windows-1252" };
};

/** A character cut in two at the very end is a short file, not another encoding. */
const decodeUtf8 = (bytes: Uint8Array): string | undefined => {
  for (let cut = 0; cut < 4; cut += 1) {
    const whole = bytes.subarray(0, bytes.length - cut);
    if (cut > 0 && (bytes[bytes.length - cut] ?? 0) < 0x80) return undefined;
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(whole);
    } catch {
      // Not valid up to here: one byte less, or another encoding.
    }
  }
  return undefined;
};

/** By its mark, or because text has a zero in every other byte. */
const utf16Of = (bytes: Uint8Array): "UTF-16LE" | "UTF-16BE" | undefined => {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "UTF-16LE";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "UTF-16BE";
  const sample = bytes.subarray(0, SAMPLE);
  if (sample.length < 8 || bytes.length % 2 === 1) return undefined;
  const zeros = [0, 0];
  for (let at = 0; at < sample.length; at += 1) if (sample[at] === 0) zeros[at % 2]! += 1;
  const half = sample.length / 2;
  const [even = 0, odd = 0] = zeros;
  if (odd > half * 0.7 && even < half * 0.02) return "UTF-16LE";
  if (even > half * 0.7 && odd < half * 0.02) return "UTF-16BE";
  return undefined;
};

const looksBinary = (text: string): boolean => {
  const sample = text.slice(0, SAMPLE);
  let odd = 0;
  for (let at = 0; at < sample.length; at += 1) {
    const code = sample.charCodeAt(at);
    const control = code < 32 && code !== 9 && code !== 10 && code !== 12 && code !== 13;
    if (code === 0) return true;
    if (control || (code >= 0x7f && code < 0xa0) || code === 0xfffd) odd += 1;
  }
  return odd > Math.max(2, sample.length * 0.005);
};
