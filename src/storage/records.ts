// What the platform lists, as one port over SQLite and PostgreSQL: assistants, threads, runs, crons, keys,
// webhook deliveries and the event log of runs. Times are milliseconds since the epoch; JSON values are
// plain data. Every method is one transaction.

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** `{owner: "ann"}`, `{owner: {$eq: "ann"}}`, `{groups: {$contains: "x"}}`, `{$or: […]}`, `{$and: […]}` over metadata. */
export type MetadataFilter = JsonObject;

/** What the caller may see. Rows outside it do not exist for the caller. */
export interface Scope {
  readonly tenant: string;
  /** Of the auth handlers; applied in SQL. */
  readonly filter?: MetadataFilter | undefined;
}

/** The tenant of a server that has only one. */
export const DEFAULT_TENANT = "default";

export interface Page<Sort extends string> {
  readonly limit: number;
  readonly offset: number;
  readonly sortBy?: Sort | undefined;
  readonly sortOrder?: "asc" | "desc" | undefined;
}

// ---------------------------------------------------------------- assistants

export interface AssistantRow {
  /** Null: made from langgraph.json, visible to every tenant, changed by none. */
  readonly tenant: string | null;
  readonly id: string;
  readonly graphId: string;
  readonly name: string;
  readonly description: string | null;
  readonly config: JsonObject;
  readonly context: Json;
  readonly metadata: JsonObject;
  /** The version in force. */
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}
export type AssistantVersionRow = Omit<AssistantRow, "updatedAt">;
export type AssistantFields = Pick<
  AssistantRow,
  "graphId" | "name" | "description" | "config" | "context" | "metadata"
>;
export type AssistantSort = "id" | "graphId" | "name" | "createdAt" | "updatedAt";
export interface AssistantQuery {
  readonly graphId?: string | undefined;
  /** Part of the name, case-insensitive. */
  readonly name?: string | undefined;
  readonly metadata?: JsonObject | undefined;
}

export interface AssistantRecords {
  /** `exists` is the row that was there; with `ifExists: "raise"` that is ALREADY_EXISTS (409). */
  create(
    scope: Scope,
    id: string,
    fields: AssistantFields,
    ifExists: "raise" | "do_nothing",
  ): Promise<AssistantRow>;
  /** Registers (or refreshes) what langgraph.json names; same id, no new version when nothing changed. */
  register(id: string, fields: AssistantFields): Promise<AssistantRow>;
  /** By id, or by graph id for those made from langgraph.json. Throws ASSISTANT_NOT_FOUND. */
  get(scope: Scope, idOrGraph: string): Promise<AssistantRow>;
  /** Makes a new version and puts it in force; metadata is merged. */
  patch(scope: Scope, id: string, change: Partial<AssistantFields>): Promise<AssistantRow>;
  /** Answers the ids of threads that were deleted with it (`deleteThreads`: those of its runs, and those whose metadata names it). */
  delete(scope: Scope, id: string, deleteThreads: boolean): Promise<string[]>;
  search(scope: Scope, query: AssistantQuery, page: Page<AssistantSort>): Promise<AssistantRow[]>;
  count(scope: Scope, query: AssistantQuery): Promise<number>;
  /** Newest first. */
  versions(
    scope: Scope,
    id: string,
    metadata: JsonObject | undefined,
    page: Page<never>,
  ): Promise<AssistantVersionRow[]>;
  setLatest(scope: Scope, id: string, version: number): Promise<AssistantRow>;
}

// ------------------------------------------------------------------- threads

export type ThreadStatus = "idle" | "busy" | "interrupted" | "error";
export interface ThreadTtl {
  readonly strategy: "delete" | "keep_latest";
  readonly minutes: number;
}

