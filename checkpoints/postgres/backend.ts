// Records in PostgreSQL. What waits to be committed for one thread goes out as one call of cp_commit:
// one statement, one transaction, one round trip. Threads go in parallel.
import type { Pool, QueryResultRow } from "pg";
import type {
  Answer,
  Backend,
  Batch,
  FoundHead,
  HeadQuery,
  ListRow,
  Outcome,
  RecordKind,
  Removal,
  Stats,
  ThreadInfo,
  ThreadRecords,
} from "../core/backend.ts";
import { MOVED, isDeadConnection, postgresError } from "./connect.ts";
import { copyRecords, recordsOf, removeRecords, resealRecords, statsOf } from "./care.ts";
import { deleteThreads, emptyTrash } from "./delete-threads.ts";
import { continuedLists, planRows } from "./plan-rows.ts";
import { findHead, listsOf, pageOfHeads, valuesOf, writesOf, type Query } from "./read.ts";
import { segmentKey } from "./record.ts";

interface Waiting {
  readonly batch: Batch;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
}

interface Line {
  isRunning: boolean;
  readonly waiting: Waiting[];
}

const COMMIT = `SELECT cp_commit(${Array.from({ length: 21 }, (_, i) => `$${i + 1}`).join(", ")})::float8 AS generation`;

const orNull = <T>(items: readonly T[]): readonly T[] | null => (items.length === 0 ? null : items);

const parameters = (batch: Batch, isRelaxed: boolean): unknown[] => {
  const rows = planRows(batch);
  const continued = continuedLists(batch);
  return [
    batch.thread,
    batch.root,
    batch.fence ?? null,
    batch.generation ?? null,
    batch.graph ?? null,
    isRelaxed,
    orNull(batch.shapes.map(({ key }) => key)),
    orNull(batch.shapes.map(({ text }) => text)),
    continued.map(segmentKey),
    continued.map(({ position }) => position & 63),
    rows.map(({ vals }) => vals ?? null),
    rows.map(({ lists }) => lists ?? null),
    rows.map(({ ns }) => ns ?? null),
    rows.map(({ id }) => id ?? null),
    rows.map(({ target }) => target ?? null),
    rows.map(({ mark }) => mark ?? null),
    rows.map(({ data }) => data),
    batch.answer?.checkpoint ?? null,
    batch.answer?.answer.ids ?? null,
    batch.answer?.answer.by ?? null,
    batch.answer?.answer.isIdle ?? false,
  ];
};

// The same owner, and no answer that could be refused: then one fate is right for both.
const fits = (a: Batch, b: Batch): boolean =>
  a.fence === b.fence &&
  a.graph === b.graph &&
  a.answer === undefined &&
  b.answer === undefined &&
  (b.generation === undefined || a.generation === undefined || a.generation === b.generation);

// Of one checkpoint that is written twice the later head stays.
const lastOfEach = (checkpoints: Batch["checkpoints"]): Batch["checkpoints"] => [
  ...new Map(
    checkpoints.map((item) => [`${item.ns} ${item.id.toString("latin1")}`, item]),
  ).values(),
];

const merge = (batches: readonly Batch[]): Batch => {
  const [first] = batches;
  if (first === undefined || batches.length === 1) return first as Batch;
  return {
    ...first,
    generation: batches.find(({ generation }) => generation !== undefined)?.generation,
    shapes: batches.flatMap(({ shapes }) => shapes),
    values: batches.flatMap(({ values }) => values),
    lists: batches.flatMap(({ lists }) => lists),
    checkpoints: lastOfEach(batches.flatMap(({ checkpoints }) => checkpoints)),
    writes: batches.flatMap(({ writes }) => writes),
  };
};

export class PostgresBackend implements Backend {
  readonly pool: Pool;
  // A segment costs no row of its own here, and a longer end makes every checkpoint larger.
  readonly tail = 1;
  private readonly isRelaxed: boolean;
  private readonly lines = new Map<string, Line>();
  private inFlight = 0;
  private onIdle: (() => void) | undefined;

