// Pruning: removes old checkpoints of a thread, and with them the values and lists that nothing points
// at any more. It reads, decides, and removes only if the thread did not change meanwhile.
import type { Removal, ThreadRecords } from "../core/backend.ts";
import { unpackId } from "../core/ids.ts";
import type { Reader } from "../core/reader.ts";
import type { LoadedHead } from "../core/reader.ts";
import { inSegments, type Ref, type Slot } from "../core/refs.ts";
import { StoredLists } from "../core/lists.ts";
import { CheckpointError } from "../errors.ts";
import type { Persistence } from "../open.ts";
import { readerOf } from "./reader-of.ts";
import { familyOf } from "./threads.ts";

export interface PruneOptions {
  /** Newest checkpoints to keep in each namespace; default 1, and never less. */
  readonly keep?: number;
  /** Remove only checkpoints made before this. */
  readonly olderThan?: Date;
}

export interface Pruned {
  readonly checkpoints: number;
  readonly values: number;
}

type WriteRow = ThreadRecords["writes"][number];

const isOld = (head: LoadedHead, olderThan: Date | undefined): boolean =>
  olderThan === undefined || Date.parse(head.head.ts) < olderThan.getTime();

// A delta channel of LangGraph's is rebuilt from the writes of older checkpoints.
const needsAncestors = ({ head }: LoadedHead): boolean =>
  Object.keys(head.metadata.counters_since_delta_snapshot ?? {}).length > 0;

const chooseDropped = (
  heads: readonly LoadedHead[],
  { keep = 1, olderThan }: PruneOptions,
): LoadedHead[] => {
  const byNamespace = new Map<string, LoadedHead[]>();
  for (const head of heads) {
    const { ns } = head.row;
    byNamespace.set(ns, [...(byNamespace.get(ns) ?? []), head]);
  }
  return [...byNamespace.values()].flatMap((own) => {
    const newestFirst = own.toSorted((a, b) => Buffer.compare(b.row.id, a.row.id));
    const kept = newestFirst.slice(0, Math.max(1, keep));
    if (kept.some(needsAncestors)) return [];
    return newestFirst.slice(kept.length).filter((head) => isOld(head, olderThan));
  });
};

class Marks {
  readonly values = new Set<number>();
  readonly lists = new Set<number>();

  ref(ref: Ref): void {
    if (ref.value !== 0) this.values.add(ref.value);
  }

  slot(slot: Slot): void {
    if (slot.kind === "one") this.ref(slot.ref);
    else if (slot.kind === "many") for (const ref of slot.refs) this.ref(ref);
    else {
      if (inSegments(slot) > 0) this.lists.add(slot.list);
      for (const ref of slot.tail) this.ref(ref);
    }
  }
}

// Everything in a list that is kept is kept: whole segments are, and lists that others continue.
const markLists = (marks: Marks, records: ThreadRecords): Set<number> => {
  const stored = new StoredLists(records.lists);
  const kept = new Set<number>();
  const bases = new Map(
    records.lists.filter(({ base }) => base !== undefined).map(({ list, base }) => [list, base]),
  );
  for (const list of marks.lists) {
    for (let at: number | undefined = list; at !== undefined; at = bases.get(at)) kept.add(at);
  }
  for (const list of kept) for (const ref of stored.get(list).refs) marks.ref(ref);
  return kept;
};

const planRemoval = async (
  reader: Reader,
  thread: string,
  tid: number,
  records: ThreadRecords,
  choose: (heads: readonly LoadedHead[]) => readonly LoadedHead[],
): Promise<Removal> => {
  const heads = await reader.heads(records.heads);
  const dropped = choose(heads);
  const gone = new Set(dropped.map(({ row }) => `${row.ns}\0${unpackId(row.id)}`));
  const isKept = (ns: string, id: Buffer): boolean => !gone.has(`${ns}\0${unpackId(id)}`);
  const marks = new Marks();
  for (const { row, head } of heads) {
    if (isKept(row.ns, row.id)) for (const slot of head.slots.values()) marks.slot(slot);
  }
  const keptWrites = records.writes.filter(({ ns, checkpoint }: WriteRow) =>
    isKept(ns, checkpoint),
  );
  for (const { ns, checkpoint, data } of keptWrites) {
    const address = { tid, thread, generation: 0, ns, id: checkpoint, head: data };
    for (const { slot } of await reader.pending(address, [data])) marks.slot(slot);
  }
  const keptLists = markLists(marks, records);
  return {
    thread,
    tid,
    seen: records,
    checkpoints: dropped.map(({ row }) => ({ ns: row.ns, id: row.id })),
    values: records.valueIds.filter((id) => !marks.values.has(id)),
    lists: [...new Set(records.lists.map(({ list }) => list))].filter(
      (list) => !keptLists.has(list),
    ),
  };
};

/**
 * Removes chosen checkpoints of one thread, and what only they point at.
 * @throws CheckpointError CHECKPOINT_CONFLICT when the thread is being written to.
 */
export const removeCheckpoints = async (
  persistence: Persistence,
  { tid, thread }: { tid: number; thread: string },
  choose: (heads: readonly LoadedHead[]) => readonly LoadedHead[],
): Promise<Pruned> => {
  const { backend } = persistence;
  const reader = readerOf(persistence);
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const removal = await planRemoval(reader, thread, tid, await backend.records(tid), choose);
    const { checkpoints, values, lists } = removal;
    if (checkpoints.length + values.length + lists.length === 0)
      return { checkpoints: 0, values: 0 };
    if (await backend.remove(removal))
      return { checkpoints: checkpoints.length, values: values.length };
  }
  throw new CheckpointError(
    "CHECKPOINT_CONFLICT",
    `Thread ${thread} is being written to: nothing was removed.`,
    {
      retryable: true,
      hint: "Do it when its run has ended.",
    },
  );
};

/**
 * Prunes a thread and its children `<thread>/…`.
 * @throws CheckpointError CHECKPOINT_CONFLICT when the thread is being written to.
 */
export const pruneThread = async (
  persistence: Persistence,
  thread: string,
  options: PruneOptions = {},
): Promise<Pruned> => {
  const total = { checkpoints: 0, values: 0 };
  for (const member of await familyOf(persistence, thread)) {
    const pruned = await removeCheckpoints(persistence, member, (heads) =>
      chooseDropped(heads, options),
    );
    total.checkpoints += pruned.checkpoints;
    total.values += pruned.values;
  }
  return total;
};
