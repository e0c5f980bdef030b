// Maintenance of a thread's records in PostgreSQL.
import type { Pool, PoolClient } from "pg";
import { conflict } from "../core/answers.ts";
import type {
  HeadRow,
  ListRow,
  RecordKind,
  Removal,
  Stats,
  ThreadRecords,
} from "../core/backend.ts";

type Client = Pool | PoolClient;

const inTransaction = async <T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> => {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const result = await work(client);
    await client.query("COMMIT");
    client.release();
    return result;
  } catch (error) {
    client.release(error as Error); // a closed connection rolls back
    throw error;
  }
};

export const recordsOf = async (client: Client, tid: number): Promise<ThreadRecords> => {
  const heads = await client.query<HeadRow>(
    `SELECT t.id::float8 AS tid, t.thread, t.generation::float8 AS generation, c.ns, c.id, c.head FROM cp_threads t
     JOIN cp_checkpoints c ON c.thread = t.id WHERE t.id = $1 ORDER BY c.ns, c.id`,
    [tid],
  );
  const writes = await client.query<ThreadRecords["writes"][number]>(
    "SELECT ns, checkpoint, n, data FROM cp_writes WHERE thread = $1 ORDER BY ns, checkpoint, n",
    [tid],
  );
  const lists = await client.query<Omit<ListRow, "base"> & { base: number | null }>(
    `SELECT list::float8 AS list, position, base::float8 AS base, items FROM cp_lists WHERE thread = $1 ORDER BY list, position`,
    [tid],
  );
  const values = await client.query<{ id: number }>(
    "SELECT id::float8 AS id FROM cp_values WHERE thread = $1",
    [tid],
  );
  return {
    heads: heads.rows,
    writes: writes.rows,
    lists: lists.rows.map((row) => ({ ...row, base: row.base ?? undefined })),
    valueIds: values.rows.map(({ id }) => id),
  };
};

const isUnchanged = async (
  client: PoolClient,
  { tid, thread, seen }: Removal,
): Promise<boolean> => {
  const { rows } = await client.query<Record<string, number | null>>(
    `SELECT (SELECT generation::float8 FROM cp_threads WHERE thread = $2 AND id = $1) AS generation,
       (SELECT count(*)::float8 FROM cp_checkpoints WHERE thread = $1) AS heads,
       (SELECT count(*)::float8 FROM cp_writes WHERE thread = $1) AS writes,
       (SELECT count(*)::float8 FROM cp_values WHERE thread = $1) AS vals,
       (SELECT coalesce(sum(length(items)), 0)::float8 FROM cp_lists WHERE thread = $1) AS items`,
    [tid, thread],
  );
  const [now] = rows;
  const [head] = seen.heads;
  return (
    now !== undefined &&
    now["generation"] !== null &&
    (head === undefined || head.generation === now["generation"]) &&
    now["heads"] === seen.heads.length &&
    now["writes"] === seen.writes.length &&
    now["vals"] === seen.valueIds.length &&
    now["items"] === seen.lists.reduce((sum, { items }) => sum + items.length, 0)
  );
};

/** False when the thread changed since; the new generation tells writers to forget what they know. */
export const removeRecords = (pool: Pool, removal: Removal): Promise<boolean> =>
  inTransaction(pool, async (client) => {
    const { tid, thread, checkpoints, values, lists } = removal;
    await client.query("SELECT pg_advisory_xact_lock(cp_lock($1))", [thread]);
    if (!(await isUnchanged(client, removal))) return false;
    await client.query("UPDATE cp_threads SET generation = nextval('cp_numbers') WHERE id = $1", [
      tid,
    ]);
    const keys = [tid, checkpoints.map(({ ns }) => ns), checkpoints.map(({ id }) => id)];
    const gone = "(SELECT * FROM unnest($2::text[], $3::bytea[]))";
    await client.query(
      `DELETE FROM cp_checkpoints WHERE thread = $1 AND (ns, id) IN ${gone}`,
      keys,
    );
    await client.query(
      `DELETE FROM cp_writes WHERE thread = $1 AND (ns, checkpoint) IN ${gone}`,
      keys,
    );
    await client.query(
      `DELETE FROM cp_answers WHERE thread = $1 AND ('', checkpoint) IN ${gone}`,
      keys,
    );
    await client.query("DELETE FROM cp_values WHERE thread = $1 AND id = ANY ($2::bigint[])", [
      tid,
      values,
    ]);
    await client.query("DELETE FROM cp_lists WHERE thread = $1 AND list = ANY ($2::bigint[])", [
      tid,
      lists,
    ]);
    return true;
  });

