import type { Database, Statement } from "better-sqlite3";
import type { HeadQuery, HeadRow } from "../core/backend.ts";

const HEADS = `SELECT t.id AS tid, t.thread, t.generation, c.ns, c.id, c.head
  FROM cp_threads t JOIN cp_checkpoints c ON c.thread = t.id`;

type Prepared = Statement;

/** Every statement the backend runs, prepared once. */
export interface Statements {
  readonly begin: Prepared;
  readonly commit: Prepared;
  readonly rollback: Prepared;
  readonly savepoint: Prepared;
  readonly undo: Prepared;
  readonly release: Prepared;
  readonly reserve: Prepared;
  readonly thread: Prepared;
  readonly addThread: Prepared;
  readonly touch: Prepared;
  readonly setToken: Prepared;
  readonly setTtl: Prepared;
  readonly family: Prepared;
  readonly addShape: Prepared;
  readonly addValue: Prepared;
  readonly addSegment: Prepared;
  readonly putCheckpoint: Prepared;
  readonly addWrite: Prepared;
  readonly pauses: Prepared;
  readonly answers: Prepared;
  readonly putAnswer: Prepared;
  readonly latest: Prepared;
  readonly exact: Prepared;
  readonly writes: Prepared;
  readonly lists: Prepared;
  readonly values: Prepared;
  readonly shape: Prepared;
  readonly page: (query: HeadQuery) => HeadRow[];
}

// Which conditions a page has decides its text; there are few of them.
const pager = (database: Database): ((query: HeadQuery) => HeadRow[]) => {
  const prepared = new Map<string, Prepared>();
  return (query) => {
    const conditions = ["true"];
    const values: unknown[] = [];
    const when = (value: unknown, condition: string, ...given: unknown[]): void => {
      if (value === undefined) return;
      conditions.push(condition);
      values.push(...(given.length === 0 ? [value] : given));
    };
    when(query.thread, "t.thread = ?");
    when(query.ns, "c.ns = ?");
    when(query.id, "c.id = ?");
    when(query.before, "c.id < ?");
    const { after } = query;
    when(after, "(c.id, c.thread, c.ns) < (?, ?, ?)", after?.id, after?.tid, after?.ns);
    const sql = `${HEADS} WHERE ${conditions.join(" AND ")} ORDER BY c.id DESC, c.thread DESC, c.ns DESC LIMIT ?`;
    let statement = prepared.get(sql);
    if (statement === undefined) prepared.set(sql, (statement = database.prepare(sql)));
    return statement.all(...values, query.limit) as HeadRow[];
  };
};

export const prepareStatements = (database: Database): Statements => {
  const sql = (text: string): Prepared => database.prepare(text);
  return {
    begin: sql("BEGIN IMMEDIATE"),
    commit: sql("COMMIT"),
    rollback: sql("ROLLBACK"),
    savepoint: sql("SAVEPOINT batch"),
    undo: sql("ROLLBACK TO batch"),
    release: sql("RELEASE batch"),
    reserve: sql("UPDATE cp_counters SET value = value + ? WHERE name = 'id' RETURNING value"),
    thread: sql("SELECT * FROM cp_threads WHERE thread = ?"),
    addThread: sql(
      "INSERT INTO cp_threads (id, thread, generation, touched, graph) VALUES (?, ?, ?, ?, ?)",
    ),
    touch: sql("UPDATE cp_threads SET touched = ?, graph = ? WHERE id = ?"),
    setToken: sql("UPDATE cp_threads SET token = ?, touched = ? WHERE id = ?"),
    setTtl: sql("UPDATE cp_threads SET ttl = ?, touched = ? WHERE id = ?"),
    family: sql("SELECT id FROM cp_threads WHERE thread = ? OR (thread >= ? AND thread < ?)"),
    addShape: sql("INSERT OR IGNORE INTO cp_shapes VALUES (?, ?)"),
    addValue: sql("INSERT INTO cp_values VALUES (?, ?, ?)"),
    addSegment: sql("INSERT OR IGNORE INTO cp_lists VALUES (?, ?, ?, ?, ?)"),
    putCheckpoint: sql("INSERT OR REPLACE INTO cp_checkpoints VALUES (?, ?, ?, ?)"),
    addWrite: sql(
      `INSERT INTO cp_writes SELECT @tid, @ns, @checkpoint, coalesce(max(n), 0) + 1, @pause, @data
       FROM cp_writes WHERE thread = @tid AND ns = @ns AND checkpoint = @checkpoint`,
    ),
    pauses: sql(
      "SELECT n, pause FROM cp_writes WHERE thread = ? AND ns = '' AND checkpoint = ? AND pause IS NOT NULL ORDER BY n",
    ),
    answers: sql("SELECT key, at, by FROM cp_answers WHERE thread = ? AND checkpoint = ?"),
    putAnswer: sql("INSERT OR REPLACE INTO cp_answers VALUES (?, ?, ?, ?, ?)"),
    latest: sql(`${HEADS} WHERE t.thread = ? AND c.ns = ? ORDER BY c.id DESC LIMIT 1`),
    exact: sql(`${HEADS} WHERE t.thread = ? AND c.ns = ? AND c.id = ?`),
    writes: sql(
      "SELECT data FROM cp_writes WHERE thread = ? AND ns = ? AND checkpoint = ? ORDER BY n",
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
      "SELECT id, data FROM cp_values WHERE thread = ? AND id IN (SELECT value FROM json_each(?))",
    ).raw(),
    shape: sql("SELECT text FROM cp_shapes WHERE key = ?").pluck(),
    page: pager(database),
  };
};
