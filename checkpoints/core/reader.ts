// From rows to checkpoints: loads what heads point at, in as few queries as there are kinds of rows.
import type { CheckpointPendingWrite, CheckpointTuple } from "@langchain/langgraph-checkpoint";
import { TASKS, maxChannelVersion } from "@langchain/langgraph-checkpoint";
import { CheckpointError } from "../errors.ts";
import type { Cipher } from "../serializer/cipher.ts";
import { decode, type Encoded } from "../serializer/serializer.ts";
import type { Backend, FoundHead, HeadRow } from "./backend.ts";
import { checkpointOf, decodeHead, shapeKeyOf, type Head } from "./head.ts";
import { packId, unpackId } from "./ids.ts";
import { loadedSlot, StoredLists } from "./lists.ts";
import { inSegments, type Ref, type Slot } from "./refs.ts";
import type { ShapeCache } from "./shapes.ts";
import { nextVersion } from "./versions.ts";
import { decodeWrites, mergeWrites, type PendingSlot } from "./write-record.ts";

/** A head with everything it points at, except the decoded values. */
export interface LoadedHead {
  readonly row: HeadRow & Partial<FoundHead>;
  readonly id: string;
  head: Head;
  readonly pending: readonly PendingSlot[];
}

/** Called for every value that is decoded, so that the saver knows it again when it is stored next. */
export type OnValue = (value: unknown, ref: Ref) => void;

type Values = ReadonlyMap<number, Encoded>;

/** Damage is reported with its address, so that one bad record names one thread and stops nothing else. */
export const unreadable = (
  row: { thread: string; ns: string; id: Buffer },
  cause: unknown,
): CheckpointError => {
  if (cause instanceof CheckpointError && cause.code !== "CHECKPOINT_INVALID") return cause;
  const where = `thread ${JSON.stringify(row.thread)}${row.ns === "" ? "" : `, namespace ${JSON.stringify(row.ns)}`}`;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CheckpointError(
    "CHECKPOINT_INVALID",
    `Checkpoint ${unpackId(row.id)} of ${where} cannot be read: ${why}`,
    {
      cause,
      hint: "Other threads and older checkpoints are not touched. `tutti db verify` lists what is damaged; restore it from a backup.",
    },
  );
};

export class Reader {
  private readonly backend: Backend;
  private readonly cipher: Cipher;
  private readonly shapes: ShapeCache;

  constructor(backend: Backend, cipher: Cipher, shapes: ShapeCache) {
    this.backend = backend;
    this.cipher = cipher;
    this.shapes = shapes;
  }

  private async loadShapes(records: readonly Buffer[]): Promise<void> {
    const missing = new Map<string, Buffer>();
    for (const record of records) {
      const key = shapeKeyOf(record);
      if (this.shapes.get(key) === undefined) missing.set(key.toString("latin1"), key);
    }
    if (missing.size === 0) return;
    for (const [key, text] of await this.backend.shapes([...missing.values()]))
      this.shapes.add(key, text);
  }

  /** Decodes heads without what they point at. */
  async heads(rows: readonly LoadedHead["row"][]): Promise<LoadedHead[]> {
    const opened = rows.map((row) => this.opened(row, row.head, "head"));
    await this.loadShapes(opened);
    return rows.map((row, i) => {
      try {
        const head = decodeHead(opened[i] as Buffer, this.shapes);
        return { row, id: unpackId(row.id), head, pending: [] };
      } catch (error) {
        throw unreadable(row, error);
      }
    });
  }

  private opened(row: HeadRow, bytes: Buffer, kind: string): Buffer {
    try {
      return this.cipher.open(bytes, kind);
    } catch (error) {
      throw unreadable(row, error);
    }
  }

  async pending(row: HeadRow, records: readonly Buffer[]): Promise<PendingSlot[]> {
    if (records.length === 0) return [];
    const opened = records.map((record) => this.opened(row, record, "write"));
    await this.loadShapes(opened);
    try {
      return mergeWrites(opened.map((record) => decodeWrites(record, this.shapes)));
    } catch (error) {
      throw unreadable(row, error);
    }
  }

  /**
   * Loads the lists of heads and puts their elements into the slots; values that come along are added
   * to `values`.
   */
  async withLists(
    loaded: readonly LoadedHead[],
    values = new Map<number, Encoded>(),
  ): Promise<void> {
    const [first] = loaded;
    if (first === undefined) return;
    const lists = await this.storedLists(first.row, storedLengths(loaded), values);
    for (const item of loaded) {
      try {
        const slots = new Map<string, Slot>();
        for (const [name, slot] of item.head.slots) slots.set(name, loadedSlot(slot, lists));
        item.head = { ...item.head, slots };
      } catch (error) {
        throw unreadable(item.row, error);
      }
    }
  }

  private async storedLists(
    row: LoadedHead["row"],
    lengths: ReadonlyMap<number, number>,
    values: Map<number, Encoded>,
  ): Promise<StoredLists> {
    const nearby = new StoredLists(row.nearby?.lists ?? [], true);
    if ([...lengths].every(([list, length]) => nearby.has(list, length))) return nearby;
    const rows = await this.backend.lists(row.tid, [...lengths.keys()]);
    for (const { beside = [] } of rows) for (const [id, data] of beside) values.set(id, data);
    return new StoredLists(rows);
  }

