// A row of cp_records: what one commit added to a thread, in as few rows as possible, because a row and
// its index entries cost more than most of what a step adds. The bytes of `data`:
//   segments, values (a byte each: how many); a byte for each segment, which cp_commit reads: its position
//   modulo 64, the rest is in the row's key; for each segment base (0: none) and items; for each value
//   number and bytes; head and writes, empty where the row has none
import type { ListRow } from "../core/backend.ts";
import { ByteReader, ByteWriter } from "../core/bytes.ts";

export interface RecordParts {
  readonly segments: readonly Omit<ListRow, "beside">[];
  readonly values: readonly (readonly [id: number, data: Buffer])[];
  readonly head: Buffer | undefined;
  readonly write: Buffer | undefined;
}

// Neighbours share an index key: PostgreSQL then stores it once for all of them.

/** The key of a row with this value. */
export const valueKey = (id: number): number => Math.floor(id / 64) % 2 ** 31;

const KEYS_OF_A_LIST = 2 ** 22;

/** The key of a row with this segment: a bigint, made of the list and of 64 positions. */
export const segmentKey = ({ list, position }: { list: number; position: number }): string =>
  String(BigInt(list) * BigInt(KEYS_OF_A_LIST) + BigInt(position >> 6));

let lastKey = "";
let lastPlace = { list: 0, start: 0 };

// Many rows in turn have one key.
const placeOf = (key: string): typeof lastPlace => {
  if (key === lastKey) return lastPlace;
  const number = BigInt(key);
  lastKey = key;
  lastPlace = {
    list: Number(number / BigInt(KEYS_OF_A_LIST)),
    start: Number(number % BigInt(KEYS_OF_A_LIST)) * 64,
  };
  return lastPlace;
};

const NOTHING = Buffer.alloc(0);

export const encodeRecord = (parts: RecordParts): Buffer => {
  const { segments, values, head, write } = parts;
  const out = new ByteWriter().byte(segments.length).byte(values.length);
  for (const { position } of segments) out.byte(position & 63);
  for (const { base, items } of segments) out.varint(base ?? 0).block(items);
  for (const [id, data] of values) out.varint(id).block(data);
  return out
    .block(head ?? NOTHING)
    .block(write ?? NOTHING)
    .done();
};

const blockOrNone = (input: ByteReader): Buffer | undefined => {
  const block = input.block();
  return block.length === 0 ? undefined : block;
};

/** In place of a record that cannot be read: who misses what was in it says so, with its address. */
export const DAMAGED: RecordParts = {
  segments: [],
  values: [],
  head: undefined,
  write: undefined,
};

export const readRecord = (data: Buffer, lists: string | null): RecordParts => {
  try {
    return decodeRecord(data, lists);
  } catch (error) {
    if (error instanceof RangeError) return DAMAGED;
    throw error;
  }
};

/** @throws RangeError when the bytes are damaged. */
export const decodeRecord = (data: Buffer, lists: string | null): RecordParts => {
  const input = new ByteReader(data);
  const count = input.byte();
  const valueCount = input.byte();
  const places = input.raw(count);
  const segments: RecordParts["segments"][number][] = [];
  for (const place of places) {
    const { list, start } = placeOf(lists ?? "0");
    const base = input.varint();
    const items = input.block();
    segments.push({ list, position: start + place, base: base === 0 ? undefined : base, items });
  }
  const values: RecordParts["values"][number][] = [];
  for (let left = valueCount; left > 0; left -= 1) values.push([input.varint(), input.block()]);
  return { segments, values, head: blockOrNone(input), write: blockOrNone(input) };
};
