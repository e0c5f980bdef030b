// The statements that read, prepared once.
import type { Database, Statement } from "better-sqlite3";
import type { HeadQuery, HeadRow } from "../core/backend.ts";
import { keyOf, valueOf } from "./value-key.ts";

const HEADS = `SELECT t.id AS tid, t.thread, t.generation, r.ns, r.checkpoint AS id, r.data AS head
  FROM cp_threads t JOIN cp_records r ON r.thread = t.id AND r.n = 0`;

// Text is handed out as such: a string costs a fraction of a buffer.
const VALUE = `CASE WHEN substr(data, 1, 1) IN (x'01', x'02') THEN CAST(data AS TEXT) ELSE data END`;

export interface Reads {
  readonly family: Statement;
  readonly latest: Statement;
  readonly exact: Statement;
  readonly writes: Statement;
  readonly lists: Statement;
  readonly values: Statement;
  readonly valuesBetween: Statement;
  readonly shape: Statement;
  readonly threads: Statement;
  readonly expired: Statement;
  readonly page: (query: HeadQuery) => HeadRow[];
}

// Which conditions a page has decides its text; there are few of them.
const pager = (database: Database): ((query: HeadQuery) => HeadRow[]) => {
  const prepared = new Map<string, Statement>();
  return (query) => {
    const conditions = ["true"];
    const values: unknown[] = [];
    const when = (value: unknown, condition: string, ...given: unknown[]): void => {
      if (value === undefined) return;
      conditions.push(condition);
      values.push(...(given.length === 0 ? [value] : given));
    };
    when(query.thread, "t.thread = ?");
    when(query.ns, "r.ns = ?");
    when(query.id, "r.checkpoint = ?");
    when(query.before, "r.checkpoint < ?");
    const { after } = query;
    when(after, "(r.checkpoint, r.thread, r.ns) < (?, ?, ?)", after?.id, after?.tid, after?.ns);
    const sql = `${HEADS} WHERE ${conditions.join(" AND ")} ORDER BY r.checkpoint DESC, r.thread DESC, r.ns DESC LIMIT ?`;
    let statement = prepared.get(sql);
    if (statement === undefined) prepared.set(sql, (statement = database.prepare(sql)));
    return statement.all(...values, query.limit) as HeadRow[];
  };
};

export const prepareReads = (database: Database): Reads => {
  const sql = (text: string): Statement => database.prepare(text);
  return {
    family: sql(
      "SELECT id FROM cp_threads WHERE thread = ? OR (thread >= ? AND thread < ?)",
    ).pluck(),
    latest: sql(`${HEADS} WHERE t.thread = ? AND r.ns = ? ORDER BY r.checkpoint DESC LIMIT 1`),
    exact: sql(`${HEADS} WHERE t.thread = ? AND r.ns = ? AND r.checkpoint = ?`),
    writes: sql(
      "SELECT data FROM cp_records WHERE thread = ? AND ns = ? AND checkpoint = ? AND n > 0 ORDER BY n",
    ).pluck(),
    lists: sql(
      `WITH RECURSIVE wanted(list) AS (
         SELECT value FROM json_each(@lists)
         UNION SELECT l.base FROM wanted w JOIN cp_lists l
           ON l.thread = @tid AND l.list = w.list AND l.base IS NOT NULL)
       SELECT l.list, l.position, l.base, l.items FROM wanted w
         JOIN cp_lists l ON l.thread = @tid AND l.list = w.list ORDER BY l.list, l.position`,
    ),
    values: sql(
      `SELECT ${valueOf("id")}, ${VALUE} FROM cp_values
       WHERE id IN (SELECT ${keyOf("?", "value")} FROM json_each(?))`,
    ).raw(),
    valuesBetween: sql(
      `SELECT ${valueOf("id")}, ${VALUE} FROM cp_values
       WHERE id BETWEEN ${keyOf("@tid", "@first")} AND ${keyOf("@tid", "@last")} LIMIT @limit`,
    ).raw(),
    shape: sql("SELECT text FROM cp_shapes WHERE key = ?").pluck(),
    threads: sql(
      `SELECT id AS tid, thread FROM cp_threads
       WHERE thread > ? AND substr(thread, 1, ?) = ? ORDER BY thread LIMIT ?`,
    ),
    expired: sql(
      `SELECT thread FROM cp_threads r WHERE ttl IS NOT NULL AND touched + ttl < @now AND NOT EXISTS (
         SELECT 1 FROM cp_threads c WHERE c.thread > r.thread || '/' AND c.thread < r.thread || '0'
           AND c.touched + r.ttl >= @now) LIMIT @limit`,
    ).pluck(),
    page: pager(database),
  };
};
