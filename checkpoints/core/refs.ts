// How a checkpoint points at its values: small ones inline, others by number in the thread's value
// table, lists by number and length in the list table. The id of a message stands in the reference,
// because LangGraph gives ids after a node's writes were stored: body and write then share one value.
import type { ByteReader, ByteWriter } from "./bytes.ts";
import { uuidText } from "./ids.ts";

/** A reference to one value. `value` is its number, or 0 when `inline` holds the encoded bytes. */
export interface Ref {
  readonly value: number;
  readonly inline: Buffer | undefined;
  readonly id: string | undefined;
  /** Tells whether an object was changed in place: what was encoded, or `digest:` and its digest. */
  readonly mark: string | Buffer | undefined;
}

/** A list as a process knows it that may append to it. */
export interface ListState {
  readonly list: number;
  readonly depth: number;
  readonly refs: Ref[];
  /** How many of the elements are in segments; heads carry the others. */
  stored: number;
  /** False when someone else appended to the list: what follows needs a list of its own. */
  readonly canGrow: boolean;
}

export type Slot =
  | { readonly kind: "one"; readonly ref: Ref }
  | { readonly kind: "many"; readonly refs: readonly Ref[] }
  | {
      readonly kind: "list";
      readonly list: number;
      readonly length: number;
      /** As read: the last elements, when they are in no segment. */
      readonly tail: readonly Ref[];
      /** Known when the list was made or loaded by this process; it holds at least `length` elements. */
      readonly state?: ListState;
    };

/** How many elements of a list that was read are in segments. */
export const inSegments = ({ length, tail }: { length: number; tail: readonly Ref[] }): number =>
  length - tail.length;

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
const LIST_WITH_TAIL = 6;

export const writeRef = (out: ByteWriter, ref: Ref): void => {
  const hasId = ref.id === undefined ? 0 : WITH_ID;
  if (ref.inline === undefined) out.byte(VALUE | hasId).varint(ref.value);
  else out.byte(INLINE | hasId).block(ref.inline);
  if (ref.id !== undefined) out.uuid(ref.id);
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

const writeRefs = (out: ByteWriter, refs: readonly Ref[], from: number, to: number): void => {
  out.varint(to - from);
  for (let i = from; i < to; i += 1) writeRef(out, refs[i] as Ref);
};

const readRefs = (input: ByteReader): Ref[] => {
  const refs: Ref[] = [];
  for (let left = input.varint(); left > 0; left -= 1) refs.push(readRef(input));
  return refs;
};

type ListSlot = Extract<Slot, { kind: "list" }>;

const writeList = (out: ByteWriter, { list, length, tail, state }: ListSlot): void => {
  const stored = state === undefined ? length - tail.length : Math.min(state.stored, length);
  if (stored === length) {
    out.byte(LIST).varint(list).varint(length);
    return;
  }
  out.byte(LIST_WITH_TAIL).varint(list).varint(stored);
  if (state === undefined) writeRefs(out, tail, 0, tail.length);
  else writeRefs(out, state.refs, stored, length);
};

export const writeSlot = (out: ByteWriter, slot: Slot): void => {
  if (slot.kind === "one") writeRef(out, slot.ref);
  else if (slot.kind === "list") writeList(out, slot);
  else writeRefs(out.byte(MANY), slot.refs, 0, slot.refs.length);
};

export const readSlot = (input: ByteReader): Slot => {
  const kind = input.byte();
  if (kind === MANY) return { kind: "many", refs: readRefs(input) };
  if (kind !== LIST && kind !== LIST_WITH_TAIL) return { kind: "one", ref: readRefOf(kind, input) };
  const list = input.varint();
  const stored = input.varint();
  const tail = kind === LIST ? [] : readRefs(input);
  return { kind: "list", list, length: stored + tail.length, tail };
};