  constructor(pool: Pool, isRelaxed: boolean) {
    this.pool = pool;
    this.isRelaxed = isRelaxed;
  }

  // A connection that died while it was idle is only noticed when it is used. What reads, or reserves
  // numbers, may simply be repeated; a commit may not, since it may have happened.
  private readonly query: Query = async <Row extends QueryResultRow>(
    text: string,
    values: unknown[],
  ): Promise<Row[]> => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return (await this.pool.query<Row>(text, values)).rows;
      } catch (error) {
        if (attempt >= (this.pool.options.max ?? 10) || !isDeadConnection(error))
          throw postgresError(error);
      }
    }
  };

  async reserve(count: number): Promise<number> {
    const rows = await this.query<{ value: number }>(
      "UPDATE cp_counters SET value = value + $1 WHERE name = 'id' RETURNING (value - $1)::float8 AS value",
      [count],
    );
    return rows[0]?.value ?? 0;
  }

  commit(batch: Batch): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      let line = this.lines.get(batch.thread);
      if (line === undefined)
        this.lines.set(batch.thread, (line = { isRunning: false, waiting: [] }));
      line.waiting.push({ batch, resolve, reject });
      if (line.isRunning) return;
      line.isRunning = true;
      this.inFlight += 1;
      setImmediate(() => void this.drain(batch.thread, line));
    });
  }

  private async drain(thread: string, line: Line): Promise<void> {
    while (line.waiting.length > 0) {
      const [first] = line.waiting;
      let count = 1;
      while (
        count < line.waiting.length &&
        fits(first?.batch as Batch, line.waiting[count]?.batch as Batch)
      )
        count += 1;
      const isDone = await this.send(line.waiting.splice(0, count));
      // what follows may rest on values of what failed, and is built anew
      if (!isDone) for (const { resolve } of line.waiting.splice(0)) resolve("moved");
    }
    line.isRunning = false;
    this.lines.delete(thread);
    this.inFlight -= 1;
    if (this.inFlight === 0) this.onIdle?.();
  }

  private async send(group: readonly Waiting[]): Promise<boolean> {
    try {
      const values = parameters(merge(group.map(({ batch }) => batch)), this.isRelaxed);
      const { rows } = await this.pool.query<{ generation: number | null }>(COMMIT, values);
      const generation = rows[0]?.generation ?? null;
      for (const { resolve } of group) resolve(generation === null ? "moved" : { generation });
      return generation !== null;
    } catch (error) {
      const hasMoved = (error as { code?: string }).code === MOVED;
      for (const { resolve, reject } of group) {
        if (hasMoved) resolve("moved");
        else reject(postgresError(error));
      }
      return false;
    }
  }

  find(thread: string, ns: string, id: Buffer | undefined): Promise<FoundHead | undefined> {
    return findHead(this.query, thread, ns, id);
  }

  page(query: HeadQuery): Promise<FoundHead[]> {
    return pageOfHeads(this.query, query);
  }

  writes(tid: number, keys: readonly { ns: string; id: Buffer }[]): Promise<Buffer[][]> {
    return writesOf(this.query, tid, keys);
  }

  lists(tid: number, lists: readonly number[]): Promise<ListRow[]> {
    return listsOf(this.query, tid, lists);
  }

  values(tid: number, ids: readonly number[]): Promise<Map<number, Buffer>> {
    return valuesOf(this.query, tid, ids);
  }

  async shapes(keys: readonly Buffer[]): Promise<(readonly [Buffer, string])[]> {
    const rows = await this.query<{ key: Buffer; text: string }>(
      "SELECT key, text FROM cp_shapes WHERE key = ANY ($1::bytea[])",
      [keys],
    );
    return rows.map(({ key, text }) => [key, text] as const);
  }

  async acquire(root: string, token: number | undefined): Promise<number> {
    const rows = await this.query<{ token: number }>("SELECT cp_acquire($1, $2)::float8 AS token", [
      root,
      token ?? null,
    ]);
    return rows[0]?.token ?? 0;
  }

  async answer(thread: string, checkpoint: Buffer, answer: Answer): Promise<void> {
    // the same answerer may claim twice, so this may be repeated too
    await this.query("SELECT cp_answer($1, $2, $3, $4)", [
      thread,
      checkpoint,
      answer.ids ?? null,
      answer.by,
    ]);
  }

  async info(thread: string): Promise<ThreadInfo | undefined> {
    const rows = await this.query<{
      token: number;
      touched: Date;
      ttl: number | null;
      graph: string | null;
    }>(
      "SELECT token::float8 AS token, touched, ttl::float8 AS ttl, graph FROM cp_threads WHERE thread = $1",
      [thread],
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    const graph = row.graph === null ? undefined : (JSON.parse(row.graph) as ThreadInfo["graph"]);
    return { thread, token: row.token, touched: row.touched, ttl: row.ttl ?? undefined, graph };
  }

  async setTtl(thread: string, ttl: number | undefined): Promise<void> {
    await this.query(
      `INSERT INTO cp_threads (id, thread, generation, ttl)
         SELECT n, $1, n, $2 FROM (SELECT nextval('cp_numbers') AS n) s
       ON CONFLICT (thread) DO UPDATE SET ttl = EXCLUDED.ttl, touched = now()`,
      [thread, ttl ?? null],
    );
  }

  async deleteThread(thread: string): Promise<void> {
    const rows = await this.query<{ id: number }>(
      `SELECT id::float8 AS id FROM cp_threads WHERE thread = $1 OR (thread >= $2 AND thread < $3)`,
      [thread, `${thread}/`, `${thread}0`],
    );
    try {
      await deleteThreads(
        this.pool,
        rows.map(({ id }) => id),
      );
    } catch (error) {
      throw postgresError(error);
    }
  }

  private async guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw postgresError(error);
    }
  }

  async threads(
    after: string,
    limit: number,
    prefix = "",
  ): Promise<{ tid: number; thread: string }[]> {
    return this.query<{ tid: number; thread: string }>(
      `SELECT id::float8 AS tid, thread FROM cp_threads WHERE thread > $1 AND starts_with(thread, $2) ORDER BY thread LIMIT $3`,
      [after, prefix, limit],
    );
  }

  async records(tid: number): Promise<ThreadRecords> {
    return this.guarded(() => recordsOf(this.pool, tid));
  }

  async remove(removal: Removal): Promise<boolean> {
    return this.guarded(() => removeRecords(this.pool, removal));
  }

  async copyThreads(names: readonly (readonly [from: string, to: string])[]): Promise<void> {
    await this.guarded(() => copyRecords(this.pool, names));
  }

  async expired(now: Date, limit: number): Promise<string[]> {
    const rows = await this.query<{ thread: string }>(
      `SELECT thread FROM cp_threads r WHERE ttl IS NOT NULL AND touched < $1::timestamptz - ttl * interval '1 millisecond'
         AND NOT EXISTS (SELECT FROM cp_threads c WHERE c.thread > r.thread || '/' AND c.thread < r.thread || '0'
           AND c.touched >= $1::timestamptz - r.ttl * interval '1 millisecond') LIMIT $2`,
      [now, limit],
    );
    return rows.map(({ thread }) => thread);
  }

  async emptyTrash(): Promise<void> {
    await this.guarded(() => emptyTrash(this.pool));
  }

  async stats(): Promise<Stats> {
    return this.guarded(() => statsOf(this.pool));
  }

  async reseal(tid: number, change: (bytes: Buffer, kind: RecordKind) => Buffer): Promise<void> {
    await this.guarded(() => resealRecords(this.pool, tid, change));
  }

  async close(): Promise<void> {
    if (this.inFlight > 0) await new Promise<void>((resolve) => (this.onIdle = resolve));
    await this.pool.end();
  }
}
