// The port between the saver and a database. Adapters: sqlite/backend.ts, postgres/backend.ts.
// A `tid` is the database's own number for a thread; a `generation` changes when a thread is created,
// or when records of it were removed, and tells a process that what it remembers no longer holds.
import type { Encoded } from "../serializer/serializer.ts";
import type { Shape } from "./shapes.ts";

/** A new segment of a list. The batch is "moved" when there is one at its position already. */
export interface ListWrite {
  readonly list: number;
  readonly position: number;
  /** The list that this one continues; only on the first segment. */
  readonly base: number | undefined;
  readonly items: Buffer;
}

export interface Answer {
  /** Interrupt ids that are answered, or undefined for "whatever is open". */
  readonly ids: readonly string[] | undefined;
  /** Who answers. The same one may repeat its answer; another one may not. */
  readonly by: string;
  /** Nothing waits at the checkpoint: an answer must then name an interrupt that was announced. */
  readonly isIdle: boolean;
}

export interface WriteRow {
  readonly ns: string;
  readonly checkpoint: Buffer;
  readonly data: Buffer;
  readonly pause: string | undefined;
}

/** One thread's records to be committed together. */
export interface Batch {
  readonly thread: string;
  readonly root: string;
  readonly fence: number | undefined;
  /** The generation that references in this batch rely on, when they rely on any. */
  readonly generation: number | undefined;
  readonly shapes: readonly Shape[];
  readonly values: readonly (readonly [id: number, data: Buffer])[];
  readonly lists: readonly ListWrite[];
  readonly checkpoints: readonly {
    readonly ns: string;
    readonly id: Buffer;
    readonly head: Buffer;
  }[];
  readonly writes: readonly WriteRow[];
  readonly answer:
    | { readonly ns: string; readonly checkpoint: Buffer; readonly answer: Answer }
    | undefined;
  /** Graph id, version and topology hash, as JSON, when given. */
  readonly graph: string | undefined;
}

/** What became of a batch: its thread's generation, or "moved" when it rests on what is gone. */
export type Outcome = { readonly generation: number } | "moved";

export interface HeadRow {
  readonly tid: number;
  readonly thread: string;
  readonly generation: number;
  readonly ns: string;
  readonly id: Buffer;
  readonly head: Buffer;
}

/** Records that came along with a read and need not be asked for. Lists may lack their later segments. */
export interface Nearby {
  readonly lists: readonly ListRow[];
  readonly values: ReadonlyMap<number, Encoded>;
}

export interface FoundHead extends HeadRow {
  readonly writes: readonly Buffer[];
  readonly nearby?: Nearby | undefined;
}

export interface ListRow {
  readonly list: number;
  readonly position: number;
  readonly base: number | undefined;
  readonly items: Buffer;
  /** Values that are stored beside the segment and came along. */
  readonly beside?: readonly (readonly [id: number, data: Buffer])[];
}

export interface HeadQuery {
  readonly thread: string | undefined;
  readonly ns: string | undefined;
  readonly id: Buffer | undefined;
  readonly before: Buffer | undefined;
  /** The last row of the page before. */
  readonly after: HeadRow | undefined;
  readonly limit: number;
}

/** Everything that is stored of one thread. */
export interface ThreadRecords {
  readonly heads: readonly HeadRow[];
  readonly writes: readonly {
    readonly ns: string;
    readonly checkpoint: Buffer;
    readonly n: number;
    readonly data: Buffer;
  }[];
  readonly lists: readonly ListRow[];
  readonly valueIds: readonly number[];
}

/** What is removed from a thread; refused when the thread changed since its records were read. */
export interface Removal {
  readonly thread: string;
  readonly tid: number;
  readonly seen: ThreadRecords;
  readonly checkpoints: readonly { readonly ns: string; readonly id: Buffer }[];
  readonly values: readonly number[];
  readonly lists: readonly number[];
}

export type RecordKind = "value" | "write" | "head" | "list";

export interface Stats {
  readonly threads: number;
  readonly checkpoints: number;
  readonly writes: number;
  readonly values: number;
  readonly listSegments: number;
  readonly items: number;
  /** Bytes of the whole database. */
  readonly bytes: number;
  readonly schema: number;
}

export interface ThreadInfo {
  readonly thread: string;
  /** The fence's token; 0 when nobody ever took it. */
  readonly token: number;
  readonly touched: Date;
  /** Milliseconds a thread may rest untouched before a sweep deletes it. */
  readonly ttl: number | undefined;
  readonly graph: { id: string; version?: string; topology?: string } | undefined;
}

export interface Backend {
  /** Elements at a list's end that a checkpoint carries itself before they become a segment. */
  readonly tail: number;
  /** Reserves `count` numbers that no other process gets; returns the first. */
  reserve(count: number): Promise<number>;
  /** Atomic and, per the saver's durability, durable. @throws CheckpointError */
  commit(batch: Batch): Promise<Outcome>;
  /** Commits before it returns, where the database allows it. @throws CheckpointError */
  commitNow?(batch: Batch): Outcome;
  find(thread: string, ns: string, id: Buffer | undefined): Promise<FoundHead | undefined>;
  /** Newest first; with their writes, where those cost no query of their own. */
  page(query: HeadQuery): Promise<(HeadRow & Partial<FoundHead>)[]>;
  writes(tid: number, keys: readonly { ns: string; id: Buffer }[]): Promise<Buffer[][]>;
  /** All segments of the lists and of the lists they continue, by list and position. */
  lists(tid: number, lists: readonly number[]): Promise<ListRow[]>;
  values(tid: number, ids: readonly number[]): Promise<ReadonlyMap<number, Encoded>>;
  shapes(keys: readonly Buffer[]): Promise<(readonly [key: Buffer, text: string])[]>;
  /**
   * Takes the fence with a token higher than any before, or with the given one.
   * @throws CheckpointError CHECKPOINT_CONFLICT when a token newer than the given one is held.
   */
  acquire(root: string, token: number | undefined): Promise<number>;
  /** Takes answers before a run is started with them. @throws CheckpointError CHECKPOINT_CONFLICT */
  answer(thread: string, checkpoint: Buffer, answer: Answer): Promise<void>;
  info(thread: string): Promise<ThreadInfo | undefined>;
  setTtl(thread: string, ttl: number | undefined): Promise<void>;
  /** Deletes the thread and its children, in batches. */
  deleteThread(thread: string): Promise<void>;
  /** Thread names after a name, in order; with `prefix` only those that start with it. */
  threads(
    after: string,
    limit: number,
    prefix?: string,
  ): Promise<{ tid: number; thread: string }[]>;
  records(tid: number): Promise<ThreadRecords>;
  /** Atomic; false when the thread changed meanwhile. */
  remove(removal: Removal): Promise<boolean>;
  /** Atomic. @throws CheckpointError CHECKPOINT_CONFLICT when `to` exists or `from` does not. */
  copyThreads(names: readonly (readonly [from: string, to: string])[]): Promise<void>;
  /** Roots whose time to live is over, their children included in the judgement. */
  expired(now: Date, limit: number): Promise<string[]>;
  /** Finishes deletions that a process left behind when it died. */
  emptyTrash(): Promise<void>;
  stats(): Promise<Stats>;
  /** Replaces sealed bytes of one thread's records, for a new encryption key. */
  reseal(tid: number, change: (bytes: Buffer, kind: RecordKind) => Buffer): Promise<void>;
  close(): Promise<void>;
}
