// Maintenance of a thread's records in PostgreSQL.
import type { Pool, PoolClient } from "pg";
import { conflict } from "../core/answers.ts";
import type { RecordKind, Removal, Stats, ThreadRecords } from "../core/backend.ts";
import type { PlannedRow } from "./plan-rows.ts";
import { DAMAGED, encodeRecord, readRecord, type RecordParts } from "./record.ts";

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

/** A row of cp_records; without `data` where that is one large value, whose number is in `mark`. */
interface StoredRow {
  readonly ctid: string;
  readonly vals: number | null;
  readonly lists: string | null;
  readonly ns: string | null;
  readonly id: Buffer | null;
  readonly target: Buffer | null;
  readonly mark: string | null;
  readonly n: number;
  readonly data: Buffer | null;
}

interface ReadRow extends StoredRow {
  readonly parts: RecordParts;
}

const NOTHING = Buffer.alloc(0);
const LARGE = "target IS NULL AND mark IS NOT NULL";

const partsOf = ({ lists, id, target, mark, data }: StoredRow): RecordParts => {
  if (data === null) {
    return { segments: [], values: [[Number(mark), NOTHING]], head: undefined, write: undefined };
  }
  const parts = readRecord(data, lists);
  if (parts === DAMAGED) return parts;
  // what was replaced stays in its row until the row is written again
  return {
    ...parts,
    head: id === null ? undefined : parts.head,
    write: target === null ? undefined : parts.write,
  };
};

const rowsOf = async (client: Client, tid: number, withLarge: boolean): Promise<ReadRow[]> => {
  const data = withLarge ? "data" : `CASE WHEN ${LARGE} THEN NULL ELSE data END AS data`;
  const { rows } = await client.query<StoredRow>(
    `SELECT ctid::text, vals, lists, ns, id, target, mark, CASE WHEN target IS NULL THEN 0 ELSE cp_n(mark) END AS n, ${data}
     FROM cp_records WHERE thread = $1`,
    [tid],
  );
  return rows.map((row) => ({ ...row, parts: partsOf(row) }));
};

interface ThreadKey {
  readonly thread: string;
  readonly generation: number;
}

const byKey = (
  a: { ns: string; id: Buffer; n: number },
  b: { ns: string; id: Buffer; n: number },
): number => (a.ns < b.ns ? -1 : Number(a.ns > b.ns)) || Buffer.compare(a.id, b.id) || a.n - b.n;

const recordsFrom = (
  rows: readonly ReadRow[],
  tid: number,
  { thread, generation }: ThreadKey,
): ThreadRecords => ({
  heads: rows
    .flatMap(({ ns, id, parts: { head } }) =>
      id === null
        ? []
        : [{ tid, thread, generation, ns: ns ?? "", id, n: 0, head: head ?? NOTHING }],
    )
    .toSorted(byKey),
  writes: rows
    .flatMap(({ ns, target, n, parts: { write } }) =>
      target === null ? [] : [{ ns: ns ?? "", id: target, n, data: write ?? NOTHING }],
    )
    .toSorted(byKey)
    .map(({ id, ...write }) => ({ ...write, checkpoint: id })),
  lists: rows
    .flatMap(({ parts }) => parts.segments)
    .toSorted((a, b) => a.list - b.list || a.position - b.position),
  valueIds: rows.flatMap(({ parts }) => parts.values.map(([id]) => id)),
});

const threadOf = async (client: Client, tid: number): Promise<ThreadKey | undefined> => {
  const { rows } = await client.query<ThreadKey>(
    "SELECT thread, generation::float8 AS generation FROM cp_threads WHERE id = $1",
    [tid],
  );
  return rows[0];
};

export const recordsOf = async (client: Client, tid: number): Promise<ThreadRecords> => {
  const thread = await threadOf(client, tid);
  if (thread === undefined) return { heads: [], writes: [], lists: [], valueIds: [] };
  return recordsFrom(await rowsOf(client, tid, false), tid, thread);
};

const size = (records: ThreadRecords): number =>
  records.lists.reduce((sum, { items }) => sum + items.length, 0);

const isSame = (now: ThreadRecords, seen: ThreadRecords, generation: number): boolean =>
  (seen.heads[0]?.generation ?? generation) === generation &&
  now.heads.length === seen.heads.length &&
  now.writes.length === seen.writes.length &&
  now.valueIds.length === seen.valueIds.length &&
  size(now) === size(seen);

const keyOf = (ns: string | null, id: Buffer): string => `${ns ?? ""}\0${id.toString("latin1")}`;

