import type { Pool } from "pg";

/** Tables whose rows belong to a thread, in the order they are deleted. */
const THREAD_TABLES = ["cp_answers", "cp_records"];

const BATCH_ROWS = 5_000;

/**
 * Deletes threads by their numbers. The threads' rows go first, so that they are gone at once for
 * every reader; their records follow in batches.
 */
export const deleteThreads = async (pool: Pool, tids: readonly number[]): Promise<void> => {
  await pool.query(
    `WITH gone AS (DELETE FROM cp_threads WHERE id = ANY ($1::bigint[]) RETURNING id)
     INSERT INTO cp_trash SELECT id FROM gone ON CONFLICT DO NOTHING`,
    [tids],
  );
  await emptyTrash(pool);
};

/** Removes the records of deleted threads; also those a process left behind when it died. */
export const emptyTrash = async (pool: Pool): Promise<void> => {
  for (;;) {
    const { rows } = await pool.query<{ thread: number }>(
      "SELECT thread::float8 AS thread FROM cp_trash LIMIT 100",
    );
    if (rows.length === 0) return;
    const tids = rows.map(({ thread }) => thread);
    for (const table of THREAD_TABLES) await emptyTable(pool, table, tids);
    await pool.query("DELETE FROM cp_trash WHERE thread = ANY ($1::bigint[])", [tids]);
  }
};

const emptyTable = async (pool: Pool, table: string, tids: readonly number[]): Promise<void> => {
  const sql = `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM ${table} WHERE thread = ANY ($1::bigint[]) LIMIT ${BATCH_ROWS}))`;
  for (;;) {
    const { rowCount } = await pool.query(sql, [tids]);
    if ((rowCount ?? 0) < BATCH_ROWS) return;
  }
};