export interface ThreadRow {
  readonly tenant: string;
  readonly id: string;
  readonly status: ThreadStatus;
  readonly metadata: JsonObject;
  readonly config: JsonObject;
  /** The state as it stood when a run last ended or `setState` was called, in its wire form. */
  readonly values: Json;
  /** Open interrupts by task id. */
  readonly interrupts: Readonly<Record<string, readonly JsonObject[]>>;
  readonly error: JsonObject | null;
  readonly ttl: ThreadTtl | null;
  /** Raised by every created, started and ended run and every `setState`: for compare-and-set. */
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly stateUpdatedAt: number;
}
export type ThreadSort = "id" | "status" | "createdAt" | "updatedAt" | "stateUpdatedAt";
export interface ThreadQuery {
  readonly ids?: readonly string[] | undefined;
  readonly status?: ThreadStatus | undefined;
  readonly metadata?: JsonObject | undefined;
  /** Top-level equality or containment over the values. */
  readonly values?: JsonObject | undefined;
}
/** How a thread stands after a run or an update of its state. */
export interface ThreadSummary {
  readonly status: Exclude<ThreadStatus, "busy">;
  readonly values: Json;
  readonly interrupts: ThreadRow["interrupts"];
  readonly error: JsonObject | null;
}

export interface ThreadTable {
  create(
    scope: Scope,
    thread: { id: string; metadata: JsonObject; ttl?: ThreadTtl | null },
    ifExists: "raise" | "do_nothing",
  ): Promise<ThreadRow>;
  /** Throws THREAD_NOT_FOUND. */
  get(scope: Scope, id: string): Promise<ThreadRow>;
  /** Metadata is merged. */
  patch(
    scope: Scope,
    id: string,
    change: { metadata?: JsonObject; ttl?: ThreadTtl | null; config?: JsonObject },
  ): Promise<ThreadRow>;
  /**
   * Deletes the row and its runs; running ones are told to stop. Checkpoints are the caller's to delete.
   * `restedSince`: only if nothing has changed it since then and no run waits or works, else THREAD_BUSY.
   */
  delete(scope: Scope, id: string, restedSince?: number): Promise<void>;
  search(scope: Scope, query: ThreadQuery, page: Page<ThreadSort>): Promise<ThreadRow[]>;
  count(scope: Scope, query: ThreadQuery): Promise<number>;
  /**
   * After `updateState` and the like. Throws THREAD_BUSY while a run works on it; keeps `busy` when one is
   * pending. `expectVersion`: compare-and-set, else CONFLICT.
   */
  setState(
    scope: Scope,
    id: string,
    summary: ThreadSummary,
    expectVersion?: number,
  ): Promise<ThreadRow>;
  /** Threads whose time to live is over and that no run works on. */
  expired(now: number, limit: number): Promise<ThreadRow[]>;
  /** After a thread that had expired was pruned, not deleted: it is not `expired` again until it changes. */
  pruned(scope: Scope, id: string): Promise<void>;
}

// ---------------------------------------------------------------------- runs

export type RunStatus = "pending" | "running" | "success" | "error" | "timeout" | "interrupted";
export type MultitaskStrategy = "reject" | "enqueue" | "interrupt" | "rollback";
export type CancelAction = "interrupt" | "rollback";

