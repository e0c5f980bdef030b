// Lists: an append log of references. A checkpoint holds a list's number and length, and itself the
// references since the last segment; when there are enough of them they become a segment. A fork, or a
// change in the middle, starts a list that continues a prefix of another one, so that only the changed
// tail is written.
import type { ListRow, ListWrite } from "./backend.ts";
import { ByteReader, recordWriter } from "./bytes.ts";
import {
  inSegments,
  isSameRef,
  readRef,
  writeRef,
  type ListState,
  type Ref,
  type Slot,
} from "./refs.ts";

// A list that is written at once takes large segments.
const SEGMENT = 256;
// A prefix shorter than this is written again rather than followed.
const WORTH_SHARING = 16;
const MAX_DEPTH = 6;

/** What new elements of lists need. */
export interface ListMaker {
  readonly nextId: () => number;
  /** See Backend.tail. */
  readonly tail: number;
}

const encodeItems = (refs: readonly Ref[]): Buffer => {
  const out = recordWriter.clear();
  for (const ref of refs) writeRef(out, ref);
  return out.done();
};

const commonPrefix = (a: readonly Ref[], length: number, b: readonly Ref[]): number => {
  const end = Math.min(length, b.length);
  let i = 0;
  while (i < end && isSameRef(a[i] as Ref, b[i] as Ref)) i += 1;
  return i;
};

/** Puts everything that is in no segment yet into segments. */
const seal = (state: ListState, writes: ListWrite[], base?: number): void => {
  const { list, refs } = state;
  let continues = base;
  for (let position = state.stored; position < refs.length; position += SEGMENT) {
    const items = encodeItems(refs.slice(position, position + SEGMENT));
    writes.push({ list, position, base: continues, items });
    continues = undefined;
  }
  state.stored = refs.length;
};

const append = (
  state: ListState,
  refs: readonly Ref[],
  from: number,
  writes: ListWrite[],
  tail: number,
): void => {
  for (let i = from; i < refs.length; i += 1) state.refs.push(refs[i] as Ref);
  if (state.refs.length - state.stored >= tail) seal(state, writes);
};

const slotOf = (state: ListState, length: number): Slot => ({
  kind: "list",
  list: state.list,
  length,
  tail: [],
  state,
});

/**
 * The slot of a list whose elements are `refs`, given the slot the parent checkpoint has.
 * What has to be written is added to `writes`.
 */
export const listSlot = (
  parent: Slot | undefined,
  refs: Ref[],
  writes: ListWrite[],
  maker: ListMaker,
): Slot => {
  const before = parent?.kind === "list" ? parent.state : undefined;
  if (before === undefined || parent?.kind !== "list") return freshList(refs, writes, maker);
  const shared = commonPrefix(before.refs, parent.length, refs);
  if (shared === refs.length) return slotOf(before, shared);
  if (shared === parent.length && before.refs.length === parent.length && before.canGrow) {
    append(before, refs, shared, writes, maker.tail);
    return slotOf(before, refs.length);
  }
  const continued = Math.min(shared, before.stored);
  if (continued < WORTH_SHARING || before.depth >= MAX_DEPTH) return freshList(refs, writes, maker);
  const state: ListState = {
    list: maker.nextId(),
    depth: before.depth + 1,
    refs,
    stored: continued,
    canGrow: true,
  };
  seal(state, writes, before.list);
  return slotOf(state, refs.length);
};

const freshList = (refs: Ref[], writes: ListWrite[], maker: ListMaker): Slot => {
  const state: ListState = { list: maker.nextId(), depth: 0, refs: [], stored: 0, canGrow: true };
  append(state, refs, 0, writes, maker.tail);
  return slotOf(state, refs.length);
};

const countItems = (items: Buffer): number => {
  const refs: Ref[] = [];
  readItems(items, refs);
  return refs.length;
};

const readItems = (items: Buffer, refs: Ref[]): void => {
  const input = new ByteReader(items);
  while (!input.isAtEnd) refs.push(readRef(input));
};

/** A list as far as it is in segments. */
export interface StoredList {
  readonly depth: number;
  readonly refs: readonly Ref[];
}

/** Lists from their rows (by list and position), each read when it is first asked for. */
export class StoredLists {
  private readonly rows: Map<number, ListRow[]>;
  private readonly read = new Map<number, StoredList>();

  private readonly isPartial: boolean;

  /** With `isPartial` the rows may not be all there are, and what is behind a gap is left out. */
  constructor(rows: readonly ListRow[], isPartial = false) {
    this.isPartial = isPartial;
    this.rows = Map.groupBy(rows, ({ list }) => list);
  }

  /** Whether the first `length` elements of a list are in the rows. */
  has(list: number, length: number): boolean {
    const own = this.rows.get(list);
    const first = own?.[0];
    if (own === undefined || first === undefined) return false;
    if (first.base !== undefined && !this.has(first.base, first.position)) return false;
    let end = first.base === undefined ? 0 : first.position;
    for (const { position, items } of own) {
      if (position !== end) break;
      end += countItems(items);
    }
    return end >= length;
  }

  /** @throws RangeError when a segment or a continued list is missing or damaged. */
  get(list: number, nesting = 0): StoredList {
    const before = this.read.get(list);
    if (before !== undefined) return before;
    const own = this.rows.get(list);
    const first = own?.[0];
    if (own === undefined || first === undefined || nesting > 64)
      throw new RangeError(`list ${list} is missing`);
    const base = first.base === undefined ? undefined : this.get(first.base, nesting + 1);
    const refs = base === undefined ? [] : base.refs.slice(0, first.position);
    for (const { position, items } of own) {
      if (position !== refs.length && this.isPartial) break;
      if (position !== refs.length) throw new RangeError(`list ${list} has a gap`);
      readItems(items, refs);
    }
    const stored = { depth: base === undefined ? 0 : base.depth + 1, refs };
    this.read.set(list, stored);
    return stored;
  }
}

/**
 * A slot that was read, with its elements.
 * @throws RangeError when the list is shorter than the slot says.
 */
export const loadedSlot = (slot: Slot, lists: StoredLists): Slot => {
  if (slot.kind !== "list") return slot;
  const { list, tail } = slot;
  const stored = inSegments(slot);
  // whether others appended to a list without segments is not known
  if (stored === 0)
    return { ...slot, state: { list, depth: 0, refs: [...tail], stored, canGrow: false } };
  const { refs, depth } = lists.get(list);
  if (refs.length < stored) throw new RangeError(`list ${list} is too short`);
  const state: ListState = {
    list,
    depth,
    refs: [...refs.slice(0, stored), ...tail],
    stored,
    canGrow: refs.length === stored,
  };
  return { ...slot, state };
};
