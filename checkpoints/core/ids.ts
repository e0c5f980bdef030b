// Names of threads, namespaces and checkpoints: what is accepted, and how ids are kept small.
import { CheckpointError } from "../errors.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

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

export const isUuid = (id: string): boolean => UUID.test(id);

/** Canonical UUIDs as their 16 bytes. */
export const uuidBytes = (id: string): Buffer => Buffer.from(id.replaceAll("-", ""), "hex");

export const uuidText = (bytes: Buffer): string => {
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

/**
 * A checkpoint id as bytes that sort like the text. A UUID takes 16 bytes; any other id starts with 0
 * and never has 16 bytes, and so sorts before every UUID that LangGraph makes.
 */
export const packId = (id: string): Buffer => {
  if (UUID.test(id)) return uuidBytes(id);
  const text = Buffer.from(id);
  const packed = Buffer.concat([Buffer.from([0]), text]);
  return packed.length === 16 ? Buffer.concat([packed, Buffer.from([0])]) : packed;
};

export const unpackId = (packed: Buffer): string => {
  if (packed.length === 16) return uuidText(packed);
  const end = packed.at(-1) === 0 && packed.length > 1 ? packed.length - 1 : packed.length;
  return packed.subarray(1, end).toString();
};
