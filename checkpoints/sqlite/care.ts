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
import { isOfThread, keyOf, valueOf } from "./value-key.ts";

export const recordsOf = (database: Database, tid: number): ThreadRecords => {
  const all = (sql: string): unknown[] => database.prepare(sql).all(tid);
  const lists = all(
    "SELECT list, position, base, items FROM cp_lists WHERE thread = ? ORDER BY list, position",
  );
  return {
    heads: all(
      `SELECT t.id AS tid, t.thread, t.generation, r.ns, r.checkpoint AS id, r.data AS head FROM cp_threads t
       JOIN cp_records r ON r.thread = t.id WHERE t.id = ? AND r.n = 0 ORDER BY r.ns, r.checkpoint`,
    ) as HeadRow[],
    writes: all(
      "SELECT ns, checkpoint, n, data FROM cp_records WHERE thread = ? AND n > 0 ORDER BY ns, checkpoint, n",
    ) as ThreadRecords["writes"],
    lists: (lists as (Omit<ListRow, "base"> & { base: number | null })[]).map((row) => ({
      ...row,
      base: row.base ?? undefined,
    })),
    valueIds: database
      .prepare(`SELECT ${valueOf("id")} FROM cp_values WHERE ${isOfThread("id", "@tid")}`)
      .pluck()
      .all({ tid }) as number[],
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
    one("SELECT count(*) FROM cp_records WHERE thread = ? AND n = 0") === seen.heads.length &&
    one("SELECT count(*) FROM cp_records WHERE thread = ? AND n > 0") === seen.writes.length &&
    database
      .prepare(`SELECT count(*) FROM cp_values WHERE ${isOfThread("id", "@tid")}`)
      .pluck()
      .get({ tid }) === seen.valueIds.length &&
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
  const records = sql("DELETE FROM cp_records WHERE thread = ? AND ns = ? AND checkpoint = ?");
  const answers = sql("DELETE FROM cp_answers WHERE thread = ? AND checkpoint = ?");
  for (const { ns, id } of removal.checkpoints) {
    records.run(tid, ns, id);
    if (ns === "") answers.run(tid, id);
  }
  const value = sql(`DELETE FROM cp_values WHERE id = ${keyOf("?", "?")}`);
  for (const id of removal.values) value.run(tid, id);
  const list = sql("DELETE FROM cp_lists WHERE thread = ? AND list = ?");
  for (const id of removal.lists) list.run(tid, id);
  return true;
};

export const copyRecords = (database: Database, from: number, to: number): void => {
  const columns: Readonly<Record<string, string>> = {
    cp_lists: "list, position, base, items",
    cp_records: "ns, checkpoint, n, pause, data",
    cp_answers: "checkpoint, key, at, by",
  };
  for (const [table, names] of Object.entries(columns)) {
    database
      .prepare(
        `INSERT INTO ${table} (thread, ${names}) SELECT ?, ${names} FROM ${table} WHERE thread = ?`,
      )
      .run(to, from);
  }
  database
    .prepare(
      `INSERT INTO cp_values (id, data) SELECT ${keyOf("@to", valueOf("id"))}, data FROM cp_values
       WHERE ${isOfThread("id", "@from")}`,
    )
    .run({ from, to });
};

export const statsOf = (database: Database): Stats => {
  const count = (rows: string): number =>
    database.prepare(`SELECT count(*) FROM ${rows}`).pluck().get() as number;
  const pages = database.pragma("page_count", { simple: true }) as number;
  return {
    threads: count("cp_threads"),
    checkpoints: count("cp_records WHERE n = 0"),
    writes: count("cp_records WHERE n > 0"),
    values: count("cp_values"),
    listSegments: count("cp_lists"),
    items: count("st_items"),
    bytes: pages * (database.pragma("page_size", { simple: true }) as number),
    schema: database.prepare("SELECT version FROM cp_schema").pluck().get() as number,
  };
};

export const resealRecords = (
  database: Database,
  tid: number,
  change: (bytes: Buffer, kind: RecordKind) => Buffer,
): void => {
  const ownValues = isOfThread("id", "@tid");
  const values = database.prepare(`SELECT id, data FROM cp_values WHERE ${ownValues}`);
  const setValue = database.prepare("UPDATE cp_values SET data = ? WHERE id = ?");
  for (const [id, data] of values.raw().safeIntegers().all({ tid }) as [bigint, Buffer][]) {
    const changed = change(data, "value");
    if (changed !== data) setValue.run(changed, id);
  }
  const records = database.prepare(
    "SELECT ns, checkpoint, n, data FROM cp_records WHERE thread = ?",
  );
  const setRecord = database.prepare(
    "UPDATE cp_records SET data = ? WHERE thread = ? AND ns = ? AND checkpoint = ? AND n = ?",
  );
  for (const [ns, id, n, data] of records.raw().all(tid) as [string, Buffer, number, Buffer][]) {
    const changed = change(data, n === 0 ? "head" : "write");
    if (changed !== data) setRecord.run(changed, tid, ns, id, n);
  }
};
