// A new run: the thread is locked, what to do with runs that are there already is decided, the row written.
import { TuttiError } from "../errors.ts";
import { checkedMetadata } from "./metadata-filter.ts";
import { noThread } from "./not-found.ts";
import type { CancelAction, CreatedRun, NewRun, RunRow, Scope } from "./records.ts";
import { pushAside } from "./push-aside.ts";
import { activeRuns, runColumns, runOf, selectRuns, type StoredRun } from "./run-rows.ts";
import { tenantOf } from "./scope.ts";
import type { Sql } from "./sql.ts";
import { all, one, run, type Step, tell } from "./step.ts";
import { fromStoredJson, toStoredJson } from "./stored-text.ts";
import {
  asStored,
  changeThread,
  lockThreadRow,
  newThread,
  selectThreads,
  type StoredThread,
  threadColumns,
  threadOf,
  ttlColumns,
} from "./thread-rows.ts";

const conflict = (id: string, why: string): TuttiError =>
  new TuttiError("CONFLICT", `thread ${id}: ${why}`, {
    hint: "read the thread again: its questions may have been answered already",
  });

function* madeBefore(using: Sql, scope: Scope, onceKey: string): Step<CreatedRun | undefined> {
  const row = yield* one(
    selectRuns(using)
      .where("runs.tenant", "=", tenantOf(scope))
      .where("runs.once_key", "=", onceKey),
  );
  if (row === undefined) return undefined;
  const thread = yield* one(
    selectThreads(using)
      .where("threads.tenant", "=", row.tenant)
      .where("threads.id", "=", row.thread_id),
  );
  return thread && { run: runOf(row), thread: threadOf(thread), pushedAside: [] };
}

function* threadFor(using: Sql, scope: Scope, wanted: NewRun): Step<StoredThread> {
  const found = yield* lockThreadRow(using, scope, wanted.threadId);
  if (found !== undefined) return found;
  if (wanted.ifThreadMissing === "reject") throw noThread(wanted.threadId);
  const metadata = checkedMetadata(wanted.threadMetadata);
  const columns = {
    ...newThread(tenantOf(scope), wanted.threadId, metadata, using.clock.now()),
    ...ttlColumns(wanted.threadTtl),
  };
  const made = yield* run(
    using.db
      .insertInto("threads")
      .values(columns)
      .onConflict((conflicting) => conflicting.columns(["tenant", "id"]).doNothing()),
  );
  if (made === 1) return asStored(columns);
  // Made at this moment by another, or there all along for others to see.
  const other = yield* lockThreadRow(using, scope, wanted.threadId);
  if (other === undefined) throw noThread(wanted.threadId);
  return other;
}

const checkVersion = (thread: StoredThread, active: readonly StoredRun[], wanted: NewRun): void => {
  if (wanted.expectThreadVersion === undefined) return;
  if (active.some(({ is_answer }) => is_answer === 1))
    throw conflict(thread.id, "another answer is being worked on");
  if (thread.version !== wanted.expectThreadVersion)
    throw conflict(thread.id, "it has changed since it was read");
};

function* insertRun(using: Sql, scope: Scope, wanted: NewRun): Step<RunRow> {
  const now = using.clock.now();
  const row: RunRow = {
    tenant: tenantOf(scope),
    id: wanted.id,
    threadId: wanted.threadId,
    assistantId: wanted.assistantId,
    graphId: wanted.graphId,
    status: "pending",
    metadata: checkedMetadata(wanted.metadata),
    kwargs: wanted.kwargs,
    multitaskStrategy: wanted.multitaskStrategy,
    priority: wanted.priority,
    attempts: 0,
    token: 0,
    worker: null,
    leaseUntil: null,
    availableAt: wanted.availableAt,
    cancel: null,
    cancelReason: null,
    startCheckpoint: null,
    isStateless: wanted.isStateless,
    webhook: wanted.webhook,
    error: null,
    createdAt: now,
    updatedAt: now,
  };
  yield* run(
    using.db.insertInto("runs").values({
      ...runColumns(row),
      once_key: wanted.onceKey ?? null,
      is_answer: wanted.expectThreadVersion === undefined ? 0 : 1,
      ended_at: null,
      log_kept: wanted.isResumable === true ? 2 : 1,
    }),
  );
  yield* run(
    using.db
      .insertInto("run_requests")
      .values({ run_id: row.id, kwargs: toStoredJson(row.kwargs) as unknown as string }),
  );
  return row;
}

/** Throws THREAD_NOT_FOUND, THREAD_BUSY, CONFLICT. */
export function* createRun(using: Sql, scope: Scope, wanted: NewRun): Step<CreatedRun> {
  if (wanted.onceKey !== undefined) {
    const before = yield* madeBefore(using, scope, wanted.onceKey);
    if (before !== undefined) return before;
  }
  const thread = yield* threadFor(using, scope, wanted);
  const active = yield* all(activeRuns(using, thread));
  checkVersion(thread, active, wanted);
  const { multitaskStrategy: strategy } = wanted;
  if (strategy === "reject" && active.length > 0)
    throw new TuttiError("THREAD_BUSY", `a run works on thread ${thread.id} already`, {
      hint: "wait for it to end, or choose another multitask_strategy",
      retryable: true,
    });
  const pushedAside = strategy === "interrupt" || strategy === "rollback" ? active : [];
  for (const row of pushedAside)
    yield* pushAside(using, thread, row, strategy as CancelAction, "another run took its place");
  const created = yield* insertRun(using, scope, wanted);
  const changed = yield* changeThread(using, thread, {
    ...threadColumns({
      status: "busy",
      version: thread.version + 1,
      config: wanted.threadConfig,
      metadata: {
        ...(fromStoredJson(thread.metadata) as object),
        graph_id: wanted.graphId,
        assistant_id: wanted.assistantId,
      },
    }),
  });
  yield* tell({
    kind: "run-ready",
    runId: created.id,
    threadId: created.threadId,
    dueAt: created.availableAt,
  });
  return { run: created, thread: threadOf(changed), pushedAside: pushedAside.map(runOf) };
}
