// Names of threads, namespaces and checkpoints: what is accepted, and how ids are kept small.
import { CheckpointError } from "../errors.ts";

const invalid = (message: string): CheckpointError =>
  new CheckpointError("CHECKPOINT_INVALID", message, {
    hint: "Ids are strings of at most 1,000 characters without NUL and without half surrogate pairs.",
  });

/** @throws CheckpointError CHECKPOINT_INVALID: two different ids must never become one in a database. */
export const checkId = (name: string, value: unknown, allowEmpty = false): string => {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string") throw invalid(`"${name}" is missing or not a string.`);
  if (text === "" && !allowEmpty) throw invalid(`"${name}" is empty.`);
  if (text.length > 1_000 || text.includes("\0") || !text.isWellFormed()) {
    throw invalid(`"${name}" is not usable as an id: ${JSON.stringify(text.slice(0, 40))}.`);
  }
  return text;
};

/** The thread whose fence, copies, deletion and time to live a thread follows: `root` of `root/task/1`. */
export const rootOf = (thread: string): string => {
  const slash = thread.indexOf("/");
  return slash <= 0 ? thread : thread.slice(0, slash);
};

const HEX = new Int8Array(128).fill(-1);
for (let value = 0; value < 16; value += 1) HEX[value.toString(16).charCodeAt(0)] = value;

const hexAt = (text: string, at: number): number => {
  const code = text.charCodeAt(at);
  return code < 128 ? (HEX[code] as number) : -1;
};

/** Writes a canonical UUID as its 16 bytes; false, with bytes of no meaning, for any other text. */
export const writeUuid = (id: string, target: Uint8Array, start: number): boolean => {
  if (id.length !== 36) return false;
  let at = start;
  for (let i = 0; i < 36; i += 2) {
    if (i === 8 || i === 13 || i === 18 || i === 23) {
      if (id.charCodeAt(i) !== 45) return false;
      i += 1;
    }
    const byte = hexAt(id, i) * 16 + hexAt(id, i + 1);
    if (hexAt(id, i + 1) < 0 || byte < 0) return false;
    target[at++] = byte;
  }
  return true;
};

const scratch = new Uint8Array(16);

export const isUuid = (id: string): boolean => writeUuid(id, scratch, 0);

export const uuidText = (bytes: Buffer): string => {
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

/**
 * A checkpoint id as bytes that sort like the text. A UUID takes 16 bytes; any other id starts with 0
 * and never has 16 bytes, and so sorts before every UUID that LangGraph makes.
 */
export const packId = (id: string): Buffer => {
  const bytes = Buffer.allocUnsafe(16);
  if (writeUuid(id, bytes, 0)) return bytes;
  const text = Buffer.from(id);
  const packed = Buffer.concat([Buffer.from([0]), text]);
  return packed.length === 16 ? Buffer.concat([packed, Buffer.from([0])]) : packed;
};

export const unpackId = (packed: Buffer): string => {
  if (packed.length === 16) return uuidText(packed);
  const end = packed.at(-1) === 0 && packed.length > 1 ? packed.length - 1 : packed.length;
  return packed.subarray(1, end).toString();
};
