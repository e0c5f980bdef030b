// From rows to checkpoints: loads what heads point at, in as few queries as there are kinds of rows.
import type { CheckpointPendingWrite, CheckpointTuple } from "@langchain/langgraph-checkpoint";
import { TASKS, maxChannelVersion } from "@langchain/langgraph-checkpoint";
import { CheckpointError } from "../errors.ts";
import type { Cipher } from "../serializer/cipher.ts";
import { decode } from "../serializer/serializer.ts";
import type { Backend, HeadRow } from "./backend.ts";
import { checkpointOf, decodeHead, shapeKeyOf, type Head } from "./head.ts";
import { packId, unpackId } from "./ids.ts";
import { readLists } from "./lists.ts";
import type { ListState, Ref, Slot } from "./refs.ts";
import type { ShapeCache } from "./shapes.ts";
import { nextVersion } from "./versions.ts";
import { decodeWrites, mergeWrites, type PendingSlot } from "./write-record.ts";

/** A head with everything it points at, except the decoded values. */
export interface LoadedHead {
  readonly row: HeadRow;
  readonly id: string;
  head: Head;
  readonly pending: readonly PendingSlot[];
}

/** Called for every value that is decoded, so that the saver knows it again when it is stored next. */
export type OnValue = (value: unknown, ref: Ref) => void;

interface Sources {
  readonly values: ReadonlyMap<number, Buffer>;
  readonly lists: ReadonlyMap<number, ListState>;
}

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
  async heads(rows: readonly HeadRow[]): Promise<LoadedHead[]> {
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

  /** Loads the lists of heads and puts their state into the slots. */
  async withLists(loaded: readonly LoadedHead[]): Promise<Map<number, ListState>> {
    const first = loaded[0];
    const wanted = new Set<number>();
    for (const { head } of loaded) {
      for (const slot of head.slots.values()) if (slot.kind === "list") wanted.add(slot.list);
    }
    if (first === undefined || wanted.size === 0) return new Map();
    const rows = await this.backend.lists(first.row.tid, [...wanted]);
    let lists: Map<number, ListState>;
    try {
      lists = readLists(rows, [...wanted]);
    } catch (error) {
      throw unreadable(first.row, error);
    }
    for (const item of loaded) item.head = { ...item.head, slots: attach(item.head.slots, lists) };
    return lists;
  }

  private async sources(loaded: readonly LoadedHead[]): Promise<Sources> {
    const lists = await this.withLists(loaded);
    const wanted = new Set<number>();
    const want = (ref: Ref): void => {
      if (ref.value !== 0) wanted.add(ref.value);
    };
    const wantSlot = (slot: Slot): void => {
      if (slot.kind === "one") want(slot.ref);
      else if (slot.kind === "many") slot.refs.forEach(want);
      else lists.get(slot.list)?.refs.slice(0, slot.length).forEach(want);
    };
    for (const { head, pending } of loaded) {
      for (const slot of head.slots.values()) wantSlot(slot);
      for (const { slot } of pending) wantSlot(slot);
    }
    const [first] = loaded;
    const values =
      first === undefined || wanted.size === 0
        ? new Map<number, Buffer>()
        : await this.backend.values(first.row.tid, [...wanted]);
    return { values, lists };
  }

  private valueOf(ref: Ref, sources: Sources, onValue: OnValue | undefined): unknown {
    const stored = ref.inline ?? sources.values.get(ref.value);
    if (stored === undefined) throw new RangeError(`value ${ref.value} is missing`);
    const bytes = ref.inline === undefined ? this.cipher.open(stored, "value") : stored;
    const value = decode(bytes, ref.id);
    if (onValue !== undefined)
      onValue(value, ref.mark === undefined ? { ...ref, mark: bytes } : ref);
    return value;
  }

  private slotValue(slot: Slot, sources: Sources, onValue: OnValue | undefined): unknown {
    if (slot.kind === "one") return this.valueOf(slot.ref, sources, onValue);
    if (slot.kind === "many") return slot.refs.map((ref) => this.valueOf(ref, sources, onValue));
    const refs = sources.lists.get(slot.list)?.refs ?? [];
    if (refs.length < slot.length) throw new RangeError(`list ${slot.list} is too short`);
    const values: unknown[] = [];
    for (let i = 0; i < slot.length; i += 1)
      values.push(this.valueOf(refs[i] as Ref, sources, onValue));
    return values;
  }

  /** Tuples of one thread's heads, in their order. */
  async tuples(loaded: readonly LoadedHead[], onValue?: OnValue): Promise<CheckpointTuple[]> {
    const sources = await this.sources(loaded);
    const result: CheckpointTuple[] = [];
    for (const item of loaded) {
      try {
        const tuple = this.tuple(item, sources, onValue);
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
    sources: Sources,
    onValue?: OnValue,
  ): CheckpointTuple {
    const values = new Map<string, unknown>();
    for (const [channel, slot] of head.slots)
      values.set(channel, this.slotValue(slot, sources, onValue));
    const address = (checkpoint: string) => ({
      configurable: { thread_id: row.thread, checkpoint_ns: row.ns, checkpoint_id: checkpoint },
    });
    const pendingWrites = pending.map(({ task, channel, slot }): CheckpointPendingWrite => [
      task,
      channel,
      this.slotValue(slot, sources, undefined),
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
    const sources = await this.sources([
      { row, id: "", head: { ...head, slots: new Map() }, pending },
    ]);
    const { channel_values: values, channel_versions: versions } = tuple.checkpoint;
    values[TASKS] = pending.map(({ slot }) => this.slotValue(slot, sources, undefined));
    const known = Object.values(versions);
    versions[TASKS] = known.length > 0 ? maxChannelVersion(...known) : nextVersion(undefined);
  }
}

const attach = (
  slots: ReadonlyMap<string, Slot>,
  lists: ReadonlyMap<number, ListState>,
): Map<string, Slot> =>
  new Map(
    [...slots].map(([name, slot]) => {
      const state = slot.kind === "list" ? lists.get(slot.list) : undefined;
      return [name, state === undefined ? slot : ({ ...slot, state } as Slot)] as const;
    }),
  );