// What stays of rows that lose something; of a row that loses everything, no data.
const reduced = (rows: readonly ReadRow[], removal: Removal): PlannedRow[] => {
  const gone = new Set(removal.checkpoints.map(({ ns, id }) => keyOf(ns, id)));
  const values = new Set(removal.values);
  const lists = new Set(removal.lists);
  return rows.map(({ vals, lists: key, ns, id, target, mark, parts }) => {
    const isHead = id !== null && !gone.has(keyOf(ns, id));
    const isWrite = target !== null && !gone.has(keyOf(ns, target));
    const kept: RecordParts = {
      segments: parts.segments.filter(({ list }) => !lists.has(list)),
      values: parts.values.filter(([number]) => !values.has(number)),
      head: isHead ? parts.head : undefined,
      write: isWrite ? parts.write : undefined,
    };
    const hasValues = kept.values.length > 0;
    const hasLists = kept.segments.length > 0;
    return {
      vals: hasValues ? (vals ?? undefined) : undefined,
      lists: hasLists ? (key ?? undefined) : undefined,
      ns: ns ?? undefined,
      id: isHead ? id : undefined,
      target: isWrite ? target : undefined,
      mark: isWrite || target === null ? (mark ?? undefined) : undefined,
      data: hasValues || hasLists || isHead || isWrite ? encodeRecord(kept) : NOTHING,
    };
  });
};

/** False when the thread changed since; the new generation tells writers to forget what they know. */
export const removeRecords = (pool: Pool, removal: Removal): Promise<boolean> =>
  inTransaction(pool, async (client) => {
    const { tid, thread, checkpoints } = removal;
    await client.query("SELECT pg_advisory_xact_lock(cp_lock($1))", [thread]);
    const now = await threadOf(client, tid);
    if (now === undefined) return false;
    const rows = await rowsOf(client, tid, false);
    if (!isSame(recordsFrom(rows, tid, now), removal.seen, now.generation)) return false;
    await client.query("UPDATE cp_threads SET generation = nextval('cp_numbers') WHERE id = $1", [
      tid,
    ]);
    await client.query(
      "DELETE FROM cp_answers WHERE thread = $1 AND ('', checkpoint) IN (SELECT * FROM unnest($2::text[], $3::bytea[]))",
      [tid, checkpoints.map(({ ns }) => ns), checkpoints.map(({ id }) => id)],
    );
    const readable = rows.filter(({ parts }) => parts !== DAMAGED);
    await replaceRows(client, readable, reduced(readable, removal));
    return true;
  });

const replaceRows = async (
  client: PoolClient,
  rows: readonly ReadRow[],
  after: readonly PlannedRow[],
): Promise<void> => {
  const empty = rows.filter((_, i) => after[i]?.data === NOTHING);
  await client.query("DELETE FROM cp_records WHERE ctid = ANY ($1::tid[])", [
    empty.map(({ ctid }) => ctid),
  ]);
  const changed = rows.flatMap((row, i) => {
    const planned = after[i];
    const isKept = row.data === null || planned === undefined || planned.data === NOTHING;
    return isKept || planned.data.equals(row.data) ? [] : [{ ctid: row.ctid, ...planned }];
  });
  await client.query(
    `UPDATE cp_records r SET vals = u.vals, lists = u.lists, id = u.id, target = u.target, mark = u.mark, data = u.data
     FROM unnest($1::tid[], $2::int[], $3::bigint[], $4::bytea[], $5::bytea[], $6::text[], $7::bytea[])
       u(ctid, vals, lists, id, target, mark, data) WHERE r.ctid = u.ctid`,
    [
      changed.map(({ ctid }) => ctid),
      changed.map(({ vals }) => vals ?? null),
      changed.map(({ lists }) => lists ?? null),
      changed.map(({ id }) => id ?? null),
      changed.map(({ target }) => target ?? null),
      changed.map(({ mark }) => mark ?? null),
      changed.map(({ data }) => data),
    ],
  );
};

const COLUMNS: Readonly<Record<string, string>> = {
  cp_records: "vals, lists, ns, id, target, mark, data",
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
    `SELECT (SELECT count(*)::float8 FROM cp_threads) AS threads, r.*, (SELECT count(*)::float8 FROM st_items) AS items,
       pg_database_size(current_database())::float8 AS bytes, (SELECT version FROM cp_schema) AS schema
     FROM (SELECT count(id)::float8 AS checkpoints, count(target)::float8 AS writes,
       coalesce(sum(get_byte(substring(data FROM 1 FOR 2), 0)), 0)::float8 AS segments,
       coalesce(sum(get_byte(substring(data FROM 1 FOR 2), 1)), 0)::float8 AS values FROM cp_records) r`,
  );
  const [row] = rows;
  if (row === undefined) throw new RangeError("no statistics");
  const { segments, ...stats } = row;
  return { ...stats, listSegments: segments };
};

export const resealRecords = (
  pool: Pool,
  tid: number,
  change: (bytes: Buffer, kind: RecordKind) => Buffer,
): Promise<void> =>
  inTransaction(pool, async (client) => {
    const thread = await threadOf(client, tid);
    if (thread === undefined) return;
    await client.query("SELECT pg_advisory_xact_lock(cp_lock($1))", [thread.thread]);
    for (const { ctid, data, parts } of await rowsOf(client, tid, true)) {
      if (parts === DAMAGED) continue;
      const sealed = encodeRecord({
        segments: parts.segments,
        values: parts.values.map(([id, bytes]) => [id, change(bytes, "value")]),
        head: parts.head === undefined ? undefined : change(parts.head, "head"),
        write: parts.write === undefined ? undefined : change(parts.write, "write"),
      });
      if (data === null || sealed.equals(data)) continue;
      await client.query("UPDATE cp_records SET data = $1 WHERE ctid = $2::tid", [sealed, ctid]);
    }
  });
