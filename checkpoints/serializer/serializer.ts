// Values as bytes. One byte of format, then JSON (plain or with tags, see pack.ts) or raw bytes,
// compressed when it pays. Also a LangGraph SerializerProtocol that reads the official format.
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { SerializerProtocol } from "@langchain/langgraph-checkpoint";
import { CheckpointError } from "../errors.ts";
import { reviveOfficial } from "./official.ts";
import { Packer } from "./pack.ts";
import { reviveMessage, unpack } from "./unpack.ts";

const PLAIN = 0x01;
const TAGGED = 0x02;
const BYTES = 0x03;
const ZSTD = 0x10;
// Below this a zstd frame costs more time than it saves space.
const COMPRESS_FROM = 4_096;

/** What `encode` made; as a string when it is text, which some databases hand out faster than bytes. */
export type Encoded = Buffer | string;

/** Whether the encoded bytes are text: JSON, not compressed. SQL of the same in sqlite/reads.ts. */
const isText = (format: number): boolean => format === PLAIN || format === TAGGED;

const frame = (format: number, body: Uint8Array): Buffer => {
  if (body.length >= COMPRESS_FROM) {
    const small = zstdCompressSync(body);
    if (small.length < body.length * 0.9) return frame0(format | ZSTD, small);
  }
  return frame0(format, body);
};

const frame0 = (format: number, body: Uint8Array): Buffer => {
  const result = Buffer.allocUnsafe(body.length + 1);
  result[0] = format;
  result.set(body, 1);
  return result;
};

const jsonFrame = (format: number, json: string): Buffer => {
  const size = Buffer.byteLength(json);
  if (size >= COMPRESS_FROM) return frame(format, Buffer.from(json));
  const result = Buffer.allocUnsafe(size + 1);
  result[0] = format;
  result.write(json, 1);
  return result;
};

/**
 * A value as bytes.
 * @throws CheckpointError CHECKPOINT_INVALID for what cannot come back unchanged.
 */
export const encode = (value: unknown, omitId = false): Buffer => {
  if (value instanceof Uint8Array && !Buffer.isBuffer(value)) return frame(BYTES, value);
  const packer = new Packer();
  packer.omitId = omitId;
  const json = JSON.stringify(packer.pack(value));
  return jsonFrame(packer.tagged ? TAGGED : PLAIN, json);
};

const bodyOf = (bytes: Uint8Array): Buffer => {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset + 1, bytes.byteLength - 1);
  return ((bytes[0] ?? 0) & ZSTD) === 0 ? body : zstdDecompressSync(body);
};

/**
 * The way back; `id` is the id of a message that was encoded without it.
 * @throws CheckpointError CHECKPOINT_INVALID when the bytes are damaged.
 */
export const decode = (encoded: Uint8Array | string, id?: string): unknown => {
  try {
    const isString = typeof encoded === "string";
    const format = (isString ? encoded.charCodeAt(0) : (encoded[0] ?? 0)) & ~ZSTD;
    const body = isString ? encoded.slice(1) : bodyOf(encoded);
    if (format === BYTES && typeof body !== "string") return new Uint8Array(body); // its own memory
    if (!isText(format)) throw new Error(`unknown format ${format}`);
    const data = JSON.parse(body.toString()) as unknown;
    if (format === PLAIN) return data;
    if (id === undefined) return unpack(data);
    const plain = data as Record<string, unknown>;
    return reviveMessage(String(plain["$t"]), plain, id);
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    throw new CheckpointError("CHECKPOINT_INVALID", "A stored value is damaged.", {
      cause: error,
      hint: "Run `tutti db verify` to see which threads are touched.",
    });
  }
};

/** Our format under LangGraph's interface; `json` and `bytes` written by the official one are read. */
export const serializer: SerializerProtocol = {
  dumpsTyped: async (value) => ["tutti", encode(value)],
  loadsTyped: async (type, data) => {
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    if (type === "tutti") return decode(bytes);
    if (type === "bytes") return bytes;
    if (type === "json") return reviveOfficial(JSON.parse(Buffer.from(bytes).toString()));
    throw new CheckpointError("CHECKPOINT_INVALID", `Unknown serialization type "${type}".`);
  },
};
