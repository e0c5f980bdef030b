// One record for each putWrites call: task, task path, and a slot for each write. Calls are kept in
// order and merged when read: of an ordinary write the first stays, of a special one the last.
import {
  ERROR,
  INTERRUPT,
  WRITES_IDX_MAP,
  compareWritesSortKeys,
  writesSortKey,
} from "@langchain/langgraph-checkpoint";
import { ByteReader, recordWriter, type ByteWriter } from "./bytes.ts";
import { uuidText } from "./ids.ts";
import { readSlot, writeSlot, type Slot } from "./refs.ts";
import type { Shape, ShapeCache } from "./shapes.ts";

export interface WriteRecord {
  readonly task: string;
  readonly path: string;
  readonly writes: readonly (readonly [channel: string, slot: Slot])[];
}

/** A write as it is read back, in LangGraph's order. */
export interface PendingSlot {
  readonly task: string;
  readonly path: string;
  readonly channel: string;
  readonly slot: Slot;
  readonly index: number;
}

const FORMAT = 1;

const writeTask = (out: ByteWriter, task: string): void => {
  if (!out.byte(0).uuid(task)) {
    out.length -= 1;
    out.byte(1).text(task);
  }
};

export const encodeWrites = (
  record: WriteRecord,
  shapes: ShapeCache,
): { bytes: Buffer; shape: Shape } => {
  const names = [record.path, ...record.writes.map(([channel]) => channel)];
  const shape = shapes.of(names);
  const out = recordWriter.clear().byte(FORMAT).raw(shape.key);
  writeTask(out, record.task);
  for (const [, slot] of record.writes) writeSlot(out, slot);
  return { bytes: out.done(), shape };
};

/** @throws RangeError or TypeError when the bytes are damaged. */
export const decodeWrites = (bytes: Buffer, shapes: ShapeCache): WriteRecord => {
  const input = new ByteReader(bytes);
  if (input.byte() !== FORMAT) throw new RangeError("unknown format of writes");
  const [path = "", ...channels] = shapes.get(input.raw(8)) as string[];
  const task = input.byte() === 0 ? uuidText(input.raw(16)) : input.text();
  return { task, path, writes: channels.map((channel) => [channel, readSlot(input)] as const) };
};

const indexOf = (channel: string, position: number): number =>
  Object.hasOwn(WRITES_IDX_MAP, channel) ? (WRITES_IDX_MAP[channel] ?? position) : position;

/** Merges the records of one checkpoint, oldest first, into LangGraph's order. */
export const mergeWrites = (records: readonly WriteRecord[]): PendingSlot[] => {
  const merged = new Map<string, PendingSlot>();
  for (const { task, path, writes } of records) {
    writes.forEach(([channel, slot], position) => {
      const index = indexOf(channel, position);
      const key = `${index} ${task}`;
      if (index >= 0 && merged.has(key)) return;
      merged.set(key, { task, path, channel, slot, index });
    });
  }
  return [...merged.values()].sort((a, b) =>
    compareWritesSortKeys(
      writesSortKey(a.path, a.task, a.index),
      writesSortKey(b.path, b.task, b.index),
    ),
  );
};

/**
 * What a record says about pauses, kept in clear beside it: the ids of the interrupts it opens, "!"
 * when a task failed (its answer may be given again), or nothing.
 */
export const pauseOf = (writes: readonly (readonly [string, unknown])[]): string | undefined => {
  const ids: string[] = [];
  for (const [channel, value] of writes) {
    if (channel === ERROR) return "!";
    if (channel !== INTERRUPT) continue;
    for (const item of Array.isArray(value) ? value : [value]) {
      const id = (item as { id?: unknown } | null)?.id;
      ids.push(typeof id === "string" ? id : "?");
    }
  }
  return ids.length === 0 ? undefined : ids.join(" ");
};
