// Threads as the command line on one machine sees them: jobs with a goal. They lie in the same table as
// the server's threads, so what either made appears in both. Where a thread stands is in its checkpoints.
import type { Database } from "better-sqlite3";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import { TuttiError } from "../errors.ts";
import { DEFAULT_TENANT, type Json, type JsonObject, type ThreadStatus } from "./records.ts";
import { sqliteSql, type Sql } from "./sql.ts";
import { SqliteRunner } from "./sqlite-runner.ts";
import { all, run, type Step } from "./step.ts";
import { fromStoredJson, toStoredJson } from "./stored-text.ts";
import {
  changeThread,
  lockThreadRow,
  newThread,
  selectThreads,
  type StoredThread,
  threadColumns,
  threadOf,
} from "./thread-rows.ts";

export type JobStatus =
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
  readonly status: JobStatus;
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

/** What a thread is to the command line alone. */
type Job = Pick<ThreadRecord, "status" | "out" | "input">;

const AS_THREAD: Readonly<Record<JobStatus, ThreadStatus>> = {
  running: "busy",
  waiting: "interrupted",
  limit: "interrupted",
  paused: "interrupted",
  finished: "idle",
  failed: "error",
};
const AS_JOB: Readonly<Record<ThreadStatus, JobStatus>> = {
  busy: "running",
  interrupted: "waiting",
  idle: "finished",
  error: "failed",
};

const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "");

/** What a person first said, in a thread that was made without a goal. */
const firstWords = (values: Json): string => {
  const messages = (values as JsonObject | null)?.["messages"];
  if (!Array.isArray(messages)) return "";
  const human = (messages as JsonObject[]).find((message) => {
    const kind = message?.["type"] ?? message?.["role"];
    return kind === "human" || kind === "user";
  });
  return textOf(human?.["content"]);
};

const jobOf = (row: StoredThread): Job | undefined =>
  row.job === null ? undefined : (fromStoredJson(row.job) as Job);

const toRecord = (row: StoredThread): ThreadRecord => {
  const { id, status, metadata, values, error, createdAt, updatedAt } = threadOf(row);
  const job = jobOf(row);
  // The server may have gone on with the thread since.
  const isCurrent = job !== undefined && AS_THREAD[job.status] === status;
  return {
    id,
    graphId: textOf(metadata["graph_id"]),
    goal: textOf(metadata["goal"]) || firstWords(values),
    status: isCurrent ? job.status : AS_JOB[status],
    out: job?.out ?? null,
    error:
      error === null
        ? null
        : { code: textOf(error["error"]) || "INTERNAL", message: textOf(error["message"]) },
    input: job?.input ?? null,
    createdAt,
    updatedAt,
  };
};

const notFound = (id: string): TuttiError =>
  new TuttiError("THREAD_NOT_FOUND", `there is no thread ${id}`, {
    hint: "`tutti threads` lists them; --data names the folder they are kept in",
  });

/** The columns of a record. */
const columnsOf = (record: ThreadRecord, metadata: JsonObject) => {
  const status = AS_THREAD[record.status];
  const job: Job = { status: record.status, out: record.out, input: record.input };
  return {
    ...threadColumns({
      status,
      metadata: { ...metadata, graph_id: record.graphId, goal: record.goal },
      error: record.error && { error: record.error.code, message: record.error.message },
    }),
    // A job that its process leaves behind can be resumed.
    resting: status === "busy" ? ("interrupted" as const) : status,
    job: toStoredJson(job) as unknown as string,
  };
};

const scope = { tenant: DEFAULT_TENANT };

function* create(using: Sql, thread: NewThread): Step<ThreadRecord> {
  const now = using.clock.now();
  const record: ThreadRecord = {
    input: null,
    ...thread,
    status: "running",
    error: null,
    createdAt: now,
    updatedAt: now,
  };
  yield* run(
    using.db
      .insertInto("threads")
      .values({ ...newThread(DEFAULT_TENANT, thread.id, {}, now), ...columnsOf(record, {}) }),
  );
  return record;
}

function* update(using: Sql, id: string, change: ThreadChange): Step<ThreadRecord> {
  const row = yield* lockThreadRow(using, scope, id);
  if (row === undefined) throw notFound(id);
  const record = { ...toRecord(row), ...change };
  const columns = columnsOf(record, fromStoredJson(row.metadata) as JsonObject);
  const changed = yield* changeThread(using, row, { ...columns, version: row.version + 1 });
  return toRecord(changed);
}

const select = (using: Sql) => selectThreads(using).where("threads.tenant", "=", DEFAULT_TENANT);

function* find(using: Sql, id: string): Step<ThreadRecord> {
  const rows = yield* all(
    select(using)
      .where(sql<boolean>`substr(${sql.ref("threads.id")}, 1, length(${id})) = ${id}`)
      .orderBy("threads.id")
      .limit(3),
  );
  const row = rows.find((found) => found.id === id) ?? rows[0];
  if (id === "" || row === undefined) throw notFound(id);
  if (rows.length > 1 && row.id !== id)
    throw new TuttiError("USAGE", `several threads begin with ${id}`, {
      hint: "give more of the id",
    });
  return toRecord(row);
}

function* list(using: Sql, limit: number): Step<ThreadRecord[]> {
  const rows = yield* all(
    select(using).orderBy("threads.updated_at", "desc").orderBy("threads.id").limit(limit),
  );
  return rows.map(toRecord);
}

export const createThreadRecords = (database: Database, clock: Clock): ThreadRecords => {
  const using = sqliteSql(clock);
  const runner = new SqliteRunner(database, undefined);
  return {
    create: (thread) => runner.now(() => create(using, thread)),
    update: (id, change) => runner.now(() => update(using, id, change)),
    find: (id) => runner.now(() => find(using, id)),
    list: (limit) => runner.now(() => list(using, limit)),
  };
};
