// Text of a Word document. The archive is measured before it is unpacked: a zip may claim to be small.
import mammoth from "mammoth";
import yauzl from "yauzl";
import { messageOf, TuttiError } from "../../errors.ts";
import type { DocumentPage } from "../../ports/index.ts";
import { type Checkpoint, type DocumentLimits, tooLarge, unreadable } from "./document-limits.ts";

const BODY = "word/document.xml";
const MAX_ENTRIES = 10_000;

const openZip = (bytes: Buffer): Promise<yauzl.ZipFile> =>
  new Promise((resolve, reject) => {
    yauzl.fromBuffer(bytes, { lazyEntries: true, autoClose: false }, (error, zip) => {
      if (error) reject(error);
      else resolve(zip);
    });
  });

/** Bytes that an entry really unpacks to; yauzl itself refuses one that is larger than it claims. */
const unpackedSize = (zip: yauzl.ZipFile, entry: yauzl.Entry, limit: number): Promise<number> =>
  new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => {
      if (error) return reject(error);
      let size = 0;
      stream.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size <= limit) return;
        stream.destroy();
        resolve(size);
      });
      stream.on("end", () => resolve(size));
      stream.on("error", reject);
    });
  });

interface Measured {
  hasBody: boolean;
  bytes: number;
  entries: number;
}

/** Unpacks every entry into nothing, until one limit is passed. */
const measure = async (zip: yauzl.ZipFile, limit: number, check: Checkpoint): Promise<Measured> => {
  const measured: Measured = { hasBody: false, bytes: 0, entries: 0 };
  for await (const entry of zip.eachEntry()) {
    check();
    measured.entries++;
    if (entry.fileName === BODY) measured.hasBody = true;
    if (!entry.fileName.endsWith("/"))
      measured.bytes += await unpackedSize(zip, entry, limit - measured.bytes);
    if (measured.bytes > limit || measured.entries > MAX_ENTRIES) break;
  }
  return measured;
};

const damaged = (name: string, error: unknown) =>
  unreadable(
    name,
    `is damaged or no Word document (${messageOf(error)})`,
    "Open it with a word processor and save it again as .docx.",
    error,
  );

const checkArchive = async (
  name: string,
  bytes: Buffer,
  limits: DocumentLimits,
  check: Checkpoint,
): Promise<void> => {
  let zip: yauzl.ZipFile | undefined;
  try {
    zip = await openZip(bytes);
    const measured = await measure(zip, limits.unpackedBytes, check);
    if (measured.bytes > limits.unpackedBytes || measured.entries > MAX_ENTRIES)
      throw tooLarge(name, `unpacks to more than ${limits.unpackedBytes} bytes`, {
        limit: limits.unpackedBytes,
      });
    if (!measured.hasBody) throw damaged(name, "there is no document in it");
  } catch (error) {
    throw error instanceof TuttiError ? error : damaged(name, error);
  } finally {
    zip?.close();
  }
};

export const readDocx = async (
  name: string,
  content: Uint8Array,
  limits: DocumentLimits,
  check: Checkpoint,
): Promise<DocumentPage[]> => {
  const buffer = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  await checkArchive(name, buffer, limits, check);
  check();
  try {
    const { value } = await mammoth.extractRawText({ buffer });
    return [{ text: value }];
  } catch (error) {
    throw damaged(name, error);
  }
};
