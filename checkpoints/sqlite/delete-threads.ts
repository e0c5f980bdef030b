import type { Database } from "better-sqlite3";
import { sqliteError } from "./connect.ts";
import { isOfThread } from "./value-key.ts";

const BATCH_ROWS = 2_000;

/**
 * Deletes threads by their numbers. The thread's row goes first, so that it is gone at once for every
 * reader; its records follow in batches, between which others may write.
 */
export const deleteThreads = async (database: Database, tids: readonly number[]): Promise<void> => {
  try {
    const forget = database.prepare("DELETE FROM cp_threads WHERE id = ?");
    const queue = database.prepare("INSERT OR IGNORE INTO cp_trash VALUES (?)");
    database
      .transaction(() => {
        for (const tid of tids) {
          forget.run(tid);
          queue.run(tid);
        }
      })
      .immediate();
    await emptyTrash(database);
  } catch (error) {
    throw sqliteError(error);
  }
};

// Tables whose rows belong to a thread, in the order they are emptied, with their keys.
const TABLES: readonly (readonly [table: string, key: string])[] = [
  ["cp_answers", "checkpoint, key"],
  ["cp_records", "ns, checkpoint, n"],
  ["cp_lists", "list, position"],
  ["cp_values", "id"],
];

/** Removes the records of deleted threads; also those a process left behind when it died. */
export const emptyTrash = async (database: Database): Promise<void> => {
  const next = database.prepare("SELECT thread FROM cp_trash LIMIT 1").pluck();
  for (
    let tid = next.get() as number | undefined;
    tid !== undefined;
    tid = next.get() as number | undefined
  ) {
    const thread = tid;
    for (const [table, key] of TABLES) await emptyTable(database, table, key, thread);
    database.prepare("DELETE FROM cp_trash WHERE thread = ?").run(thread);
  }
};

const emptyTable = async (
  database: Database,
  table: string,
  key: string,
  thread: number,
): Promise<void> => {
  const own = table === "cp_values" ? isOfThread("id", "@thread") : "thread = @thread";
  const remove = database.prepare(
    `DELETE FROM ${table} WHERE ${own} AND (${key}) IN
       (SELECT ${key} FROM ${table} WHERE ${own} LIMIT ${BATCH_ROWS})`,
  );
  while (remove.run({ thread }).changes === BATCH_ROWS) {
    await new Promise((resolve) => setImmediate(resolve));
  }
};