export interface RunRow {
  readonly tenant: string;
  readonly id: string;
  readonly threadId: string;
  readonly assistantId: string;
  readonly graphId: string;
  readonly status: RunStatus;
  readonly metadata: JsonObject;
  /** The request as it was validated: input, command, config, stream modes … (runs/run-request.ts). */
  readonly kwargs: JsonObject;
  readonly multitaskStrategy: MultitaskStrategy;
  /** Higher first. */
  readonly priority: number;
  /** How often a worker began it. */
  readonly attempts: number;
  /** The fence of the attempt that works on it; from one counter for all threads, so it never goes back. */
  readonly token: number;
  readonly worker: string | null;
  readonly leaseUntil: number | null;
  readonly availableAt: number;
  readonly cancel: CancelAction | null;
  readonly cancelReason: string | null;
  /** The newest checkpoint when the run began, `""` when there was none; null before it began. */
  readonly startCheckpoint: string | null;
  /** Delete the thread when the run has ended. */
  readonly isStateless: boolean;
  readonly webhook: string | null;
  readonly error: JsonObject | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface NewRun {
  readonly id: string;
  readonly threadId: string;
  readonly assistantId: string;
  readonly graphId: string;
  readonly metadata: JsonObject;
  readonly kwargs: JsonObject;
  readonly multitaskStrategy: MultitaskStrategy;
  readonly priority: number;
  readonly availableAt: number;
  readonly isStateless: boolean;
  readonly webhook: string | null;
  /** `create`: a thread that is not there is made, with this metadata. */
  readonly ifThreadMissing: "create" | "reject";
  readonly threadMetadata: JsonObject;
  /** Becomes the thread's config. */
  readonly threadConfig?: JsonObject | undefined;
  /** Of a thread that is made. */
  readonly threadTtl?: ThreadTtl | null | undefined;
  /** Its event log is kept longer after its end. */
  readonly isResumable?: boolean | undefined;
  /** The run answers open interrupts that were read at this version of the thread: else CONFLICT. */
  readonly expectThreadVersion?: number | undefined;
  /** Of two runs with one key only the first is made (crons, triggers); the second call answers it. */
  readonly onceKey?: string | undefined;
}

export interface CreatedRun {
  readonly run: RunRow;
  readonly thread: ThreadRow;
  /** Runs that this one pushed aside (interrupt, rollback). */
  readonly pushedAside: readonly RunRow[];
}

export interface ClaimLimits {
  readonly perTenant?: number | undefined;
  readonly perAssistant?: number | undefined;
}

/** How an attempt ended. */
export interface RunEnding {
  readonly status: "success" | "error" | "timeout" | "interrupted";
  readonly error: JsonObject | null;
  readonly thread: ThreadSummary;
  /** Row of the outbox, when the run has a webhook. */
  readonly delivery?: NewDelivery | undefined;
}

export interface RunRecords {
  /**
   * The row is durable when this returns. Multitask strategies are decided here, in one transaction with
   * the insert. Throws THREAD_NOT_FOUND, THREAD_BUSY (reject), CONFLICT (answered already).
   */
  create(scope: Scope, run: NewRun): Promise<CreatedRun>;
  /** Throws RUN_NOT_FOUND. */
  get(scope: Scope, threadId: string | undefined, id: string): Promise<RunRow>;
  /** Newest first. */
  list(
    scope: Scope,
    threadId: string,
    query: { limit: number; offset: number; status?: RunStatus | undefined },
  ): Promise<RunRow[]>;
  /** Throws RUN_NOT_FOUND; THREAD_BUSY when it is running. */
  delete(scope: Scope, threadId: string, id: string): Promise<void>;
  /**
   * The next run that may start: due, its thread free, limits kept, by priority and age. It is `running`,
   * leased and has a new token when this returns; the thread is `busy`.
   */
  claim(worker: string, leaseMs: number, limits: ClaimLimits): Promise<RunRow | undefined>;
  /** Prolongs the lease; undefined when the attempt has lost the run. */
  heartbeat(id: string, token: number, leaseMs: number): Promise<RunRow | undefined>;
  /** Records where the run began; false when the attempt has lost the run. */
  began(id: string, token: number, startCheckpoint: string): Promise<boolean>;
  /**
   * False when the attempt has lost the run, `rollback` when it is to be rolled back instead: nothing was
   * written.
   */
  finish(id: string, token: number, ending: RunEnding): Promise<boolean | "rollback">;
  /** A rolled-back run: its row is gone, its thread stands as `thread` says. False: attempt lost. */
  remove(id: string, token: number, thread: ThreadSummary): Promise<boolean>;
  /** Gives a run back unfinished (drain): pending again, its attempt not counted. */
  release(id: string, token: number): Promise<boolean>;
  /**
   * Runs whose lease is over: pending again, or `error` with reason POISON when begun `maxAttempts` times.
   * Answers what changed.
   */
  reap(maxAttempts: number): Promise<RunRow[]>;
  /** Embedded start-up: nobody else can hold a lease, so every running run is an orphan. Like `reap`. */
  reapAll(maxAttempts: number): Promise<RunRow[]>;
  /**
   * Pending runs end at once (`interrupted`, or gone with `rollback`); running ones get the request, and with
   * `rollback` those too that had begun and lost their worker. Answers the rows as they were.
   */
  cancel(
    scope: Scope,
    which: {
      threadId?: string | undefined;
      runIds?: readonly string[] | undefined;
      status?: "pending" | "running" | "all" | undefined;
    },
    action: CancelAction,
    reason: string,
  ): Promise<RunRow[]>;
  /** When the next pending run becomes due; undefined: none waits. */
  nextDue(): Promise<number | undefined>;
  /** Counts by status, for metrics. */
  counts(): Promise<Readonly<Partial<Record<RunStatus, number>>>>;
}

// ----------------------------------------------------------- the event log

export interface LoggedEvent {
  /** From 1, without gaps, per run; goes on over attempts. */
  readonly seq: number;
  /** Stream mode, with `|namespace` where there is one; `metadata`, `error`, `end`. */
  readonly event: string;
  /** JSON text. */
  readonly data: string;
}

export interface EventLog {
  /** Numbers and stores events, durably; answers the last number, undefined when the attempt lost the run. */
  append(
    runId: string,
    token: number,
    events: readonly Omit<LoggedEvent, "seq">[],
  ): Promise<number | undefined>;
  /** In order, those after `after`. */
  read(runId: string, after: number, limit: number): Promise<LoggedEvent[]>;
  /** The number of the last event; 0 when there is none. */
  last(runId: string): Promise<number>;
  /**
   * Drops logs of runs that ended before `endedBefore`, resumable ones before `resumableEndedBefore`, in
   * small batches; answers how many runs.
   */
  drop(endedBefore: number, limit: number, resumableEndedBefore?: number): Promise<number>;
}

// --------------------------------------------------------------------- crons

export interface CronRow {
  readonly tenant: string;
  readonly id: string;
  readonly assistantId: string;
  readonly threadId: string | null;
  readonly schedule: string;
  /** IANA name; null is UTC. */
  readonly timezone: string | null;
  readonly endTime: number | null;
  readonly payload: JsonObject;
  readonly metadata: JsonObject;
  readonly userId: string | null;
  readonly enabled: boolean;
  readonly onRunCompleted: "delete" | "keep";
  /** Null when there is no next time. */
  readonly nextRunAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}
export type CronSort = "id" | "assistantId" | "threadId" | "createdAt" | "updatedAt" | "nextRunAt";
export interface CronQuery {
  readonly assistantId?: string | undefined;
  readonly threadId?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly metadata?: JsonObject | undefined;
}
export interface CronRecords {
  create(scope: Scope, cron: Omit<CronRow, "tenant" | "createdAt" | "updatedAt">): Promise<CronRow>;
  /** Throws CRON_NOT_FOUND. */
  get(scope: Scope, id: string): Promise<CronRow>;
  patch(
    scope: Scope,
    id: string,
    change: Partial<Omit<CronRow, "tenant" | "id" | "createdAt" | "updatedAt">>,
  ): Promise<CronRow>;
  delete(scope: Scope, id: string): Promise<void>;
  search(scope: Scope, query: CronQuery, page: Page<CronSort>): Promise<CronRow[]>;
  count(scope: Scope, query: CronQuery): Promise<number>;
  due(now: number, limit: number): Promise<CronRow[]>;
  /** Compare-and-set on `nextRunAt`: of many processes one gets true, and fires it. */
  advance(id: string, from: number, to: number | null): Promise<boolean>;
  nextDue(): Promise<number | undefined>;
}

// -------------------------------------------------------------------- outbox

export interface NewDelivery {
  readonly id: string;
  readonly tenant: string;
  readonly url: string;
  /** JSON text. */
  readonly body: string;
}
/** What is told to the webhook of a run that has one. */
export type DeliveryOf = (run: RunRow, ending: RunEnding) => NewDelivery;
export interface DeliveryRow extends NewDelivery {
  readonly attempts: number;
  readonly dueAt: number;
  readonly lastError: string | null;
  readonly createdAt: number;
}
export interface Outbox {
  /** Nothing happens when a delivery with this id is there. */
  add(delivery: NewDelivery): Promise<void>;
  /** Takes deliveries that are due, for `leaseMs`: another process does not get them meanwhile. */
  take(limit: number, leaseMs: number): Promise<DeliveryRow[]>;
  delivered(id: string): Promise<void>;
  /** Tries again at `dueAt`; null gives up and keeps the row for an operator to see. */
  failed(id: string, error: string, dueAt: number | null): Promise<void>;
  nextDue(): Promise<number | undefined>;
}

// ---------------------------------------------------------------------- keys

export type Role = "admin" | "runner" | "reviewer" | "viewer";
export interface KeyRow {
  readonly id: string;
  readonly tenant: string;
  readonly name: string;
  readonly role: Role;
  /** SHA-256 of the secret, hex. Secrets have 256 random bits, so a slow hash adds nothing. */
  readonly hash: string;
  /** First characters of the key, to recognise it by. */
  readonly prefix: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  readonly lastUsedAt: number | null;
}
export interface KeyRecords {
  create(key: Omit<KeyRow, "createdAt" | "revokedAt" | "lastUsedAt">): Promise<KeyRow>;
  /** Undefined when there is none, or it was revoked or has expired. */
  findByHash(hash: string): Promise<KeyRow | undefined>;
  list(tenant: string | undefined): Promise<KeyRow[]>;
  revoke(id: string): Promise<boolean>;
  /** At most one write a minute and key. */
  touch(id: string): Promise<void>;
  /** Whether any key is in force. */
  any(): Promise<boolean>;
}

// --------------------------------------------------------------------- files

export interface FileRow {
  readonly tenant: string;
  readonly sha256: string;
  readonly name: string;
  readonly mime: string;
  readonly size: number;
  readonly createdAt: number;
}
/** Which content of the artifact store a tenant may read. */
export interface FileRecords {
  add(file: Omit<FileRow, "createdAt">): Promise<FileRow>;
  find(tenant: string, sha256: string): Promise<FileRow | undefined>;
}

// ------------------------------------------------------------------- signals

/** What other parts of the platform, in this process and others, are told after a commit. */
export type Signal =
  | {
      readonly kind: "run-ready";
      readonly runId: string;
      readonly threadId: string;
      readonly dueAt: number;
    }
  | { readonly kind: "run-cancel"; readonly runId: string; readonly action: CancelAction }
  | { readonly kind: "run-events"; readonly runId: string; readonly seq: number }
  | { readonly kind: "run-end"; readonly runId: string; readonly threadId: string }
  | { readonly kind: "delivery-due" }
  | { readonly kind: "cron-changed" };

/** Runs statements in the transaction that is open. */
export interface SqlExecutor {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

export interface SignalSink {
  /**
   * PostgreSQL only: within the transaction, so that what is sent is sent if and only if it commits
   * (pg-boss jobs, NOTIFY).
   */
  within?(executor: SqlExecutor, signals: readonly Signal[]): Promise<void>;
  /** After the commit, in this process. */
  after(signals: readonly Signal[]): void;
}

export interface Records {
  readonly assistants: AssistantRecords;
  readonly threads: ThreadTable;
  readonly runs: RunRecords;
  readonly events: EventLog;
  readonly crons: CronRecords;
  readonly outbox: Outbox;
  readonly keys: KeyRecords;
  readonly files: FileRecords;
  /** Answers when the database does; throws DATABASE. */
  ping(): Promise<void>;
}
