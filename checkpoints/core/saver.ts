// The checkpoint saver: one class over two databases. Writing is in writer.ts, turning rows into
// checkpoints in reader.ts; here is what LangGraph and the platform call.
import type { RunnableConfig } from "@langchain/core/runnables";
import {
  BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointTuple,
  type PendingWrite,
} from "@langchain/langgraph-checkpoint";
import { CheckpointError } from "../errors.ts";
import type { Cipher } from "../serializer/cipher.ts";
import { serializer } from "../serializer/serializer.ts";
import { checkToken, readAddress } from "./address.ts";
import { claimOf, type Claim } from "./answers.ts";
import type { Backend, FoundHead, HeadQuery, HeadRow, ThreadInfo } from "./backend.ts";
import { matchesFilter } from "./filter.ts";
import { checkId, packId, rootOf } from "./ids.ts";
import { Reader } from "./reader.ts";
import { ShapeCache } from "./shapes.ts";
import { headKey, rememberObject } from "./thread-state.ts";
import { ThreadStates } from "./thread-states.ts";
import { nextVersion } from "./versions.ts";
import { Writer } from "./writer.ts";

type Version = string | number;

const PAGE = 100;

/**
 * Saver for LangGraph graphs. Keys it reads in `configurable`, beside LangGraph's own:
 * `fence` (a token from `acquire`), `answer` (who answers, see `claim`), `graph` ({id, version, topology}).
 */
export class TuttiSaver extends BaseCheckpointSaver<Version> {
  private readonly backend: Backend;
  private readonly reader: Reader;
  private readonly writer: Writer;
  private readonly states = new ThreadStates();

  constructor(backend: Backend, cipher: Cipher) {
    super(serializer);
    const shapes = new ShapeCache();
    this.backend = backend;
    this.reader = new Reader(backend, cipher, shapes);
    this.writer = new Writer(backend, cipher, shapes, this.reader, this.states);
  }

  /** Reserves what the first writes need, so that they need not wait. */
  async prepare(): Promise<this> {
    await this.writer.prepare();
    return this;
  }

  override getNextVersion(current: Version | undefined): Version {
    return nextVersion(current);
  }

  /** @throws CheckpointError CHECKPOINT_CONFLICT, CHECKPOINT_INVALID, DATABASE */
  override put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<RunnableConfig> {
    return this.writer.put(config, checkpoint, metadata, newVersions);
  }

  /**
   * Not an async function: on SQLite an answer that comes too late is thrown at once, before LangGraph
   * goes on to run the node.
   */
  override putWrites(
    config: RunnableConfig,
    writes: PendingWrite[],
    taskId: string,
    taskPath = "",
  ): Promise<void> {
    return this.writer.putWrites(config, writes, taskId, taskPath);
  }

