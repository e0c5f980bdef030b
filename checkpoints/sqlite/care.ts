// Maintenance of a thread's records in SQLite; all of it runs inside a transaction of the backend's.
import type { Database } from "better-sqlite3";
import type {
  HeadRow,
  ListRow,
  RecordKind,
  Removal,
  Stats,
  ThreadRecords,
} from "../core/backend.ts";

export const recordsOf = (database: Database, tid: number): ThreadRecords => {
  const all = (sql: string): unknown[] => database.prepare(sql).all(tid);
  const lists = all(
    "SELECT list, position, base, items FROM cp_lists WHERE thread = ? ORDER BY list, position",
  );
  return {
    heads: all(
      `SELECT t.id AS tid, t.thread, t.generation, c.ns, c.id, c.head FROM cp_threads t
       JOIN cp_checkpoints c ON c.thread = t.id WHERE t.id = ? ORDER BY c.ns, c.id`,
    ) as HeadRow[],
    writes: all(
      "SELECT ns, checkpoint, n, data FROM cp_writes WHERE thread = ? ORDER BY ns, checkpoint, n",
    ) as ThreadRecords["writes"],
    lists: (lists as (Omit<ListRow, "base"> & { base: number | null })[]).map((row) => ({
      ...row,
      base: row.base ?? undefined,
    })),
    valueIds: database
      .prepare("SELECT id FROM cp_values WHERE thread = ?")
      .pluck()
      .all(tid) as number[],
  };
};

const isUnchanged = (database: Database, { tid, seen, thread }: Removal): boolean => {
  const one = (sql: string): unknown => database.prepare(sql).pluck().get(tid);
  const [head] = seen.heads;
  const row = database
    .prepare("SELECT id, generation FROM cp_threads WHERE thread = ?")
    .get(thread) as { id: number; generation: number } | undefined;
  return (
    row?.id === tid &&
    (head === undefined || head.generation === row.generation) &&
    one("SELECT count(*) FROM cp_checkpoints WHERE thread = ?") === seen.heads.length &&
    one("SELECT count(*) FROM cp_writes WHERE thread = ?") === seen.writes.length &&
    one("SELECT count(*) FROM cp_values WHERE thread = ?") === seen.valueIds.length &&
    one("SELECT coalesce(sum(length(items)), 0) FROM cp_lists WHERE thread = ?") ===
      seen.lists.reduce((sum, { items }) => sum + items.length, 0)
  );
};

/** False when the thread changed since; the new generation tells writers to forget what they know. */
export const removeRecords = (
  database: Database,
  removal: Removal,
  generation: number,
): boolean => {
  if (!isUnchanged(database, removal)) return false;
  const { tid } = removal;
  database.prepare("UPDATE cp_threads SET generation = ? WHERE id = ?").run(generation, tid);
  const sql = (text: string) => database.prepare(text);
  const checkpoint = sql("DELETE FROM cp_checkpoints WHERE thread = ? AND ns = ? AND id = ?");
  const writes = sql("DELETE FROM cp_writes WHERE thread = ? AND ns = ? AND checkpoint = ?");
  const answers = sql("DELETE FROM cp_answers WHERE thread = ? AND checkpoint = ?");
  for (const { ns, id } of removal.checkpoints) {
    checkpoint.run(tid, ns, id);
    writes.run(tid, ns, id);
    if (ns === "") answers.run(tid, id);
  }
  const value = sql("DELETE FROM cp_values WHERE thread = ? AND id = ?");
  for (const id of removal.values) value.run(tid, id);
  const list = sql("DELETE FROM cp_lists WHERE thread = ? AND list = ?");
  for (const id of removal.lists) list.run(tid, id);
  return true;
};

export const copyRecords = (database: Database, from: number, to: number): void => {
  const columns: Readonly<Record<string, string>> = {
    cp_values: "id, data",
    cp_lists: "list, position, base, items",
    cp_checkpoints: "ns, id, head",
    cp_writes: "ns, checkpoint, n, pause, data",
    cp_answers: "checkpoint, key, at, by",
  };
  for (const [table, names] of Object.entries(columns)) {
    database
      .prepare(
        `INSERT INTO ${table} (thread, ${names}) SELECT ?, ${names} FROM ${table} WHERE thread = ?`,
      )
      .run(to, from);
  }
};

export const statsOf = (database: Database): Stats => {
  const count = (table: string): number =>
    database.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
  const pages = database.pragma("page_count", { simple: true }) as number;
  return {
    threads: count("cp_threads"),
    checkpoints: count("cp_checkpoints"),
    writes: count("cp_writes"),
    values: count("cp_values"),
    listSegments: count("cp_lists"),
    items: count("st_items"),
    bytes: pages * (database.pragma("page_size", { simple: true }) as number),
    schema: database.prepare("SELECT version FROM cp_schema").pluck().get() as number,
  };
};

const SEALED: readonly (readonly [table: string, key: string, column: string, kind: RecordKind])[] =
  [
    ["cp_values", "id", "data", "value"],
    ["cp_checkpoints", "ns, id", "head", "head"],
    ["cp_writes", "ns, checkpoint, n", "data", "write"],
  ];

export const resealRecords = (
  database: Database,
  tid: number,
  change: (bytes: Buffer, kind: RecordKind) => Buffer,
): void => {
  for (const [table, key, column, kind] of SEALED) {
    const rows = database
      .prepare(`SELECT ${column}, ${key} FROM ${table} WHERE thread = ?`)
      .raw()
      .all(tid) as [Buffer, ...unknown[]][];
    const places = key
      .split(", ")
      .map(() => "?")
      .join(", ");
    const update = database.prepare(
      `UPDATE ${table} SET ${column} = ? WHERE thread = ? AND (${key}) = (${places})`,
    );
    for (const [bytes, ...names] of rows) {
      const changed = change(bytes, kind);
      if (changed !== bytes) update.run(changed, tid, ...names);
    }
  }
};
