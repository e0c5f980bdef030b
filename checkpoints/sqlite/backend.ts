// Records in SQLite: what the port asks for, over the parts beside this file.
import type { Database } from "better-sqlite3";
import { conflict, newerOwner } from "../core/answers.ts";
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
import type { Encoded } from "../serializer/serializer.ts";
import { BatchWriter } from "./batch-writer.ts";
import { copyRecords, recordsOf, removeRecords, resealRecords, statsOf } from "./care.ts";
import { sqliteError } from "./connect.ts";
import { deleteThreads, emptyTrash } from "./delete-threads.ts";
import { GroupCommit } from "./group-commit.ts";
import { prepareReads, type Reads } from "./reads.ts";
import { migrate } from "./schema.ts";
import { ThreadRows } from "./thread-rows.ts";
import { Transactions } from "./transactions.ts";

export class SqliteBackend implements Backend {
  readonly database: Database;
  // A step that appends then writes a checkpoint and nothing else, seven times of eight.
  readonly tail = 8;
  private readonly ownsDatabase: boolean;
  private readonly transactions: Transactions;
  private readonly threadRows: ThreadRows;
  private readonly writer: BatchWriter;
  private readonly group: GroupCommit;
  private readonly reads: Reads;

  constructor(database: Database, ownsDatabase: boolean) {
    this.database = database;
    this.ownsDatabase = ownsDatabase;
    try {
      migrate(database);
    } catch (error) {
      throw sqliteError(error);
    }
    this.transactions = new Transactions(database);
    this.threadRows = new ThreadRows(database);
    this.writer = new BatchWriter(database, this.threadRows);
    this.group = new GroupCommit(database, this.transactions, this.writer);
    this.reads = prepareReads(database);
  }

  private run<T>(work: () => T): T {
    return this.transactions.run(work);
  }

  private read<T>(work: () => T): T {
    return this.transactions.read(work);
  }

  async reserve(count: number): Promise<number> {
    return this.run(() => this.threadRows.reserve(count));
  }

  commit(batch: Batch): Promise<Outcome> {
    return this.group.commit(batch);
  }

  commitNow(batch: Batch): Outcome {
    return this.group.commitNow(batch);
  }

  /** Runs the work of others on this handle within the next commit; ends when that is durable. */
  join(work: () => void): Promise<void> {
    return this.group.join(work);
  }

  async answer(thread: string, checkpoint: Buffer, answer: Answer): Promise<void> {
    this.answerNow(thread, checkpoint, answer);
  }

  /** The same, for use inside a transaction of the caller's on this handle. */
  answerNow(thread: string, checkpoint: Buffer, answer: Answer): void {
    this.run(() => {
      const row = this.threadRows.get(thread);
      if (row === undefined) throw conflict(`Thread ${thread} was deleted.`);
      this.writer.take(row.id, thread, checkpoint, answer);
    });
  }

  async acquire(root: string, token: number | undefined): Promise<number> {
    let taken: number | Error | undefined;
    await this.group.join(() => {
      taken = this.take(root, token);
    });
    if (taken instanceof Error) throw taken;
    return taken as number;
  }

  /** The same, for use inside a transaction of the caller's on this handle. */
  acquireNow(root: string, given?: number): number {
    return this.run(() => {
      const taken = this.take(root, given);
      if (taken instanceof Error) throw taken;
      return taken;
    });
  }

  // A refusal is no throw: it must not undo what is committed with it.
  private take(root: string, given: number | undefined): number | Error {
    const row = this.threadRows.getOrCreate(root);
    const token = given ?? row.token + 1;
    if (token < row.token) return newerOwner(root, row.token, token);
    this.threadRows.setToken(row, token);
    return token;
  }

  async find(thread: string, ns: string, id: Buffer | undefined): Promise<FoundHead | undefined> {
    return this.read(() => {
      const { latest, exact } = this.reads;
      const row = (id === undefined ? latest.get(thread, ns) : exact.get(thread, ns, id)) as
        | HeadRow
        | undefined;
      if (row === undefined) return undefined;
      return { ...row, writes: this.writesOf(row.tid, row.ns, row.id) };
    });
  }

  private writesOf(tid: number, ns: string, id: Buffer): Buffer[] {
    return this.reads.writes.all(tid, ns, id) as Buffer[];
  }

