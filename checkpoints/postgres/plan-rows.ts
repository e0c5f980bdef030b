// Which rows a batch becomes. Checkpoint, writes, list segments and small values share a row where they
// can; a large value has one of its own, so that reading a checkpoint does not drag it along.
import type { Batch, ListWrite } from "../core/backend.ts";
import { encodeRecord, segmentKey, valueKey, type RecordParts } from "./record.ts";

/** Rows beyond this would be moved out of line by PostgreSQL. */
const ROW = 1_800;
// Only the last rows are looked at for room: an import may bring thousands.
const LOOK_BACK = 8;

export interface PlannedRow {
  readonly vals: number | undefined;
  readonly lists: string | undefined;
  readonly ns: string | undefined;
  readonly id: Buffer | undefined;
  readonly target: Buffer | undefined;
  /** What the writes say about pauses; of a row with one large value its number. */
  readonly mark: string | undefined;
  readonly data: Buffer;
}

class Draft {
  vals: number | undefined;
  lists: string | undefined;
  ns: string | undefined;
  id: Buffer | undefined;
  target: Buffer | undefined;
  mark: string | undefined;
  head: Buffer | undefined;
  write: Buffer | undefined;
  isFull = false;
  readonly segments: RecordParts["segments"][number][] = [];
  readonly values: RecordParts["values"][number][] = [];
  private size = 0;

  hasRoom(bytes: number): boolean {
    return !this.isFull && this.size + bytes <= ROW;
  }

  add(bytes: number): this {
    this.size += bytes + 8;
    return this;
  }

  done(): PlannedRow {
    const { vals, lists, ns, id, target, mark } = this;
    return { vals, lists, ns, id, target, mark, data: encodeRecord(this) };
  }
}

class Planner {
  readonly drafts: Draft[] = [];

  take(bytes: number, fits: (draft: Draft) => boolean, from = 0): Draft {
    const start = Math.max(from, this.drafts.length - LOOK_BACK);
    for (let i = start; i < this.drafts.length; i += 1) {
      const draft = this.drafts[i] as Draft;
      if (draft.hasRoom(bytes) && fits(draft)) return draft.add(bytes);
    }
    const draft = new Draft().add(bytes);
    this.drafts.push(draft);
    return draft;
  }

  head({ ns, id, head }: Batch["checkpoints"][number]): void {
    const draft = this.take(head.length, () => false);
    Object.assign(draft, { ns, id, head });
  }

  // Writes of one checkpoint stay in order: none goes into a row before that of the one before.
  writes(writes: Batch["writes"]): void {
    let from = 0;
    for (const { ns, checkpoint, data, pause } of writes) {
      const draft = this.take(
        data.length,
        (other) => other.target === undefined && (other.ns === undefined || other.ns === ns),
        from,
      );
      Object.assign(draft, { ns, target: checkpoint, write: data, mark: pause });
      from = this.drafts.indexOf(draft) + 1;
    }
  }

  segment({ list, position, base, items }: ListWrite): void {
    const key = segmentKey({ list, position });
    const draft = this.take(
      items.length + 12,
      ({ lists, segments }) => (lists ?? key) === key && segments.length < 255,
    );
    draft.lists = key;
    draft.segments.push({ list, position, base, items });
  }

  value([id, data]: Batch["values"][number]): void {
    const key = valueKey(id);
    const draft = this.take(data.length, ({ vals }) => (vals ?? key) === key);
    draft.vals = key;
    draft.values.push([id, data]);
    if (data.length <= ROW) return;
    draft.mark = String(id);
    draft.isFull = true;
  }
}

export const planRows = (batch: Batch): PlannedRow[] => {
  const planner = new Planner();
  for (const checkpoint of batch.checkpoints) planner.head(checkpoint);
  planner.writes(batch.writes);
  for (const segment of batch.lists) planner.segment(segment);
  for (const value of batch.values) planner.value(value);
  return planner.drafts.map((draft) => draft.done());
};

/** Where lists are continued that exist already: the first new segment of each. */
export const continuedLists = (batch: Batch): ListWrite[] => {
  const first = new Map<number, ListWrite>();
  for (const write of batch.lists) {
    const known = first.get(write.list);
    if (known === undefined || write.position < known.position) first.set(write.list, write);
  }
  return [...first.values()].filter(({ position, base }) => position > 0 && base === undefined);
};
