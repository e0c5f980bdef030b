// Zip files made by hand, so that they can be wrong in the ways that matter.
import { buffer } from "node:stream/consumers";
import { crc32, deflateRawSync } from "node:zlib";
import { fromBufferPromise } from "yauzl";

export interface ZipLies {
  /** Uncompressed size that the headers declare. */
  size?: number;
  encrypted?: boolean;
}

export type ZipParts = Map<string, string | Uint8Array>;

/** A zip of some parts; every part may lie about itself. */
export const zipOf = (parts: ZipParts, lies: ZipLies = {}): Uint8Array => {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of parts) {
    const bytes = Buffer.from(content);
    const packed = deflateRawSync(bytes);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(lies.encrypted === true ? 1 : 0, 2);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(lies.size ?? bytes.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from("PK\u0003\u0004"), fields, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    const made = Buffer.from([20, 0]);
    directory.push(
      Buffer.concat([Buffer.from("PK\u0001\u0002"), made, fields, tail, Buffer.from(name)]),
    );
    files.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(parts.size, 4);
  end.writeUInt16LE(parts.size, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return new Uint8Array(Buffer.concat([...files, central, Buffer.from("PK\u0005\u0006"), end]));
};

/** The parts of a zip, to be changed and packed again. */
export const partsOf = async (bytes: Uint8Array): Promise<ZipParts> => {
  const zip = await fromBufferPromise(Buffer.from(bytes), { lazyEntries: true, autoClose: false });
  const parts: ZipParts = new Map();
  for await (const entry of zip.eachEntry()) {
    parts.set(entry.fileName, await buffer(await zip.openReadStreamPromise(entry)));
  }
  return parts;
};
