// Moving data between databases of any kind: as checkpoints, not as rows, so that what is written has
// the form of the target. Also the way in from the official savers' tables.
import { createReadStream, createWriteStream } from "node:fs";
import { rename } from "node:fs/promises";
import { createInterface } from "node:readline";
import { once } from "node:events";
import type { BaseCheckpointSaver, CheckpointTuple } from "@langchain/langgraph-checkpoint";
import { isOurVersion, joinVersion } from "../core/versions.ts";
import { CheckpointError } from "../errors.ts";
import type { Persistence } from "../open.ts";
import { decode, encode } from "../serializer/serializer.ts";
import { allThreads } from "./threads.ts";

export interface Transferred {
  readonly threads: number;
  readonly checkpoints: number;
  readonly items: number;
}

const NULL_TASK_ID = "00000000-0000-0000-0000-000000000000";

type Versions = Record<string, string | number>;
type Write = readonly [task: string, channel: string, value: unknown];

// Numbers of the official savers cannot be compared with our strings: a node would never run again.
const ourVersions = (versions: Versions): Versions =>
  Object.fromEntries(
    Object.entries(versions).map(([name, version]) => {
      if (isOurVersion(version)) return [name, version];
      const counter = typeof version === "number" ? version : Number.parseInt(version, 10);
      return [name, joinVersion(Number.isFinite(counter) ? counter : 0, 0)];
    }),
  );

const converted = ({ checkpoint }: CheckpointTuple): CheckpointTuple["checkpoint"] => ({
  ...checkpoint,
  channel_versions: ourVersions(checkpoint.channel_versions),
  versions_seen: Object.fromEntries(
    Object.entries(checkpoint.versions_seen).map(([node, seen]) => [
      node,
      ourVersions(seen as Versions),
    ]),
  ),
});

const putTuple = async ({ saver }: Persistence, tuple: CheckpointTuple): Promise<void> => {
  const { thread_id, checkpoint_ns = "" } = tuple.config.configurable ?? {};
  const parent: unknown = tuple.parentConfig?.configurable?.["checkpoint_id"];
  const checkpoint = converted(tuple);
  const config = { configurable: { thread_id, checkpoint_ns, checkpoint_id: parent } };
  const all = Object.fromEntries(Object.keys(checkpoint.channel_values).map((name) => [name, 0]));
  const metadata = tuple.metadata ?? { source: "loop", step: 0, parents: {} };
  const stored = await saver.put(config, checkpoint, metadata, {
    ...all,
    ...checkpoint.channel_versions,
  });
  const byTask = new Map<string, Write[]>();
  for (const write of tuple.pendingWrites ?? []) {
    byTask.set(write[0], [...(byTask.get(write[0]) ?? []), write]);
  }
  // Tuples do not tell task paths; numbers keep the order, and what has no task comes first anyway.
  let place = 0;
  for (const [task, writes] of byTask) {
    const path = task === NULL_TASK_ID ? "" : String((place += 1)).padStart(6, "0");
    await saver.putWrites(
      stored,
      writes.map(([, channel, value]) => [channel, value]),
      task,
      path,
    );
  }
};

// Oldest first: a checkpoint then finds its parent stored and costs only its change.
const oldestFirst = async (tuples: AsyncGenerator<CheckpointTuple>): Promise<CheckpointTuple[]> => {
  const all: CheckpointTuple[] = [];
  for await (const tuple of tuples) all.push(tuple);
  return all.toReversed();
};

/** Imports all threads of any saver, e.g. the official SqliteSaver or PostgresSaver; `threads` names them. */
export const importFromSaver = async (
  from: BaseCheckpointSaver<string | number>,
  threads: Iterable<string>,
  to: Persistence,
): Promise<Transferred> => {
  let count = 0;
  let checkpoints = 0;
  for (const thread of threads) {
    count += 1;
    for (const tuple of await oldestFirst(from.list({ configurable: { thread_id: thread } }))) {
      await putTuple(to, tuple);
      checkpoints += 1;
    }
  }
  return { threads: count, checkpoints, items: 0 };
};

/** Copies every thread and store item from one database into another, of whatever kind. */
export const transfer = async (from: Persistence, to: Persistence): Promise<Transferred> => {
  const names: string[] = [];
  for await (const { thread } of allThreads(from)) names.push(thread);
  const moved = await importFromSaver(from.saver, names, to);
  let items = 0;
  for await (const item of allItems(from)) {
    await to.store.batch([item]);
    items += 1;
  }
  return { ...moved, items };
};

interface StoredItem {
  readonly namespace: string[];
  readonly key: string;
  readonly value: Record<string, unknown>;
}

async function* allItems({ store }: Persistence): AsyncGenerator<StoredItem> {
  for (let offset = 0; ; offset += 500) {
    const page = await store.search([], { limit: 500, offset });
    for (const { namespace, key, value } of page) yield { namespace, key, value };
    if (page.length < 500) return;
  }
}

const MAGIC = "tutti-export-1";

/**
 * Writes everything to a file: a line with the format, then one base64 line a record. The content is
 * in the clear, also when the database is encrypted.
 */
export const exportTo = async (from: Persistence, path: string): Promise<Transferred> => {
  const partial = `${path}.partial`;
  const out = createWriteStream(partial, { mode: 0o600 });
  const write = async (record: unknown): Promise<void> => {
    if (!out.write(`${encode(record).toString("base64")}\n`)) await once(out, "drain");
  };
  out.write(`${MAGIC}\n`);
  const total = { threads: 0, checkpoints: 0, items: 0 };
  for await (const { thread } of allThreads(from)) {
    total.threads += 1;
    for (const tuple of await oldestFirst(
      from.saver.list({ configurable: { thread_id: thread } }),
    )) {
      await write({ tuple });
      total.checkpoints += 1;
    }
  }
  for await (const item of allItems(from)) {
    await write({ item });
    total.items += 1;
  }
  out.end();
  await once(out, "finish");
  await rename(partial, path);
  return total;
};

/** @throws CheckpointError CHECKPOINT_INVALID when the file is no export or a record is damaged. */
export const importFrom = async (path: string, to: Persistence): Promise<Transferred> => {
  const threads = new Set<string>();
  let checkpoints = 0;
  let items = 0;
  let line = 0;
  for await (const text of createInterface({
    input: createReadStream(path),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    line += 1;
    if (line === 1) {
      if (text === MAGIC) continue;
      throw new CheckpointError("CHECKPOINT_INVALID", `${path} is not an export of this version.`);
    }
    const record = decode(Buffer.from(text, "base64")) as {
      tuple?: CheckpointTuple;
      item?: StoredItem;
    };
    if (record.tuple !== undefined) {
      await putTuple(to, record.tuple);
      threads.add(String(record.tuple.config.configurable?.["thread_id"]));
      checkpoints += 1;
    } else if (record.item !== undefined) {
      await to.store.batch([record.item]);
      items += 1;
    }
  }
  return { threads: threads.size, checkpoints, items };
};