  /** @throws CheckpointError CHECKPOINT_INVALID when the record is damaged, DATABASE */
  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    if (config.configurable?.["thread_id"] === undefined) return undefined;
    const { thread, ns, checkpoint } = readAddress(config);
    const id = checkpoint === undefined ? undefined : packId(checkpoint);
    for (let attempt = 0; ; attempt += 1) {
      const row = await this.backend.find(thread, ns, id);
      if (row === undefined) return undefined;
      try {
        return await this.loadTuple(row);
      } catch (error) {
        // a prune may have removed values between two of our queries: look once more
        if (attempt > 0 || !(error instanceof CheckpointError)) throw error;
      }
    }
  }

  private async loadTuple(row: FoundHead): Promise<CheckpointTuple | undefined> {
    let state = this.states.get(row.thread);
    if (state.generation !== undefined && state.generation !== row.generation) {
      this.states.forget(row.thread, state);
      state = this.states.get(row.thread);
    }
    state.generation = row.generation;
    const [loaded] = await this.reader.heads([row]);
    if (loaded === undefined) return undefined;
    const item = { ...loaded, pending: await this.reader.pending(row, row.writes) };
    const [tuple] = await this.reader.tuples([item], (value, ref) =>
      rememberObject(state, value, ref),
    );
    state.remember(headKey(row.ns, item.id), {
      slots: item.head.slots,
      encoded: item.head.encoded,
      live: liveValues(tuple?.checkpoint),
    });
    return tuple;
  }

  /** Newest first. `filter` compares metadata by value. */
  override async *list(
    config: RunnableConfig,
    options: CheckpointListOptions = {},
  ): AsyncGenerator<CheckpointTuple> {
    const { thread_id: thread, checkpoint_ns: ns, checkpoint_id: id } = config.configurable ?? {};
    const before = options.before?.configurable?.["checkpoint_id"] as string | undefined;
    const query: Omit<HeadQuery, "after" | "limit"> = {
      thread: thread === undefined || thread === null ? undefined : checkId("thread_id", thread),
      ns: ns === undefined || ns === null ? undefined : checkId("checkpoint_ns", ns, true),
      id: id ? packId(checkId("checkpoint_id", id)) : undefined,
      before: before === undefined ? undefined : packId(checkId("checkpoint_id", before)),
    };
    let left = options.limit ?? Number.POSITIVE_INFINITY;
    let after: HeadRow | undefined;
    const hasFilter = Object.values(options.filter ?? {}).some((value) => value !== undefined);
    while (left > 0) {
      const size = hasFilter ? PAGE : Math.min(PAGE, left);
      const rows = await this.backend.page({ ...query, after, limit: size });
      for await (const tuple of this.page(rows, options.filter, left)) {
        left -= 1;
        yield tuple;
      }
      after = rows.at(-1);
      if (rows.length < size) return;
    }
  }

  private async *page(
    rows: readonly HeadRow[],
    filter: CheckpointListOptions["filter"],
    limit: number,
  ): AsyncGenerator<CheckpointTuple> {
    const heads = await this.reader.heads(rows);
    const chosen = heads.filter(({ head }) => matchesFilter(head.metadata, filter)).slice(0, limit);
    for (let start = 0; start < chosen.length;) {
      const tid = chosen[start]?.row.tid;
      let end = start + 1;
      while (end < chosen.length && chosen[end]?.row.tid === tid) end += 1;
      yield* await this.tuplesOf(chosen.slice(start, end));
      start = end;
    }
  }

  private async tuplesOf(heads: Awaited<ReturnType<Reader["heads"]>>): Promise<CheckpointTuple[]> {
    const tid = heads[0]?.row.tid ?? 0;
    const rows: (HeadRow & Partial<FoundHead>)[] = heads.map(({ row }) => row);
    const records = rows.every(({ writes }) => writes !== undefined)
      ? rows.map(({ writes = [] }) => writes)
      : await this.backend.writes(tid, rows);
    const items = [];
    for (const [i, item] of heads.entries()) {
      items.push({ ...item, pending: await this.reader.pending(item.row, records[i] ?? []) });
    }
    return this.reader.tuples(items);
  }

  /**
   * Takes the fence of a thread (of `root` for `root/…`): from now on a write that carries an older
   * token in `configurable.fence` is refused with CHECKPOINT_CONFLICT. Returns the token: the next one,
   * or the given one of a host that counts the runs of a thread itself; the same may be given again.
   * @throws CheckpointError CHECKPOINT_CONFLICT when a token newer than the given one is held.
   */
  async acquire(thread: string, token?: number): Promise<number> {
    const root = rootOf(checkId("thread_id", thread));
    return this.backend.acquire(root, token === undefined ? undefined : checkToken(token));
  }

  /**
   * Accepts an answer before a run is started with it: of many claims to one pause the first wins, and
   * the others get CHECKPOINT_CONFLICT. Pass the same `by` as `configurable.answer` to the run.
   * @throws CheckpointError CHECKPOINT_CONFLICT also when the interrupt is not pending any more, or its
   * payload is not the one whose hash is given.
   */
  async claim(claim: Claim): Promise<void> {
    const tuple = await this.getTuple({
      configurable: { thread_id: claim.thread, checkpoint_ns: "" },
    });
    const { checkpoint, answer } = claimOf(claim, tuple);
    await this.backend.answer(claim.thread, packId(checkpoint), answer);
  }

  /** What is recorded about a thread beside its checkpoints. */
  async info(thread: string): Promise<ThreadInfo | undefined> {
    return this.backend.info(checkId("thread_id", thread));
  }

  /** How long a thread may rest before a sweep deletes it; undefined means for ever. */
  async setTtl(thread: string, milliseconds: number | undefined): Promise<void> {
    await this.backend.setTtl(checkId("thread_id", thread), milliseconds);
  }

  /** Deletes a thread and its children `<thread>/…`. */
  override async deleteThread(threadId: string): Promise<void> {
    const thread = checkId("thread_id", threadId);
    this.states.forgetFamily(thread);
    await this.backend.deleteThread(thread);
  }
}

const liveValues = (checkpoint: Checkpoint | undefined): Map<string, WeakRef<object>> => {
  const live = new Map<string, WeakRef<object>>();
  for (const [channel, value] of Object.entries(checkpoint?.channel_values ?? {})) {
    if (typeof value === "object" && value !== null) live.set(channel, new WeakRef(value));
  }
  return live;
};
