// A zip is inspected before anything unpacks it: real, not encrypted, and no bomb, neither by what
// its directory declares nor by what its entries really hold.
import { fromBufferPromise } from "yauzl";
import type { Entry, ZipFile } from "yauzl";
import { TuttiError, messageOf } from "../../errors.ts";
import { tooLarge, unreadable } from "./text-grid.ts";
import { turn } from "./turn.ts";

const MAX_ENTRIES = 10_000;

/**
 * Names of the entries. Throws INPUT_UNREADABLE when it is no zip, damaged or encrypted, and
 * INPUT_TOO_LARGE when its entries hold more than `maxBytes`.
 */
export const inspectArchive = async (
  file: string,
  bytes: Uint8Array,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<string[]> => {
  try {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const zip = await fromBufferPromise(buffer, { lazyEntries: true, autoClose: false });
    const entries = await declaredEntries(file, zip, maxBytes);
    let left = maxBytes;
    for (const entry of entries) {
      left -= await actualSize(file, zip, entry, left);
      await turn(signal);
    }
    return entries.map((entry) => entry.fileName);
  } catch (error) {
    if (error instanceof TuttiError) throw error;
    if (/encrypt/i.test(messageOf(error))) throw locked(file);
    // An entry that holds more than its directory declares was made to deceive.
    if (/too many bytes/i.test(messageOf(error))) throw bomb(file);
    const hint = "Open it in a spreadsheet program and save it again.";
    throw unreadable(file, `is not a sound zip file (${messageOf(error)})`, hint, error);
  }
};

const declaredEntries = async (file: string, zip: ZipFile, maxBytes: number): Promise<Entry[]> => {
  const entries: Entry[] = [];
  let declared = 0;
  for await (const entry of zip.eachEntry()) {
    if (entry.isEncrypted()) throw locked(file);
    declared += entry.uncompressedSize;
    entries.push(entry);
    if (declared > maxBytes) throw bomb(file);
    if (entries.length > MAX_ENTRIES) throw tooLarge(file, `more than ${MAX_ENTRIES} parts`);
  }
  return entries;
};

const actualSize = async (
  file: string,
  zip: ZipFile,
  entry: Entry,
  left: number,
): Promise<number> => {
  const stream = await zip.openReadStreamPromise(entry);
  let size = 0;
  for await (const chunk of stream) {
    size += (chunk as Buffer).length;
    if (size > left) throw bomb(file);
  }
  return size;
};

const locked = (file: string): TuttiError =>
  unreadable(file, "is protected by a password", "Save it without the password and try again.");

const bomb = (file: string): TuttiError =>
  tooLarge(file, "it unpacks to more than is allowed, as a zip bomb does");
