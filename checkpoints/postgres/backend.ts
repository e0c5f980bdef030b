// Records in PostgreSQL. What waits to be committed for one thread goes out as one call of cp_commit:
// one statement, one transaction, one round trip. Threads go in parallel.
import type { Pool, QueryResultRow } from "pg";
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
import { MOVED, isDeadConnection, postgresError } from "./connect.ts";
import { copyRecords, recordsOf, removeRecords, resealRecords, statsOf } from "./care.ts";
import { deleteThreads, emptyTrash } from "./delete-threads.ts";

interface Waiting {
  readonly batch: Batch;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
}

interface Line {
  isRunning: boolean;
  readonly waiting: Waiting[];
}

const COMMIT = `SELECT cp_commit(${Array.from({ length: 26 }, (_, i) => `$${i + 1}`).join(", ")})::float8 AS generation`;

const orNull = <T>(items: readonly T[]): readonly T[] | null => (items.length === 0 ? null : items);

const parameters = (batch: Batch, isRelaxed: boolean): unknown[] => [
  batch.thread,
  batch.root,
  batch.fence ?? null,
  batch.generation ?? null,
  batch.graph ?? null,
  isRelaxed,
  orNull(batch.shapes.map(({ key }) => key)),
  orNull(batch.shapes.map(({ text }) => text)),
  orNull(batch.values.map(([id]) => id)),
  orNull(batch.values.map(([, data]) => data)),
  orNull(batch.lists.map(({ list }) => list)),
  orNull(batch.lists.map(({ position }) => position)),
  orNull(batch.lists.map(({ base }) => base ?? null)),
  orNull(batch.lists.map(({ items }) => items)),
  orNull(batch.lists.map(() => null)),
  orNull(batch.checkpoints.map(({ ns }) => ns)),
  orNull(batch.checkpoints.map(({ id }) => id)),
  orNull(batch.checkpoints.map(({ head }) => head)),
  orNull(batch.writes.map(({ ns }) => ns)),
  orNull(batch.writes.map(({ checkpoint }) => checkpoint)),
  orNull(batch.writes.map(({ data }) => data)),
  orNull(batch.writes.map(({ pause }) => pause ?? null)),
  batch.answer?.checkpoint ?? null,
  batch.answer?.answer.ids ?? null,
  batch.answer?.answer.by ?? null,
  batch.answer?.answer.isIdle ?? false,
];

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

const HEADS = `SELECT t.id::float8 AS tid, t.thread, t.generation::float8 AS generation, c.ns, c.id, c.head`;
const WRITES = `coalesce((SELECT json_agg(encode(w.data, 'base64') ORDER BY w.n) FROM cp_writes w
  WHERE w.thread = c.thread AND w.ns = c.ns AND w.checkpoint = c.id), '[]'::json) AS writes`;

const fromBase64 = (texts: readonly string[]): Buffer[] =>
  texts.map((text) => Buffer.from(text, "base64"));

