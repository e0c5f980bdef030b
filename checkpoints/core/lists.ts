// Lists: an append log of references. A checkpoint holds a list's number and length; a step that
// appends writes only what it appends. A fork, or a change in the middle, starts a list that continues
// a prefix of another one, so that only the changed tail is written.
import type { ListRow, ListWrite } from "./backend.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { isSameRef, readRef, writeRef, type ListState, type Ref, type Slot } from "./refs.ts";

// A list that is written at once takes large segments; what is appended later, small ones.
const SEGMENT = 256;
// A prefix shorter than this is written again rather than followed.
const WORTH_SHARING = 16;
const MAX_DEPTH = 6;

/** Where new lists get their numbers, and how far segments are filled. */
export interface ListIds {
  readonly next: () => number;
  readonly appendUntil: number;
}

const encodeItems = (refs: readonly Ref[]): Buffer => {
  const out = new ByteWriter();
  for (const ref of refs) writeRef(out, ref);
  return out.done();
};

const commonPrefix = (a: readonly Ref[], length: number, b: readonly Ref[]): number => {
  const end = Math.min(length, b.length);
  let i = 0;
  while (i < end && isSameRef(a[i] as Ref, b[i] as Ref)) i += 1;
  return i;
};

const newSegments = (
  state: ListState,
  refs: readonly Ref[],
  writes: ListWrite[],
  base?: number,
): void => {
  let position = state.refs.length;
  let continues = base;
  for (let at = 0; at < refs.length; at += SEGMENT) {
    const part = refs.slice(at, at + SEGMENT);
    const items = encodeItems(part);
    writes.push({ list: state.list, position, base: continues, items, expect: undefined });
    continues = undefined;
    state.tailPosition = position;
    state.tailBytes = items.length;
    state.tailCount = part.length;
    position += part.length;
  }
  for (const ref of refs) state.refs.push(ref);
};

const append = (
  state: ListState,
  refs: readonly Ref[],
  writes: ListWrite[],
  appendUntil: number,
): void => {
  const room = Math.max(0, Math.min(refs.length, appendUntil - state.tailCount));
  if (room > 0) {
    const head = refs.slice(0, room);
    const items = encodeItems(head);
    const { list, tailPosition: position, tailBytes: expect } = state;
    writes.push({ list, position, base: undefined, items, expect });
    state.tailBytes += items.length;
    state.tailCount += room;
    for (const ref of head) state.refs.push(ref);
  }
  if (room < refs.length) newSegments(state, refs.slice(room), writes);
};

const createList = (list: number, depth: number, refs: Ref[]): ListState => ({
  list,
  depth,
  refs,
  tailPosition: 0,
  tailBytes: 0,
  tailCount: 0,
});

/**
 * The slot of a list whose elements are `refs`, given the slot the parent checkpoint has.
 * What has to be written is added to `writes`.
 */
export const listSlot = (
  parent: Slot | undefined,
  refs: Ref[],
  writes: ListWrite[],
  ids: ListIds,
): Slot => {
  const before = parent?.kind === "list" ? parent.state : undefined;
  if (before === undefined || parent?.kind !== "list") return freshList(refs, writes, ids);
  const shared = commonPrefix(before.refs, parent.length, refs);
  if (shared === refs.length)
    return { kind: "list", list: before.list, length: shared, state: before };
  if (shared === parent.length && before.refs.length === parent.length) {
    append(before, refs.slice(shared), writes, ids.appendUntil);
    return { kind: "list", list: before.list, length: refs.length, state: before };
  }
  if (shared < WORTH_SHARING || before.depth >= MAX_DEPTH) return freshList(refs, writes, ids);
  const state = createList(ids.next(), before.depth + 1, refs.slice(0, shared));
  newSegments(state, refs.slice(shared), writes, before.list);
  return { kind: "list", list: state.list, length: refs.length, state };
};

const freshList = (refs: Ref[], writes: ListWrite[], ids: ListIds): Slot => {
  const state = createList(ids.next(), 0, []);
  newSegments(state, refs, writes);
  return { kind: "list", list: state.list, length: refs.length, state };
};

const readItems = (items: Buffer): Ref[] => {
  const input = new ByteReader(items);
  const refs: Ref[] = [];
  while (!input.isAtEnd) refs.push(readRef(input));
  return refs;
};

/**
 * Lists from their rows (by list and position).
 * @throws RangeError when a segment or a continued list is missing or damaged.
 */
export const readLists = (
  rows: readonly ListRow[],
  wanted: readonly number[],
): Map<number, ListState> => {
  const byList = new Map<number, ListRow[]>();
  for (const row of rows) {
    const own = byList.get(row.list);
    if (own === undefined) byList.set(row.list, [row]);
    else own.push(row);
  }
  const states = new Map<number, ListState>();
  const read = (list: number, nesting: number): ListState => {
    const known = states.get(list);
    if (known !== undefined) return known;
    const own = byList.get(list);
    const first = own?.[0];
    if (own === undefined || first === undefined || nesting > 64)
      throw new RangeError(`list ${list} is missing`);
    const base = first.base === undefined ? undefined : read(first.base, nesting + 1);
    const refs = base === undefined ? [] : base.refs.slice(0, first.position);
    const state = createList(list, base === undefined ? 0 : base.depth + 1, refs);
    for (const row of own) readSegment(state, row);
    states.set(list, state);
    return state;
  };
  return new Map(wanted.map((list) => [list, read(list, 0)]));
};

const readSegment = (state: ListState, row: ListRow): void => {
  if (row.position !== state.refs.length) throw new RangeError(`list ${row.list} has a gap`);
  const refs = readItems(row.items);
  for (const ref of refs) state.refs.push(ref);
  state.tailPosition = row.position;
  state.tailBytes = row.items.length;
  state.tailCount = refs.length;
};
