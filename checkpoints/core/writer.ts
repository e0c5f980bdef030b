// The writing half of the saver: turns checkpoints and writes into batches that cost their change, and
// commits them. What rests on something that is gone ("moved") is built anew.
import type { RunnableConfig } from "@langchain/core/runnables";
import {
  INTERRUPT,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointMetadata,
  type PendingWrite,
} from "@langchain/langgraph-checkpoint";
import { CheckpointError } from "../errors.ts";
import type { Cipher } from "../serializer/cipher.ts";
import { readAddress, type Address } from "./address.ts";
import { answerOf } from "./answers.ts";
import type { Backend, Batch, HeadRow, Outcome } from "./backend.ts";
import { capturePut, captureWrites, changedSlots, type Captured } from "./capture.ts";
import { encodeHead, isIdle, withSlots } from "./head.ts";
import { IdAllocator } from "./id-allocator.ts";
import { checkId, packId, rootOf } from "./ids.ts";
import type { ListMaker } from "./lists.ts";
import type { Reader } from "./reader.ts";
import { resolveSlots } from "./resolve.ts";
import type { Shape, ShapeCache } from "./shapes.ts";
import { headKey, NO_PARENT, type KnownHead, type ThreadState } from "./thread-state.ts";
import type { ThreadStates } from "./thread-states.ts";
import { encodeWrites, pauseOf } from "./write-record.ts";

// Encoded values up to this size stand where they are used.
const INLINE = 48;

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
    { retryable: true, hint: "Give the thread one owner at a time (acquire a fence)." },
  );

export class Writer {
  private readonly backend: Backend;
  private readonly cipher: Cipher;
  private readonly shapes: ShapeCache;
  private readonly reader: Reader;
  private readonly states: ThreadStates;
  private readonly ids: IdAllocator;
  /** Runs whose answer is not accepted yet: what they write next waits, and fails with it. */
  private readonly answering = new WeakMap<object, Promise<void>>();

  constructor(
    backend: Backend,
    cipher: Cipher,
    shapes: ShapeCache,
    reader: Reader,
    states: ThreadStates,
  ) {
    this.backend = backend;
    this.cipher = cipher;
    this.shapes = shapes;
    this.reader = reader;
    this.states = states;
    this.ids = new IdAllocator(backend);
    this.maker = { nextId: this.takeId, tail: backend.tail };
  }

  /** Reserves what the first writes need, so that they need not wait. */
  prepare(): Promise<void> {
    return this.ids.ensure(1);
  }

  private readonly takeId = (): number => this.ids.take();
  private readonly maker: ListMaker;

  /** @throws CheckpointError CHECKPOINT_CONFLICT, CHECKPOINT_INVALID, DATABASE */
  async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<RunnableConfig> {
    const address = readAddress(config);
    const id = checkId("checkpoint id", checkpoint.id);
    const answering = this.answering.get(runOf(config));
    if (answering !== undefined) await answering;
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
    const state = this.states.get(address.thread);
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
    const loaded = await this.reader.heads([{ ...row, nearby: undefined }]); // lists are needed whole
    await this.reader.withLists(loaded);
    const [first] = loaded;
    if (first === undefined) return undefined;
    return { slots: first.head.slots, encoded: first.head.encoded, live: new Map() };
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
      this.maker,
    );
    const { checkpoint: parent } = address;
    const encoded = encodeHead(
      { checkpoint, metadata, parent, slots },
      this.shapes,
      known?.encoded?.shape,
    );
    const { bytes, shape } = encoded;
    // a checkpoint that has a successor is a parent again only when history forks: it is read then
    if (parent !== undefined) state.heads.delete(headKey(address.ns, parent));
    state.remember(headKey(address.ns, id), { slots, encoded, live: captured.live });
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
  putWrites(
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
      const state = this.states.get(thread);
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
      const state = this.states.get(work.address.thread);
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
      answer: answerOf(address, writes, task, id, known !== undefined && isIdle(known.slots)),
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
    const changed = changedSlots(known, captured.capture, into.lists, this.maker);
    if (changed === undefined || known.encoded === undefined) return;
    known.slots = changed;
    known.encoded = withSlots(known.encoded, changed);
    const { bytes, shape } = known.encoded;
    if (shape !== undefined) into.shapes.push(shape);
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
      this.states.forget(address.thread, state);
      throw error;
    }
  }

  private settleNow(state: ThreadState, thread: string, batch: Batch): Outcome {
    try {
      const outcome = this.backend.commitNow?.(batch) ?? "moved";
      return this.settled(state, thread, batch, outcome);
    } catch (error) {
      this.states.forget(thread, state);
      throw error;
    }
  }

  private settled(state: ThreadState, thread: string, batch: Batch, outcome: Outcome): Outcome {
    if (outcome === "moved") {
      this.states.forget(thread, state);
      return outcome;
    }
    state.generation ??= outcome.generation;
    this.shapes.markStored(batch.shapes);
    return outcome;
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

const countItems = (entries: readonly (readonly [unknown, unknown])[]): number =>
  entries.reduce((sum, [, value]) => sum + (Array.isArray(value) ? value.length : 1), 0);

const sizeOf = ({ writes }: WritesWork): number => 64 + writes.length * 4 + countItems(writes);

const estimate = (checkpoint: Checkpoint): number =>
  64 + 2 * countItems(Object.entries(checkpoint.channel_values ?? {}));
