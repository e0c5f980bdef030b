// A plain model of a saver: maps of descriptions. A tee writes to a real saver and to the model, and
// compares every read; what is described is every value with its class, so nothing can be lost quietly.
import { isDeepStrictEqual } from "node:util";
import type { RunnableConfig } from "@langchain/core/runnables";
import {
  BaseCheckpointSaver,
  WRITES_IDX_MAP,
  compareWritesSortKeys,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointTuple,
  type PendingWrite,
} from "@langchain/langgraph-checkpoint";
import type { TuttiSaver } from "../../checkpoints/index.ts";

/** A value as plain data in which classes have names; independent of our serializer. */
export const describeValue = (value: unknown): unknown => {
  if (typeof value === "bigint") return ["bigint", String(value)];
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : value;
  if (value instanceof Date) return ["Date", value.getTime()];
  if (value instanceof Map) return ["Map", [...value].map(describeValue)];
  if (value instanceof Set) return ["Set", [...value].map(describeValue)];
  if (value instanceof Uint8Array) return ["bytes", [...value]];
  if (value instanceof Error) return ["Error", value.name, value.message];
  if (Array.isArray(value)) return value.map(describeValue);
  const name = (value.constructor as { name?: string } | undefined)?.name ?? "null";
  const skipped = new Set(["lc_kwargs", "lc_namespace"]);
  const entries = Object.keys(value)
    .filter((key) => !skipped.has(key))
    .map((key) => [key, describeValue((value as Record<string, unknown>)[key])] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [name, entries];
};

interface Stored {
  readonly id: string;
  readonly parent: string | undefined;
  readonly values: Map<string, unknown>;
  readonly rest: unknown;
  readonly metadata: CheckpointMetadata;
  readonly writes: Map<
    string,
    { task: string; path: string; index: number; channel: string; value: unknown }
  >;
}

const keyOf = (thread: string, ns: string): string => JSON.stringify([thread, ns]);

/** What a saver has to answer, as descriptions. */
export class Model {
  readonly namespaces = new Map<string, Map<string, Stored>>();

  private namespace(config: RunnableConfig): Map<string, Stored> {
    const { thread_id: thread, checkpoint_ns: ns = "" } = config.configurable ?? {};
    const key = keyOf(String(thread), String(ns));
    let found = this.namespaces.get(key);
    if (found === undefined) this.namespaces.set(key, (found = new Map()));
    return found;
  }

  // Writes may come before their checkpoint.
  private readonly early = new Map<string, Stored["writes"]>();

  private writesOf(config: RunnableConfig, id: string): Stored["writes"] {
    const key = `${JSON.stringify([config.configurable?.["thread_id"], config.configurable?.["checkpoint_ns"] ?? ""])} ${id}`;
    let writes = this.early.get(key);
    if (writes === undefined) this.early.set(key, (writes = new Map()));
    return writes;
  }

  put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): void {
    const space = this.namespace(config);
    const parent = config.configurable?.["checkpoint_id"] as string | undefined;
    const before = parent === undefined ? undefined : space.get(parent)?.values;
    const values = new Map<string, unknown>();
    for (const [channel, value] of Object.entries(checkpoint.channel_values)) {
      if (channel in newVersions || parent !== undefined) {
        const isKept = before?.has(channel) === true && !(channel in newVersions);
        values.set(channel, isKept ? before.get(channel) : describeValue(value));
      }
    }
    const { v, ts, channel_versions, versions_seen } = checkpoint;
    const rest = structuredClone({ v, ts, channel_versions, versions_seen });
    const writes = this.writesOf(config, checkpoint.id);
    space.set(checkpoint.id, {
      id: checkpoint.id,
      parent,
      values,
      rest,
      metadata: structuredClone(metadata),
      writes,
    });
  }

  putWrites(config: RunnableConfig, writes: PendingWrite[], task: string, path = ""): void {
    const stored = this.writesOf(config, String(config.configurable?.["checkpoint_id"]));
    writes.forEach(([channel, value], position) => {
      const index = WRITES_IDX_MAP[channel] ?? position;
      const key = `${task} ${index}`;
      if (index >= 0 && stored.has(key)) return;
      stored.set(key, { task, path, index, channel, value: describeValue(value) });
    });
  }

  private tuple(thread: unknown, ns: unknown, stored: Stored): unknown {
    const writes = [...stored.writes.values()].toSorted((a, b) =>
      compareWritesSortKeys([a.path, a.task, a.index], [b.path, b.task, b.index]),
    );
    return {
      id: stored.id,
      thread,
      ns,
      parent: stored.parent,
      values: Object.fromEntries([...stored.values].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      rest: stored.rest,
      metadata: stored.metadata,
      writes: writes.map(({ task, channel, value }) => [task, channel, value]),
    };
  }

  get(config: RunnableConfig): unknown {
    const {
      thread_id: thread,
      checkpoint_ns: ns = "",
      checkpoint_id: id,
    } = config.configurable ?? {};
    const space = this.namespace(config);
    const wanted = (id as string | undefined) || [...space.keys()].toSorted().at(-1);
    const stored = wanted === undefined ? undefined : space.get(wanted);
    return stored === undefined ? undefined : this.tuple(thread, ns, stored);
  }

  list(config: RunnableConfig, { limit, before, filter }: CheckpointListOptions = {}): unknown[] {
    const { thread_id: thread, checkpoint_ns: ns } = config.configurable ?? {};
    const bound = before?.configurable?.["checkpoint_id"] as string | undefined;
    return [...this.namespaces]
      .map(([key, space]) => ({ address: JSON.parse(key) as [string, string], space }))
      .filter(({ address }) => address[0] === thread && (ns === undefined || address[1] === ns))
      .flatMap(({ address, space }) => [...space.values()].map((stored) => ({ address, stored })))
      .filter(({ stored }) => bound === undefined || stored.id < bound)
      .filter(({ stored }) =>
        Object.entries(filter ?? {}).every(([key, value]) =>
          isDeepStrictEqual((stored.metadata as Record<string, unknown>)[key], value),
        ),
      )
      .toSorted((a, b) => (a.stored.id < b.stored.id ? 1 : -1))
      .slice(0, limit)
      .map(({ address, stored }) => this.tuple(address[0], address[1], stored));
  }

  deleteThread(thread: string): void {
    const isFamily = (name: string): boolean => name === thread || name.startsWith(`${thread}/`);
    for (const key of this.namespaces.keys()) {
      if (isFamily((JSON.parse(key) as [string])[0])) this.namespaces.delete(key);
    }
    for (const key of this.early.keys()) {
      if (isFamily((JSON.parse(key.slice(0, key.lastIndexOf(" "))) as [string])[0]))
        this.early.delete(key);
    }
  }

  copyThread(from: string, to: string): void {
    for (const [key, space] of new Map(this.namespaces)) {
      const [thread, ns] = JSON.parse(key) as [string, string];
      if (thread !== from) continue;
      const copy = new Map<string, Stored>();
      for (const stored of space.values()) {
        const config = { configurable: { thread_id: to, checkpoint_ns: ns } };
        const writes = this.writesOf(config, stored.id);
        for (const [name, write] of stored.writes) writes.set(name, write);
        copy.set(stored.id, { ...stored, writes });
      }
      this.namespaces.set(keyOf(to, ns), copy);
    }
  }

  prune(thread: string, keep: number): void {
    for (const [key, space] of this.namespaces) {
      if ((JSON.parse(key) as [string])[0] !== thread) continue;
      for (const id of [...space.keys()].toSorted().toReversed().slice(keep)) {
        space.delete(id);
        const [, ns] = JSON.parse(key) as [string, string];
        this.early.delete(`${JSON.stringify([thread, ns])} ${id}`);
      }
    }
  }
}

/** A tuple in the model's words. */
export const describeTuple = (tuple: CheckpointTuple): unknown => {
  const { thread_id: thread, checkpoint_ns: ns } = tuple.config.configurable ?? {};
  const { channel_values, v, ts, channel_versions, versions_seen, id } = tuple.checkpoint;
  return {
    id,
    thread,
    ns,
    parent: tuple.parentConfig?.configurable?.["checkpoint_id"] as unknown,
    values: Object.fromEntries(
      Object.entries(channel_values)
        .map(([channel, value]) => [channel, describeValue(value)] as const)
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    ),
    rest: { v, ts, channel_versions, versions_seen },
    metadata: tuple.metadata,
    writes: (tuple.pendingWrites ?? []).map(([task, channel, value]) => [
      task,
      channel,
      describeValue(value),
    ]),
  };
};

/** Where a read of the real saver differs from the model's. */
export class Disagreement extends Error {}

const compare = (what: string, actual: unknown, wanted: unknown): void => {
  if (isDeepStrictEqual(actual, wanted)) return;
  const [a, b] = [actual, wanted].map((value) => JSON.stringify(value, null, 1));
  throw new Disagreement(
    `${what}\n--- saver\n${a?.slice(0, 6_000)}\n--- model\n${b?.slice(0, 6_000)}`,
  );
};

/** Writes to a saver and the model, and compares whatever is read. */
export class TeeSaver extends BaseCheckpointSaver<string | number> {
  reads = 0;
  saver: TuttiSaver;
  readonly model: Model;

  constructor(saver: TuttiSaver, model: Model) {
    super(saver.serde);
    this.saver = saver;
    this.model = model;
  }

  override getNextVersion(current: string | number | undefined): string | number {
    return this.saver.getNextVersion(current);
  }

  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    const wanted = this.model.get(config);
    const tuple = await this.saver.getTuple(config);
    this.reads += 1;
    compare("getTuple", tuple === undefined ? undefined : describeTuple(tuple), wanted);
    return tuple;
  }

  override async *list(
    config: RunnableConfig,
    options?: CheckpointListOptions,
  ): AsyncGenerator<CheckpointTuple> {
    const wanted = this.model.list(config, options);
    const tuples: CheckpointTuple[] = [];
    for await (const tuple of this.saver.list(config, options)) tuples.push(tuple);
    this.reads += 1;
    compare("list", tuples.map(describeTuple), wanted);
    yield* tuples;
  }

  override async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<RunnableConfig> {
    this.model.put(config, checkpoint, metadata, newVersions);
    return this.saver.put(config, checkpoint, metadata, newVersions);
  }

  override async putWrites(
    config: RunnableConfig,
    writes: PendingWrite[],
    task: string,
    path?: string,
  ): Promise<void> {
    this.model.putWrites(config, writes, task, path);
    await this.saver.putWrites(config, writes, task, path);
  }

  override async deleteThread(thread: string): Promise<void> {
    this.model.deleteThread(thread);
    await this.saver.deleteThread(thread);
  }
}