  private async values(loaded: readonly LoadedHead[]): Promise<Values> {
    const values = new Map<number, Encoded>(loaded[0]?.row.nearby?.values);
    await this.withLists(loaded, values);
    const wanted = new Set<number>();
    const want = (refs: readonly Ref[], length: number): void => {
      for (let i = 0; i < length; i += 1) {
        const value = refs[i]?.value;
        if (value !== undefined && value !== 0) wanted.add(value);
      }
    };
    const wantSlot = (slot: Slot): void => {
      if (slot.kind === "one") want([slot.ref], 1);
      else if (slot.kind === "many") want(slot.refs, slot.refs.length);
      else want(slot.state?.refs ?? [], slot.length);
    };
    for (const { head, pending } of loaded) {
      for (const slot of head.slots.values()) wantSlot(slot);
      for (const { slot } of pending) wantSlot(slot);
    }
    const [first] = loaded;
    const missing = [...wanted].filter((id) => !values.has(id));
    if (first === undefined || missing.length === 0) return values;
    const found = await this.backend.values(first.row.tid, missing);
    for (const [id, data] of found) values.set(id, data);
    return values;
  }

  private valueOf(ref: Ref, values: Values, onValue: OnValue | undefined): unknown {
    const stored = ref.inline ?? values.get(ref.value);
    if (stored === undefined) throw new RangeError(`value ${ref.value} is missing`);
    const isOpen = ref.inline !== undefined || typeof stored === "string";
    const encoded = isOpen ? stored : this.cipher.open(stored, "value");
    const value = decode(encoded, ref.id);
    if (onValue === undefined) return value;
    const known =
      ref.mark === undefined
        ? { value: ref.value, inline: ref.inline, id: ref.id, mark: encoded }
        : ref;
    onValue(value, known);
    return value;
  }

  private slotValue(slot: Slot, values: Values, onValue: OnValue | undefined): unknown {
    if (slot.kind === "one") return this.valueOf(slot.ref, values, onValue);
    if (slot.kind === "many") return slot.refs.map((ref) => this.valueOf(ref, values, onValue));
    const refs = slot.state?.refs ?? [];
    const items: unknown[] = [];
    for (let i = 0; i < slot.length; i += 1)
      items.push(this.valueOf(refs[i] as Ref, values, onValue));
    return items;
  }

  /** Tuples of one thread's heads, in their order. */
  async tuples(loaded: readonly LoadedHead[], onValue?: OnValue): Promise<CheckpointTuple[]> {
    const values = await this.values(loaded);
    const result: CheckpointTuple[] = [];
    for (const item of loaded) {
      try {
        const tuple = this.tuple(item, values, onValue);
        if (item.head.v < 4 && item.head.parent !== undefined) await this.addOldSends(item, tuple);
        result.push(tuple);
      } catch (error) {
        throw unreadable(item.row, error);
      }
    }
    return result;
  }

  private tuple(
    { row, id, head, pending }: LoadedHead,
    stored: Values,
    onValue?: OnValue,
  ): CheckpointTuple {
    const values = new Map<string, unknown>();
    for (const [channel, slot] of head.slots)
      values.set(channel, this.slotValue(slot, stored, onValue));
    const address = (checkpoint: string) => ({
      configurable: { thread_id: row.thread, checkpoint_ns: row.ns, checkpoint_id: checkpoint },
    });
    const pendingWrites = pending.map(({ task, channel, slot }): CheckpointPendingWrite => [
      task,
      channel,
      this.slotValue(slot, stored, undefined),
    ]);
    const tuple = {
      config: address(id),
      checkpoint: checkpointOf(id, head, values),
      metadata: head.metadata,
      pendingWrites,
    };
    return head.parent === undefined ? tuple : { ...tuple, parentConfig: address(head.parent) };
  }

  // Checkpoints before format 4 kept pending sends as writes of their parent.
  private async addOldSends({ row, head }: LoadedHead, tuple: CheckpointTuple): Promise<void> {
    const id = packId(head.parent ?? "");
    const [records = []] = await this.backend.writes(row.tid, [{ ns: row.ns, id }]);
    const pending = (await this.pending(row, records)).filter(({ channel }) => channel === TASKS);
    const stored = await this.values([
      { row, id: "", head: { ...head, slots: new Map() }, pending },
    ]);
    const { channel_values: values, channel_versions: versions } = tuple.checkpoint;
    values[TASKS] = pending.map(({ slot }) => this.slotValue(slot, stored, undefined));
    const known = Object.values(versions);
    versions[TASKS] = known.length > 0 ? maxChannelVersion(...known) : nextVersion(undefined);
  }
}

/** The lists of heads, and how many of their elements are in segments. */
const storedLengths = (loaded: readonly LoadedHead[]): Map<number, number> => {
  const lengths = new Map<number, number>();
  for (const { head } of loaded) {
    for (const slot of head.slots.values()) {
      if (slot.kind !== "list" || inSegments(slot) === 0) continue;
      lengths.set(slot.list, Math.max(inSegments(slot), lengths.get(slot.list) ?? 0));
    }
  }
  return lengths;
};
