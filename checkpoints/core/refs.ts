// How a checkpoint points at its values: small ones inline, others by number in the thread's value
// table, lists by number and length in the list table. The id of a message stands in the reference,
// because LangGraph gives ids after a node's writes were stored: body and write then share one value.
import type { ByteReader, ByteWriter } from "./bytes.ts";
import { uuidBytes, uuidText } from "./ids.ts";

/** A reference to one value. `value` is its number, or 0 when `inline` holds the encoded bytes. */
export interface Ref {
  readonly value: number;
  readonly inline: Buffer | undefined;
  readonly id: string | undefined;
  /** A digest of the encoded bytes, or the bytes; what tells whether an object was changed in place. */
  readonly mark: string | Buffer | undefined;
}

/** A list as far as one process knows it. Shared by all checkpoints that hold a prefix of it. */
export interface ListState {
  readonly list: number;
  readonly depth: number;
  readonly refs: Ref[];
  /** Position of the first element of the last segment, and the segment's length in bytes. */
  tailPosition: number;
  tailBytes: number;
  tailCount: number;
}

export type Slot =
  | { readonly kind: "one"; readonly ref: Ref }
  | { readonly kind: "many"; readonly refs: readonly Ref[] }
  | {
      readonly kind: "list";
      readonly list: number;
      readonly length: number;
      readonly state?: ListState;
    };

export const isSameRef = (a: Ref, b: Ref): boolean => {
  if (a === b) return true;
  if (a.value !== b.value || a.id !== b.id) return false;
  if (a.value !== 0) return true;
  return a.inline !== undefined && b.inline !== undefined && a.inline.equals(b.inline);
};

const INLINE = 0;
const VALUE = 1;
const WITH_ID = 2;
const LIST = 4;
const MANY = 5;

export const writeRef = (out: ByteWriter, ref: Ref): void => {
  const hasId = ref.id === undefined ? 0 : WITH_ID;
  if (ref.inline === undefined) out.byte(VALUE | hasId).varint(ref.value);
  else out.byte(INLINE | hasId).block(ref.inline);
  if (ref.id !== undefined) out.raw(uuidBytes(ref.id));
};

const readRefOf = (kind: number, input: ByteReader): Ref => {
  if (kind > 3) throw new RangeError(`unknown reference ${kind}`);
  const isValue = (kind & VALUE) !== 0;
  const value = isValue ? input.varint() : 0;
  const inline = isValue ? undefined : input.block();
  const id = (kind & WITH_ID) === 0 ? undefined : uuidText(input.raw(16));
  return { value, inline, id, mark: inline };
};

export const readRef = (input: ByteReader): Ref => readRefOf(input.byte(), input);

export const writeSlot = (out: ByteWriter, slot: Slot): void => {
  if (slot.kind === "one") return writeRef(out, slot.ref);
  if (slot.kind === "list") {
    out.byte(LIST).varint(slot.list).varint(slot.length);
    return;
  }
  out.byte(MANY).varint(slot.refs.length);
  for (const ref of slot.refs) writeRef(out, ref);
};

export const readSlot = (input: ByteReader): Slot => {
  const kind = input.byte();
  if (kind === LIST) return { kind: "list", list: input.varint(), length: input.varint() };
  if (kind !== MANY) return { kind: "one", ref: readRefOf(kind, input) };
  const refs: Ref[] = [];
  for (let left = input.varint(); left > 0; left -= 1) refs.push(readRef(input));
  return { kind: "many", refs };
};