const COLUMNS: Readonly<Record<string, string>> = {
  cp_values: "id, data",
  cp_lists: "list, position, base, items",
  cp_checkpoints: "ns, id, head",
  cp_writes: "ns, checkpoint, n, pause, data",
  cp_answers: "checkpoint, key, at, by",
};

export const copyRecords = (
  pool: Pool,
  names: readonly (readonly [from: string, to: string])[],
): Promise<void> =>
  inTransaction(pool, async (client) => {
    for (const [from, to] of names) {
      for (const name of [from, to].sort())
        await client.query("SELECT pg_advisory_xact_lock(cp_lock($1))", [name]);
      const { rows } = await client.query<{ thread: string; id: string; graph: string | null }>(
        "SELECT thread, id, graph FROM cp_threads WHERE thread IN ($1, $2)",
        [from, to],
      );
      const source = rows.find(({ thread }) => thread === from);
      if (source === undefined) throw conflict(`Thread ${from} does not exist.`);
      if (rows.some(({ thread }) => thread === to)) throw conflict(`Thread ${to} exists already.`);
      const created = await client.query<{ id: string }>("SELECT (cp_create($1, $2)).id AS id", [
        to,
        source.graph,
      ]);
      for (const [table, columns] of Object.entries(COLUMNS)) {
        await client.query(
          `INSERT INTO ${table} (thread, ${columns}) SELECT $1, ${columns} FROM ${table} WHERE thread = $2`,
          [created.rows[0]?.id, source.id],
        );
      }
    }
  });

export const statsOf = async (pool: Pool): Promise<Stats> => {
  const { rows } = await pool.query<Stats & { segments: number }>(
    `SELECT (SELECT count(*)::float8 FROM cp_threads) AS threads, (SELECT count(*)::float8 FROM cp_checkpoints) AS checkpoints,
       (SELECT count(*)::float8 FROM cp_writes) AS writes, (SELECT count(*)::float8 FROM cp_values) AS values,
       (SELECT count(*)::float8 FROM cp_lists) AS segments, (SELECT count(*)::float8 FROM st_items) AS items,
       pg_database_size(current_database())::float8 AS bytes, (SELECT version FROM cp_schema) AS schema`,
  );
  const [row] = rows;
  if (row === undefined) throw new RangeError("no statistics");
  const { segments, ...stats } = row;
  return { ...stats, listSegments: segments };
};

const SEALED: readonly (readonly [table: string, column: string, kind: RecordKind])[] = [
  ["cp_values", "data", "value"],
  ["cp_checkpoints", "head", "head"],
  ["cp_writes", "data", "write"],
];

export const resealRecords = (
  pool: Pool,
  tid: number,
  change: (bytes: Buffer, kind: RecordKind) => Buffer,
): Promise<void> =>
  inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ thread: string }>(
      "SELECT thread FROM cp_threads WHERE id = $1",
      [tid],
    );
    if (rows[0] === undefined) return;
    await client.query("SELECT pg_advisory_xact_lock(cp_lock($1))", [rows[0].thread]);
    for (const [table, column, kind] of SEALED) {
      const found = await client.query<{ ctid: string; data: Buffer }>(
        `SELECT ctid::text, ${column} AS data FROM ${table} WHERE thread = $1`,
        [tid],
      );
      for (const { ctid, data } of found.rows) {
        const changed = change(data, kind);
        if (changed !== data)
          await client.query(`UPDATE ${table} SET ${column} = $1 WHERE ctid = $2::tid`, [
            changed,
            ctid,
          ]);
      }
    }
  });
