// The checkpoint saver: one class over two databases. It turns checkpoints into records that cost
// their change (capture), hands them to the backend to be committed, and reads them back.
import type { RunnableConfig } from "@langchain/core/runnables";
import {
  BaseCheckpointSaver,
  INTERRUPT,
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
import { readAddress, type Address } from "./address.ts";
import { answerOf, claimOf, type Claim } from "./answers.ts";
import type { Backend, Batch, HeadQuery, HeadRow, Outcome, ThreadInfo } from "./backend.ts";
import { capturePut, captureWrites, changedSlots, type Captured } from "./capture.ts";
import { encodeHead, headOf, isIdle } from "./head.ts";
import { IdAllocator } from "./id-allocator.ts";
import { checkId, packId, rootOf } from "./ids.ts";
import { resolveSlots } from "./resolve.ts";
import { Reader } from "./reader.ts";
import { ShapeCache, type Shape } from "./shapes.ts";
import { rememberObject, ThreadState, type KnownHead } from "./thread-state.ts";
import { matchesFilter } from "./filter.ts";
import { nextVersion } from "./versions.ts";
import { encodeWrites, pauseOf } from "./write-record.ts";

type Version = string | number;

const MAX_THREADS = 2_000;
const INLINE = 48;
const PAGE = 100;

const headKey = (ns: string, id: string): string => `${ns}\0${id}`;

interface Records {
  readonly captured: Captured;
  readonly shapes: Shape[];
  readonly lists: Batch["lists"];
  readonly checkpoints: Batch["checkpoints"];
  readonly writes: Batch["writes"];
  readonly answer: Batch["answer"];
}

const moved = (): CheckpointError =>
  new CheckpointError(
    "CHECKPOINT_CONFLICT",
    "The thread is changed faster by others than it can be written.",
    {
      retryable: true,
      hint: "Give the thread one owner at a time (acquire a fence).",
    },
  );

/**
 * Saver for LangGraph graphs. Keys it reads in `configurable`, beside LangGraph's own:
 * `fence` (a token from `acquire`), `answer` (who answers, see `claim`), `graph` ({id, version, topology}).
 */
export class TuttiSaver extends BaseCheckpointSaver<Version> {
  private readonly backend: Backend;
  private readonly cipher: Cipher;
  private readonly shapes = new ShapeCache();
  private readonly reader: Reader;
  private readonly ids: IdAllocator;
  private readonly states = new Map<string, ThreadState>();
  /** Runs whose answer is not accepted yet: what they write next waits, and fails with it. */
  private readonly answering = new WeakMap<object, Promise<void>>();

  constructor(backend: Backend, cipher: Cipher) {
    super(serializer);
    this.backend = backend;
    this.cipher = cipher;
    this.reader = new Reader(backend, cipher, this.shapes);
    this.ids = new IdAllocator(backend);
  }

  /** Reserves what the first writes need, so that they need not wait. */
  async prepare(): Promise<this> {
    await this.ids.ensure(1);
    return this;
  }

  override getNextVersion(current: Version | undefined): Version {
    return nextVersion(current);
  }

  private state(thread: string): ThreadState {
    let state = this.states.get(thread);
    if (state === undefined || state.isStale) state = new ThreadState();
    this.states.delete(thread);
    this.states.set(thread, state);
    if (this.states.size > MAX_THREADS) {
      const [oldest] = this.states.keys();
      if (oldest !== undefined) this.states.delete(oldest);
    }
    return state;
  }

  private forget(thread: string, state: ThreadState): void {
    state.isStale = true;
    if (this.states.get(thread) === state) this.states.delete(thread);
  }

  private readonly takeId = (): number => this.ids.take();

  // ---- writing -------------------------------------------------------------------------------

  /** @throws CheckpointError CHECKPOINT_CONFLICT, CHECKPOINT_INVALID, DATABASE */
  override async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<RunnableConfig> {
    const address = readAddress(config);
    const id = checkId("checkpoint id", checkpoint.id);
    await this.answering.get(runOf(config));
    const work = { address, id, checkpoint, metadata, newVersions };
    for (let attempt = 0; ; attempt += 1) {
      if (!this.ids.has(estimate(checkpoint))) await this.ids.ensure(estimate(checkpoint));
      if ((await this.putOnce(work)) !== "moved") break;
      if (attempt >= 8) throw moved();
    }
    return {
      configurable: { thread_id: address.thread, checkpoint_ns: address.ns, checkpoint_id: id },
    };
  }

  private putOnce(work: PutWork): Promise<Outcome> {
    const { address, checkpoint, newVersions } = work;
    const state = this.state(address.thread);
    const known =
      address.checkpoint === undefined
        ? NO_PARENT
        : state.heads.get(headKey(address.ns, address.checkpoint));
    const only = known === undefined ? undefined : new Set(Object.keys(newVersions ?? {}));
    const inline = this.cipher.encrypts ? 0 : INLINE;
    const captured = capturePut(state, checkpoint, known, only, this.takeId, inline);
    if (known !== undefined) return this.commitPut(state, work, captured, known);
    return this.knownFromDatabase(state, address).then((parent) =>
      this.commitPut(state, work, captured, parent),
    );
  }

  private async knownFromDatabase(
    state: ThreadState,
    address: Address,
  ): Promise<KnownHead | undefined> {
    const { thread, ns, checkpoint } = address;
    const row = await this.backend.find(thread, ns, packId(checkpoint ?? ""));
    if (row === undefined) return undefined;
    this.checkGeneration(state, row);
    const loaded = await this.reader.heads([row]);
    await this.reader.withLists(loaded);
    const [first] = loaded;
    return first === undefined ? undefined : { head: first.head, live: new Map() };
  }

  // A batch built on a generation that is gone comes back as "moved" and is built anew.
  private checkGeneration(state: ThreadState, row: HeadRow): void {
    state.generation ??= row.generation;
  }

  private commitPut(
    state: ThreadState,
    work: PutWork,
    captured: Captured,
    known: KnownHead | undefined,
  ): Promise<Outcome> {
    const { address, id, checkpoint, metadata } = work;
    const { slots, lists } = resolveSlots(
      captured,
      checkpoint,
      known,
      work.newVersions,
      this.takeId,
    );
    const head = headOf(checkpoint, metadata, address.checkpoint, slots);
    const { bytes, shape } = encodeHead(head, this.shapes);
    state.remember(headKey(address.ns, id), { head, live: captured.live });
    return this.commit(state, address, {
      captured,
      lists,
      shapes: [shape],
      checkpoints: [{ ns: address.ns, id: packId(id), head: this.cipher.seal(bytes, "head") }],
      writes: [],
      answer: undefined,
    });
  }

  /**
   * Not an async function: where the database allows it, an answer that comes too late is refused
   * before LangGraph goes on to run the node.
   */
  override putWrites(
    config: RunnableConfig,
    writes: PendingWrite[],
    taskId: string,
    taskPath = "",
  ): Promise<void> {
    let address: Address;
    try {
      address = readAddress(config);
      checkId("checkpoint_id", address.checkpoint);
      checkId("task id", taskId);
    } catch (error) {
      return Promise.reject(error);
    }
    const work: WritesWork = { address, writes, task: taskId, path: taskPath };
    const before = this.answering.get(runOf(config));
    if (before !== undefined) return before.then(() => this.putWritesLater(work));
    if (answerOf(address, writes, taskId, Buffer.alloc(0), false) === undefined)
      return this.putWritesLater(work);
    return this.putAnswer(config, work);
  }

  private putAnswer(config: RunnableConfig, work: WritesWork): Promise<void> {
    const { thread } = work.address;
    if (this.backend.commitNow !== undefined && this.ids.has(sizeOf(work))) {
      const state = this.state(thread);
      const batch = this.batch(state, work.address, this.writeRecords(state, work));
      if (this.settleNow(state, thread, batch) !== "moved") return Promise.resolve();
    }
    const accepted = this.putWritesLater(work);
    accepted.catch(() => undefined); // LangGraph holds the same promise
    this.answering.set(runOf(config), accepted);
    return accepted;
  }

  private async putWritesLater(work: WritesWork): Promise<void> {
    for (let attempt = 0; attempt < 8; attempt += 1) {
      if (!this.ids.has(sizeOf(work))) await this.ids.ensure(sizeOf(work));
      const state = this.state(work.address.thread);
      const records = this.writeRecords(state, work);
      if ((await this.commit(state, work.address, records)) !== "moved") return;
    }
    throw moved();
  }

  private writeRecords(state: ThreadState, { address, writes, task, path }: WritesWork): Records {
    const { ns, checkpoint = "" } = address;
    const inline = this.cipher.encrypts ? 0 : INLINE;
    const captured = captureWrites(state, writes, this.takeId, inline);
    const record = { task, path, writes: [...captured.slots] };
    const { bytes, shape } = encodeWrites(record, this.shapes);
    const shapes = [shape];
    const lists: Batch["lists"][number][] = [];
    const checkpoints: Batch["checkpoints"][number][] = [];
    const known = state.heads.get(headKey(ns, checkpoint));
    if (known !== undefined && writes.some(([channel]) => channel === INTERRUPT)) {
      this.amend(known, captured, { shapes, lists, checkpoints }, address);
    }
    const id = packId(checkpoint);
    return {
      captured,
      shapes,
      lists,
      checkpoints,
      writes: [
        { ns, checkpoint: id, data: this.cipher.seal(bytes, "write"), pause: pauseOf(writes) },
      ],
      answer: answerOf(address, writes, task, id, known !== undefined && isIdle(known.head)),
    };
  }

  // At a pause every object behind the checkpoint is compared with what was stored: someone may have
  // changed a message in place without returning it, and the process may end before the next step.
  private amend(
    known: KnownHead,
    captured: Captured,
    into: {
      shapes: Shape[];
      lists: Batch["lists"][number][];
      checkpoints: Batch["checkpoints"][number][];
    },
    { ns, checkpoint = "" }: Address,
  ): void {
    const changed = changedSlots(known, captured.capture, into.lists, this.takeId);
    if (changed === undefined) return;
    known.head = { ...known.head, slots: changed };
    const { bytes, shape } = encodeHead(known.head, this.shapes);
    into.shapes.push(shape);
    into.checkpoints.push({ ns, id: packId(checkpoint), head: this.cipher.seal(bytes, "head") });
  }

  private batch(state: ThreadState, address: Address, records: Records): Batch {
    const { capture } = records.captured;
    return {
      thread: address.thread,
      root: rootOf(address.thread),
      fence: address.fence,
      graph: address.graph,
      generation: state.generation,
      shapes: records.shapes.filter((shape) => !this.shapes.isStored(shape)),
      values: capture.values.map(([id, bytes]) => [id, this.cipher.seal(bytes, "value")] as const),
      lists: records.lists,
      checkpoints: records.checkpoints,
      writes: records.writes,
      answer: records.answer,
    };
  }

  private async commit(state: ThreadState, address: Address, records: Records): Promise<Outcome> {
    if (state.isStale) return "moved";
    const batch = this.batch(state, address, records);
    try {
      const outcome = await this.backend.commit(batch);
      return this.settled(state, address.thread, batch, outcome);
    } catch (error) {
      this.forget(address.thread, state);
      throw error;
    }
  }

  private settleNow(state: ThreadState, thread: string, batch: Batch): Outcome {
    try {
      const outcome = this.backend.commitNow?.(batch) ?? "moved";
      return this.settled(state, thread, batch, outcome);
    } catch (error) {
      this.forget(thread, state);
      throw error;
    }
  }

  private settled(state: ThreadState, thread: string, batch: Batch, outcome: Outcome): Outcome {
    if (outcome === "moved") {
      this.forget(thread, state);
      return outcome;
    }
    state.generation ??= outcome.generation;
    this.shapes.markStored(batch.shapes);
    return outcome;
  }

  // ---- reading -------------------------------------------------------------------------------

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

  private async loadTuple(
    row: HeadRow & { writes: readonly Buffer[] },
  ): Promise<CheckpointTuple | undefined> {
    let state = this.state(row.thread);
    if (state.generation !== undefined && state.generation !== row.generation) {
      this.forget(row.thread, state);
      state = this.state(row.thread);
    }
    state.generation = row.generation;
    const [loaded] = await this.reader.heads([row]);
    if (loaded === undefined) return undefined;
    const item = { ...loaded, pending: await this.reader.pending(row, row.writes) };
    const [tuple] = await this.reader.tuples([item], (value, ref) =>
      rememberObject(state, value, ref),
    );
    state.remember(headKey(row.ns, item.id), {
      head: item.head,
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
    const records = await this.backend.writes(
      tid,
      heads.map(({ row }) => ({ ns: row.ns, id: row.id })),
    );
    const items = [];
    for (const [i, item] of heads.entries()) {
      items.push({ ...item, pending: await this.reader.pending(item.row, records[i] ?? []) });
    }
    return this.reader.tuples(items);
  }

  // ---- ownership and care --------------------------------------------------------------------

  /**
   * Takes the fence of a thread (of `root` for `root/…`): from now on a write that carries an older
   * token in `configurable.fence` is refused with CHECKPOINT_CONFLICT. Returns the token.
   */
  async acquire(thread: string): Promise<number> {
    return this.backend.acquire(rootOf(checkId("thread_id", thread)));
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
    for (const [name, state] of this.states) {
      if (name === thread || name.startsWith(`${thread}/`)) this.forget(name, state);
    }
    await this.backend.deleteThread(thread);
  }
}

/** An object that all configs of one run share, and no other run's. */
const runOf = (config: RunnableConfig): object => config.metadata ?? config;

interface PutWork {
  readonly address: Address;
  readonly id: string;
  readonly checkpoint: Checkpoint;
  readonly metadata: CheckpointMetadata;
  readonly newVersions: ChannelVersions;
}

interface WritesWork {
  readonly address: Address;
  readonly writes: PendingWrite[];
  readonly task: string;
  readonly path: string;
}

const NO_PARENT = Object.freeze({
  head: {
    v: 0,
    ts: "",
    parent: undefined,
    versions: new Map(),
    seen: [],
    slots: new Map(),
    metadata: {} as CheckpointMetadata,
  },
  live: new Map(),
}) as KnownHead;

const countItems = (entries: readonly (readonly [unknown, unknown])[]): number =>
  entries.reduce((sum, [, value]) => sum + (Array.isArray(value) ? value.length : 1), 0);

const sizeOf = ({ writes }: WritesWork): number => 64 + writes.length * 4 + countItems(writes);

const estimate = (checkpoint: Checkpoint): number =>
  64 + 2 * countItems(Object.entries(checkpoint.channel_values ?? {}));

const liveValues = (checkpoint: Checkpoint | undefined): Map<string, WeakRef<object>> => {
  const live = new Map<string, WeakRef<object>>();
  for (const [channel, value] of Object.entries(checkpoint?.channel_values ?? {})) {
    if (typeof value === "object" && value !== null) live.set(channel, new WeakRef(value));
  }
  return live;
};
