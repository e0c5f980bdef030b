// The list of threads: what runs, waits, is finished or has failed. Where a thread stands is not here
// but in its checkpoints.
import type { Database } from "better-sqlite3";
import type { Clock } from "../clock.ts";
import { TuttiError } from "../errors.ts";

export type ThreadStatus =
  | "running"
  | "waiting" // for a person
  | "limit" // at a budget
  | "paused" // stopped by a person; goes on when resumed
  | "finished"
  | "failed";

export interface ThreadRecord {
  readonly id: string;
  readonly graphId: string;
  readonly goal: string;
  readonly status: ThreadStatus;
  /** Absolute path of the folder that gets copies of the finished files. */
  readonly out: string | null;
  readonly error: { code: string; message: string } | null;
  /** What the thread was last told, until a checkpoint holds it: a kill in between loses nothing. */
  readonly input: Readonly<Record<string, unknown>> | null;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export type NewThread = Pick<ThreadRecord, "id" | "graphId" | "goal" | "out"> &
  Partial<Pick<ThreadRecord, "input">>;
export type ThreadChange = Partial<
  Pick<ThreadRecord, "status" | "goal" | "out" | "error" | "input">
>;

export interface ThreadRecords {
  create(thread: NewThread): ThreadRecord;
  update(id: string, change: ThreadChange): ThreadRecord;
  /** By id or by the beginning of one. Throws THREAD_NOT_FOUND; USAGE when several begin so. */
  find(idOrPrefix: string): ThreadRecord;
  /** The most recently changed first. */
  list(limit: number): ThreadRecord[];
}

interface Row {
  id: string;
  graph_id: string;
  goal: string;
  status: ThreadStatus;
  out_folder: string | null;
  error_code: string | null;
  error_message: string | null;
  input: string | null;
  created_at: number;
  updated_at: number;
}

const toRecord = (row: Row): ThreadRecord => ({
  id: row.id,
  graphId: row.graph_id,
  goal: row.goal,
  status: row.status,
  out: row.out_folder,
  error:
    row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? "" },
  input: row.input === null ? null : (JSON.parse(row.input) as Record<string, unknown>),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

const notFound = (id: string): TuttiError =>
  new TuttiError("THREAD_NOT_FOUND", `there is no thread ${id}`, {
    hint: "`tutti threads` lists them; --data names the folder they are kept in",
  });

export const createThreadRecords = (database: Database, clock: Clock): ThreadRecords => {
  const byId = database.prepare<[string], Row>("SELECT * FROM threads WHERE id = ?");
  const byPrefix = database.prepare<[string, string], Row>(
    "SELECT * FROM threads WHERE substr(id, 1, length(?)) = ? LIMIT 3",
  );
  const write = database.prepare(
    `INSERT OR REPLACE INTO threads VALUES
     (@id, @graphId, @goal, @status, @out, @code, @message, @createdAt, @updatedAt, @input)`,
  );
  const save = (record: ThreadRecord): ThreadRecord => {
    const { error, input, ...columns } = record;
    write.run({
      ...columns,
      code: error?.code ?? null,
      message: error?.message ?? null,
      input: input === null ? null : JSON.stringify(input),
    });
    return record;
  };
  const update = database.transaction((id: string, change: ThreadChange): ThreadRecord => {
    const row = byId.get(id);
    if (row === undefined) throw notFound(id);
    return save({ ...toRecord(row), ...change, updatedAt: clock.now() });
  });
  return {
    create: (thread) => {
      const now = clock.now();
      return save({
        input: null,
        ...thread,
        status: "running",
        error: null,
        createdAt: now,
        updatedAt: now,
      });
    },
    update: (id, change) => update.immediate(id, change),
    find: (id) => {
      const rows = byPrefix.all(id, id);
      const row = rows.find((one) => one.id === id) ?? rows[0];
      if (id === "" || row === undefined) throw notFound(id);
      if (rows.length > 1 && row.id !== id)
        throw new TuttiError("USAGE", `several threads begin with ${id}`, {
          hint: "give more of the id",
        });
      return toRecord(row);
    },
    list: (limit) =>
      database
        .prepare<[number], Row>("SELECT * FROM threads ORDER BY updated_at DESC, id LIMIT ?")
        .all(limit)
        .map(toRecord),
  };
};