export class PostgresBackend implements Backend {
  readonly pool: Pool;
  // An updated row leaves a dead one behind: rows are only added, or filled up a few times.
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
  private async query<Row extends QueryResultRow>(text: string, values: unknown[]): Promise<Row[]> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return (await this.pool.query<Row>(text, values)).rows;
      } catch (error) {
        if (attempt >= (this.pool.options.max ?? 10) || !isDeadConnection(error))
          throw postgresError(error);
      }
    }
  }

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

  async find(thread: string, ns: string, id: Buffer | undefined): Promise<FoundHead | undefined> {
    const rows = await this.query<HeadRow & { writes: string[] }>(
      `${HEADS}, ${WRITES} FROM cp_threads t JOIN cp_checkpoints c ON c.thread = t.id
       WHERE t.thread = $1 AND c.ns = $2 ${id === undefined ? "" : "AND c.id = $3"} ORDER BY c.id DESC LIMIT 1`,
      id === undefined ? [thread, ns] : [thread, ns, id],
    );
    const [row] = rows;
    return row === undefined ? undefined : { ...row, writes: fromBase64(row.writes) };
  }

  async page(query: HeadQuery): Promise<HeadRow[]> {
    const conditions = ["true"];
    const values: unknown[] = [];
    const when = (value: unknown, condition: (place: string) => string): void => {
      if (value === undefined) return;
      values.push(value);
      conditions.push(condition(`$${values.length}`));
    };
    when(query.thread, (place) => `t.thread = ${place}`);
    when(query.ns, (place) => `c.ns = ${place}`);
    when(query.id, (place) => `c.id = ${place}`);
    when(query.before, (place) => `c.id < ${place}`);
    if (query.after !== undefined) {
      const { id, tid, ns } = query.after;
      values.push(id, tid, ns);
      const at = values.length;
      conditions.push(`(c.id, c.thread, c.ns) < ($${at - 2}, $${at - 1}, $${at})`);
    }
    values.push(query.limit);
    return this.query<HeadRow>(
      `${HEADS} FROM cp_threads t JOIN cp_checkpoints c ON c.thread = t.id WHERE ${conditions.join(" AND ")}
       ORDER BY c.id DESC, c.thread DESC, c.ns DESC LIMIT $${values.length}`,
      values,
    );
  }

  async writes(tid: number, keys: readonly { ns: string; id: Buffer }[]): Promise<Buffer[][]> {
    const rows = await this.query<{ writes: string[] }>(
      `SELECT ${WRITES} FROM unnest($2::text[], $3::bytea[]) WITH ORDINALITY k(ns, id, place)
         CROSS JOIN LATERAL (SELECT $1::bigint AS thread, k.ns, k.id) c ORDER BY k.place`,
      [tid, keys.map(({ ns }) => ns), keys.map(({ id }) => id)],
    );
    return rows.map(({ writes }) => fromBase64(writes));
  }

  async lists(tid: number, lists: readonly number[]): Promise<ListRow[]> {
    const rows = await this.query<{ rows: [number, number, number | null, string][] | null }>(
      `WITH RECURSIVE wanted(list) AS (
         SELECT unnest($2::bigint[])
         UNION SELECT l.base FROM wanted w JOIN cp_lists l ON l.thread = $1 AND l.list = w.list AND l.base IS NOT NULL)
       SELECT json_agg(json_build_array(l.list, l.position, l.base, encode(l.items, 'base64')) ORDER BY l.list, l.position) AS rows
       FROM wanted w JOIN cp_lists l ON l.thread = $1 AND l.list = w.list`,
      [tid, lists],
    );
    return (rows[0]?.rows ?? []).map(([list, position, base, items]) => ({
      list,
      position,
      base: base ?? undefined,
      items: Buffer.from(items, "base64"),
    }));
  }

  // One row for all values: parsing a thousand rows of hex would cost more than the query.
  async values(tid: number, ids: readonly number[]): Promise<Map<number, Buffer>> {
    const rows = await this.query<{ ids: string | null; sizes: string; data: string }>(
      `SELECT json_agg(id)::text AS ids, json_agg(length(data))::text AS sizes, encode(string_agg(data, ''::bytea), 'base64') AS data
       FROM (SELECT id, data FROM cp_values WHERE thread = $1 AND id = ANY ($2::bigint[]) ORDER BY id) v`,
      [tid, ids],
    );
    const result = new Map<number, Buffer>();
    const [row] = rows;
    if (row === undefined || row.ids === null) return result;
    const sizes = JSON.parse(row.sizes) as number[];
    const data = Buffer.from(row.data, "base64");
    let position = 0;
    for (const [i, id] of (JSON.parse(row.ids) as number[]).entries()) {
      const end = position + (sizes[i] ?? 0);
      result.set(id, data.subarray(position, end));
      position = end;
    }
    return result;
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
