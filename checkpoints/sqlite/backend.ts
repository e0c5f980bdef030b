// Records in SQLite. Everything that waits to be committed, of all threads, goes into one transaction:
// one fsync for many steps.
import type { Database } from "better-sqlite3";
import { conflict, newerOwner, takeAnswer, type Pause, type Taken } from "../core/answers.ts";
import type {
  Answer,
  Backend,
  Batch,
  FoundHead,
  HeadQuery,
  HeadRow,
  ListRow,
  Outcome,
  RecordKind,
  Removal,
  Stats,
  ThreadInfo,
  ThreadRecords,
} from "../core/backend.ts";
import { sqliteError } from "./connect.ts";
import { migrate } from "./schema.ts";
import { copyRecords, recordsOf, removeRecords, resealRecords, statsOf } from "./care.ts";
import { deleteThreads, emptyTrash } from "./delete-threads.ts";
import { prepareStatements, type Statements } from "./statements.ts";

interface Waiting {
  readonly batch: Batch;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
}

interface ThreadRow {
  readonly id: number;
  readonly thread: string;
  readonly generation: number;
  readonly token: number;
  readonly touched: number;
  readonly ttl: number | null;
  readonly graph: string | null;
}

// A thread's `touched` is only as fine as this: one row less to write in nearly every step.
const TOUCH_EVERY_MS = 60_000;

const MOVED = new Error("moved");

export class SqliteBackend implements Backend {
  readonly database: Database;
  // A step that appends then writes a checkpoint and nothing else, seven times of eight.
  readonly tail = 8;
  private readonly ownsDatabase: boolean;
  private readonly sql: Statements;
  private readonly waiting: Waiting[] = [];
  private isFlushing = false;

  constructor(database: Database, ownsDatabase: boolean) {
    this.database = database;
    this.ownsDatabase = ownsDatabase;
    try {
      migrate(database);
    } catch (error) {
      throw sqliteError(error);
    }
    this.sql = prepareStatements(database);
  }

  // better-sqlite3's transaction() builds a wrapper for each function; this is the hottest path.
  private run<T>(work: () => T): T {
    if (this.database.inTransaction) return this.database.transaction(work)(); // inside the caller's
    try {
      this.sql.begin.run();
      const result = work();
      this.sql.commit.run();
      return result;
    } catch (error) {
      if (this.database.inTransaction) this.sql.rollback.run();
      throw sqliteError(error);
    }
  }