  async page(query: HeadQuery): Promise<HeadRow[]> {
    return this.read(() => this.reads.page(query));
  }

  async writes(tid: number, keys: readonly { ns: string; id: Buffer }[]): Promise<Buffer[][]> {
    return this.read(() => keys.map(({ ns, id }) => this.writesOf(tid, ns, id)));
  }

  async lists(tid: number, lists: readonly number[]): Promise<ListRow[]> {
    const rows = this.read(() =>
      this.reads.lists.all({ tid, lists: JSON.stringify(lists) }),
    ) as (Omit<ListRow, "base"> & { base: number | null })[];
    return rows.map((row) => ({ ...row, base: row.base ?? undefined }));
  }

  // The values of one list mostly lie side by side: then one walk finds them. It ends when it meets
  // too much that was not asked for, and the rest is looked up one by one.
  async values(tid: number, ids: readonly number[]): Promise<Map<number, Encoded>> {
    type Row = [id: number, data: Encoded];
    return this.read(() => {
      const found = new Map<number, Encoded>();
      let missing = ids;
      if (ids.length >= 16) {
        const limit = ids.length + (ids.length >> 2);
        const [first, last] = bounds(ids);
        const wanted = new Set(ids);
        for (const [id, data] of this.reads.valuesBetween.all({ tid, first, last, limit }) as Row[])
          if (wanted.has(id)) found.set(id, data);
        missing = ids.filter((id) => !found.has(id));
      }
      if (missing.length === 0) return found;
      for (const [id, data] of this.reads.values.all(tid, JSON.stringify(missing)) as Row[])
        found.set(id, data);
      return found;
    });
  }

  async shapes(keys: readonly Buffer[]): Promise<(readonly [Buffer, string])[]> {
    return this.read(() =>
      keys.flatMap((key) => {
        const text = this.reads.shape.get(key) as string | undefined;
        return text === undefined ? [] : [[key, text] as const];
      }),
    );
  }

  async info(thread: string): Promise<ThreadInfo | undefined> {
    const row = this.read(() => this.threadRows.get(thread));
    if (row === undefined) return undefined;
    const graph = row.graph === null ? undefined : (JSON.parse(row.graph) as ThreadInfo["graph"]);
    const touched = new Date(row.touched);
    return { thread, token: row.token, touched, ttl: row.ttl ?? undefined, graph };
  }

  async setTtl(thread: string, ttl: number | undefined): Promise<void> {
    this.run(() => this.threadRows.setTtl(this.threadRows.getOrCreate(thread), ttl));
  }

  async deleteThread(thread: string): Promise<void> {
    this.group.flush();
    const tids = this.read(() =>
      this.reads.family.all(thread, `${thread}/`, `${thread}0`),
    ) as number[];
    await deleteThreads(this.database, tids);
  }

  async threads(
    after: string,
    limit: number,
    prefix = "",
  ): Promise<{ tid: number; thread: string }[]> {
    const length = Array.from(prefix).length;
    return this.read(() => this.reads.threads.all(after, length, prefix, limit)) as {
      tid: number;
      thread: string;
    }[];
  }

  async records(tid: number): Promise<ThreadRecords> {
    return this.read(() => recordsOf(this.database, tid));
  }

  async remove(removal: Removal): Promise<boolean> {
    this.group.flush();
    return this.run(() => removeRecords(this.database, removal, this.threadRows.nextGeneration()));
  }

  async copyThreads(names: readonly (readonly [from: string, to: string])[]): Promise<void> {
    this.group.flush();
    this.run(() => {
      for (const [from, to] of names) {
        const source = this.threadRows.get(from);
        if (source === undefined) throw conflict(`Thread ${from} does not exist.`);
        if (this.threadRows.get(to) !== undefined) throw conflict(`Thread ${to} exists already.`);
        const target = this.threadRows.create(to, source.graph ?? undefined);
        copyRecords(this.database, source.id, target.id);
      }
    });
  }

  async expired(now: Date, limit: number): Promise<string[]> {
    return this.read(() => this.reads.expired.all({ now: now.getTime(), limit })) as string[];
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
    this.group.flush();
    if (this.ownsDatabase && this.database.open) this.database.close();
  }
}

const bounds = (ids: readonly number[]): [first: number, last: number] => {
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const id of ids) {
    if (id < first) first = id;
    if (id > last) last = id;
  }
  return [first, last];
};