  private read<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw sqliteError(error);
    }
  }

  async reserve(count: number): Promise<number> {
    return this.run(() => {
      const { value } = this.sql.reserve.get(count) as { value: number };
      return value - count;
    });
  }

  commit(batch: Batch): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ batch, resolve, reject });
      if (this.isFlushing) return;
      this.isFlushing = true;
      setImmediate(() => this.flush());
    });
  }

  commitNow(batch: Batch): Outcome {
    if (this.waiting.length > 0) this.flushWaiting();
    return this.applyAlone(batch);
  }

  private applyAlone(batch: Batch): Outcome {
    try {
      return this.run(() => this.apply(batch));
    } catch (error) {
      if (error === MOVED) return "moved";
      throw error;
    }
  }

  private flush(): void {
    // someone's own transaction is open on the shared handle: it may still be rolled back
    if (this.database.inTransaction) {
      setImmediate(() => this.flush());
      return;
    }
    this.isFlushing = false;
    this.flushWaiting();
  }

  private flushWaiting(): void {
    const waiting = this.waiting.splice(0);
    const outcomes: (Outcome | Error)[] = [];
    try {
      const [only] = waiting;
      if (only !== undefined && waiting.length === 1) outcomes.push(this.applyAlone(only.batch));
      else this.run(() => this.applyEach(waiting, outcomes));
    } catch (error) {
      for (const { reject } of waiting) reject(error as Error);
      return;
    }
    waiting.forEach(({ resolve, reject }, i) => {
      const outcome = outcomes[i] as Outcome | Error;
      if (outcome instanceof Error) reject(outcome);
      else resolve(outcome);
    });
  }

  // A refused batch must leave nothing behind, and must not take other threads' with it. What follows it
  // on its own thread may rest on its values, and is built anew.
  private applyEach(waiting: readonly Waiting[], outcomes: (Outcome | Error)[]): void {
    const broken = new Set<string>();
    for (const { batch } of waiting) {
      const outcome = broken.has(batch.thread) ? "moved" : this.applyOne(batch);
      if (outcome === "moved" || outcome instanceof Error) broken.add(batch.thread);
      outcomes.push(outcome);
    }
  }

  private applyOne(batch: Batch): Outcome | Error {
    this.sql.savepoint.run();
    let outcome: Outcome | Error;
    try {
      outcome = this.apply(batch);
    } catch (error) {
      const isConflict = (error as { code?: string }).code === "CHECKPOINT_CONFLICT";
      if (error !== MOVED && !isConflict) throw error;
      this.sql.undo.run();
      outcome = error === MOVED ? "moved" : (error as Error);
    }
    this.sql.release.run();
    return outcome;
  }

  private apply(batch: Batch): Outcome {
    const thread = this.owned(batch);
    if (thread === "moved") return "moved";
    const { id: tid } = thread;
    if (batch.answer !== undefined) {
      this.take(tid, batch.thread, batch.answer.checkpoint, batch.answer.answer);
    }
    for (const { key, text } of batch.shapes) this.sql.addShape.run(key, text);
    for (const [id, data] of batch.values) this.sql.addValue.run(tid, id, data);
    for (const { list, position, base, items } of batch.lists) {
      if (this.sql.addSegment.run(tid, list, position, base ?? null, items).changes === 0)
        throw MOVED;
    }
    for (const { ns, id, head } of batch.checkpoints) this.sql.putCheckpoint.run(tid, ns, id, head);
    for (const { ns, checkpoint, data, pause } of batch.writes) {
      this.sql.addWrite.run({ tid, ns, checkpoint, data, pause: pause ?? null });
    }
    return { generation: thread.generation };
  }

  // The thread's row, after the checks of who may write: fence, and generation.
  private owned(batch: Batch): ThreadRow | "moved" {
    const now = Date.now();
    const row = this.sql.thread.get(batch.thread) as ThreadRow | undefined;
    if (batch.fence !== undefined) {
      const root =
        batch.root === batch.thread
          ? row
          : (this.sql.thread.get(batch.root) as ThreadRow | undefined);
      if (root === undefined)
        throw conflict(`Thread ${batch.root} was deleted while a run was writing to it.`);
      if (root.token > batch.fence) throw newerOwner(batch.root, root.token, batch.fence);
    }
    if (row === undefined) {
      if (batch.generation !== undefined) return "moved";
      return this.createThread(batch.thread, now, batch.graph);
    }
    if (batch.generation !== undefined && batch.generation !== row.generation) return "moved";
    const isNewGraph = batch.graph !== undefined && batch.graph !== row.graph;
    if (isNewGraph || now - row.touched > TOUCH_EVERY_MS) {
      this.sql.touch.run(now, batch.graph ?? row.graph, row.id);
    }
    return row;
  }

  private createThread(thread: string, now: number, graph: string | undefined): ThreadRow {
    const { value } = this.sql.reserve.get(1) as { value: number };
    const id = value - 1;
    this.sql.addThread.run(id, thread, id, now, graph ?? null);
    return { id, thread, generation: id, token: 0, touched: now, ttl: null, graph: graph ?? null };
  }

  private take(tid: number, thread: string, checkpoint: Buffer, answer: Answer): void {
    const pauses = this.sql.pauses.all(tid, checkpoint) as Pause[];
    const rows = this.sql.answers.all(tid, checkpoint) as ({ key: string } & Taken)[];
    const taken = takeAnswer(pauses, new Map(rows.map((row) => [row.key, row])), answer);
    if (taken === undefined) throw conflict(`The pause of thread ${thread} was answered already.`);
    for (const key of taken.keys) this.sql.putAnswer.run(tid, checkpoint, key, taken.at, answer.by);
  }

  async answer(thread: string, checkpoint: Buffer, answer: Answer): Promise<void> {
    this.answerNow(thread, checkpoint, answer);
  }

  /** The same, for use inside a transaction of the caller's on this handle. */
  answerNow(thread: string, checkpoint: Buffer, answer: Answer): void {
    this.run(() => {
      const row = this.sql.thread.get(thread) as ThreadRow | undefined;
      if (row === undefined) throw conflict(`Thread ${thread} was deleted.`);
      this.take(row.id, thread, checkpoint, answer);
    });
  }

  async acquire(root: string, token: number | undefined): Promise<number> {
    return this.acquireNow(root, token);
  }

  /** The same, for use inside a transaction of the caller's on this handle. */
  acquireNow(root: string, given?: number): number {
    return this.run(() => {
      const row =
        (this.sql.thread.get(root) as ThreadRow | undefined) ??
        this.createThread(root, Date.now(), undefined);
      const token = given ?? row.token + 1;
      if (token < row.token) throw newerOwner(root, row.token, token);
      this.sql.setToken.run(token, Date.now(), row.id);
      return token;
    });
  }

  async find(thread: string, ns: string, id: Buffer | undefined): Promise<FoundHead | undefined> {
    return this.read(() => {
      const row = (
        id === undefined ? this.sql.latest.get(thread, ns) : this.sql.exact.get(thread, ns, id)
      ) as HeadRow | undefined;
      return row === undefined
        ? undefined
        : { ...row, writes: this.writesOf(row.tid, row.ns, row.id) };
    });
  }

  private writesOf(tid: number, ns: string, id: Buffer): Buffer[] {
    return this.sql.writes.all(tid, ns, id) as Buffer[];
  }

  async page(query: HeadQuery): Promise<HeadRow[]> {
    return this.read(() => this.sql.page(query));
  }

  async writes(tid: number, keys: readonly { ns: string; id: Buffer }[]): Promise<Buffer[][]> {
    return this.read(() => keys.map(({ ns, id }) => this.writesOf(tid, ns, id)));
  }

  async lists(tid: number, lists: readonly number[]): Promise<ListRow[]> {
    const rows = this.read(() =>
      this.sql.lists.all({ tid, lists: JSON.stringify(lists) }),
    ) as (Omit<ListRow, "base"> & {
      base: number | null;
    })[];
    return rows.map((row) => ({ ...row, base: row.base ?? undefined }));
  }

  async values(tid: number, ids: readonly number[]): Promise<Map<number, Buffer>> {
    const rows = this.read(() => this.sql.values.all(tid, JSON.stringify(ids))) as [
      number,
      Buffer,
    ][];
    return new Map(rows);
  }

  async shapes(keys: readonly Buffer[]): Promise<(readonly [Buffer, string])[]> {
    return this.read(() =>
      keys.flatMap((key) => {
        const text = this.sql.shape.get(key) as string | undefined;
        return text === undefined ? [] : [[key, text] as const];
      }),
    );
  }

  async info(thread: string): Promise<ThreadInfo | undefined> {
    const row = this.read(() => this.sql.thread.get(thread)) as ThreadRow | undefined;
    if (row === undefined) return undefined;
    const graph = row.graph === null ? undefined : (JSON.parse(row.graph) as ThreadInfo["graph"]);
    return {
      thread,
      token: row.token,
      touched: new Date(row.touched),
      ttl: row.ttl ?? undefined,
      graph,
    };
  }

  async setTtl(thread: string, ttl: number | undefined): Promise<void> {
    this.run(() => {
      const row =
        (this.sql.thread.get(thread) as ThreadRow | undefined) ??
        this.createThread(thread, Date.now(), undefined);
      this.sql.setTtl.run(ttl ?? null, Date.now(), row.id);
    });
  }

  async deleteThread(thread: string): Promise<void> {
    if (this.waiting.length > 0) this.flushWaiting();
    const rows = this.read(() => this.sql.family.all(thread, `${thread}/`, `${thread}0`)) as {
      id: number;
    }[];
    await deleteThreads(
      this.database,
      rows.map(({ id }) => id),
    );
  }

  async threads(
    after: string,
    limit: number,
    prefix = "",
  ): Promise<{ tid: number; thread: string }[]> {
    const sql = `SELECT id AS tid, thread FROM cp_threads WHERE thread > ? AND substr(thread, 1, ?) = ? ORDER BY thread LIMIT ?`;
    return this.read(() =>
      this.database.prepare(sql).all(after, Array.from(prefix).length, prefix, limit),
    ) as { tid: number; thread: string }[];
  }

  async records(tid: number): Promise<ThreadRecords> {
    return this.read(() => recordsOf(this.database, tid));
  }

  async remove(removal: Removal): Promise<boolean> {
    if (this.waiting.length > 0) this.flushWaiting();
    return this.run(() => {
      const { value } = this.sql.reserve.get(1) as { value: number };
      return removeRecords(this.database, removal, value - 1);
    });
  }

  async copyThreads(names: readonly (readonly [from: string, to: string])[]): Promise<void> {
    if (this.waiting.length > 0) this.flushWaiting();
    this.run(() => {
      for (const [from, to] of names) {
        const source = this.sql.thread.get(from) as ThreadRow | undefined;
        if (source === undefined) throw conflict(`Thread ${from} does not exist.`);
        if (this.sql.thread.get(to) !== undefined) throw conflict(`Thread ${to} exists already.`);
        const target = this.createThread(to, Date.now(), source.graph ?? undefined);
        copyRecords(this.database, source.id, target.id);
      }
    });
  }

  async expired(now: Date, limit: number): Promise<string[]> {
    const sql = `SELECT thread FROM cp_threads r WHERE ttl IS NOT NULL AND touched + ttl < @now AND NOT EXISTS (
      SELECT 1 FROM cp_threads c WHERE c.thread > r.thread || '/' AND c.thread < r.thread || '0' AND c.touched + r.ttl >= @now)
      LIMIT @limit`;
    return this.read(() =>
      this.database.prepare(sql).pluck().all({ now: now.getTime(), limit }),
    ) as string[];
  }

  async emptyTrash(): Promise<void> {
    await emptyTrash(this.database);
  }

  async stats(): Promise<Stats> {
    return this.read(() => statsOf(this.database));
  }

  async reseal(tid: number, change: (bytes: Buffer, kind: RecordKind) => Buffer): Promise<void> {
    this.run(() => resealRecords(this.database, tid, change));
  }

  async close(): Promise<void> {
    if (this.waiting.length > 0) this.flushWaiting();
    if (this.ownsDatabase && this.database.open) this.database.close();
  }
}
