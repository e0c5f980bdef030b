// How an attempt lets go of its run. Whoever lost the run (another token, no longer running) changes nothing.
import type { Selectable } from "kysely";
import type { RunEnding, RunRow, ThreadSummary } from "./records.ts";
import { addDelivery } from "./outbox-table.ts";
import { promiseDelivery } from "./run-delivery.ts";
import { activeRuns, heldRun, RUNNING, runColumns, runOf, selectRuns } from "./run-rows.ts";
import type { Sql } from "./sql.ts";
import { all, one, run, type Step, tell } from "./step.ts";
import { toStoredJson } from "./stored-text.ts";
import { changeThread, lockThreadOf, putSummary, type StoredThread } from "./thread-rows.ts";
import type { Tables } from "./tables.ts";

interface Held {
  readonly run: Selectable<Tables["runs"]>;
  readonly thread: StoredThread | undefined;
}

// The thread first, then the run: everybody locks in this order.
function* hold(using: Sql, id: string, token: number): Step<Held | undefined> {
  const found = yield* heldRun(using, id, token);
  if (found === undefined) return undefined;
  const thread = yield* lockThreadOf(using, { tenant: found.tenant, threadId: found.thread_id });
  return { run: found, thread };
}

/** Leaves the thread as the run left it, and wakes who waits for either. */
function* letGo(using: Sql, held: Held, summary: ThreadSummary): Step<void> {
  const { run: ended, thread } = held;
  if (thread !== undefined) {
    const [next] = yield* all(activeRuns(using, thread));
    yield* putSummary(using, thread, summary, next !== undefined, { active_run: null });
    if (next !== undefined)
      yield* tell({
        kind: "run-ready",
        runId: next.id,
        threadId: next.thread_id,
        dueAt: next.available_at,
      });
  }
  yield* tell({ kind: "run-end", runId: ended.id, threadId: ended.thread_id });
}

const ending = (now: number, status: RunEnding["status"], error: RunEnding["error"]) => ({
  ...runColumns({ status, error, worker: null, leaseUntil: null, updatedAt: now }),
  ended_at: now,
});

export function* finishRun(
  using: Sql,
  id: string,
  token: number,
  end: RunEnding,
): Step<boolean | "rollback"> {
  const { db, clock } = using;
  const held = yield* hold(using, id, token);
  if (held === undefined) return false;
  const now = clock.now();
  const changed = yield* run(
    db
      .updateTable("runs")
      .set(ending(now, end.status, end.error))
      .where("id", "=", id)
      .where("token", "=", token)
      .where("status", "=", RUNNING)
      .where((eb) => eb.or([eb("cancel", "is", null), eb("cancel", "!=", "rollback")])),
  );
  if (changed === 0)
    return (yield* heldRun(using, id, token))?.cancel === "rollback" ? "rollback" : false;
  yield* letGo(using, held, end.thread);
  if (end.delivery !== undefined) yield* addDelivery(using, end.delivery);
  return true;
}

export function* removeRun(
  using: Sql,
  id: string,
  token: number,
  summary: ThreadSummary,
): Step<boolean> {
  const { db } = using;
  const held = yield* hold(using, id, token);
  if (held === undefined) return false;
  const gone = yield* run(
    db
      .deleteFrom("runs")
      .where("id", "=", id)
      .where("token", "=", token)
      .where("status", "=", RUNNING),
  );
  if (gone === 0) return false;
  yield* run(db.deleteFrom("run_events").where("run_id", "=", id));
  yield* run(db.deleteFrom("run_requests").where("run_id", "=", id));
  yield* letGo(using, held, summary);
  return true;
}

/** Pending again. `isCounted` false: the attempt was not begun, as far as its run is concerned. */
function* giveBack(using: Sql, held: Held, isCounted: boolean): Step<boolean> {
  const { db, clock } = using;
  const { run: row, thread } = held;
  const changed = yield* run(
    db
      .updateTable("runs")
      .set({
        status: "pending",
        worker: null,
        lease_until: null,
        attempts: row.attempts - (isCounted ? 0 : 1),
        updated_at: clock.now(),
      })
      .where("id", "=", row.id)
      .where("token", "=", row.token)
      .where("status", "=", RUNNING),
  );
  if (changed === 0) return false;
  if (thread !== undefined)
    yield* changeThread(using, thread, { active_run: null, version: thread.version + 1 });
  yield* tell({
    kind: "run-ready",
    runId: row.id,
    threadId: row.thread_id,
    dueAt: row.available_at,
  });
  return true;
}

export function* releaseRun(using: Sql, id: string, token: number): Step<boolean> {
  const held = yield* hold(using, id, token);
  return held !== undefined && (yield* giveBack(using, held, false));
}

const poison = (attempts: number) => ({
  error: "RUN_POISONED",
  message: `the worker stopped ${attempts} times while it worked on this run; it is not tried again`,
});

/** Runs whose worker is gone; with `now` only those whose lease is over then. */
export function* orphans({ db }: Sql, now: number | undefined) {
  let query = db
    .selectFrom("runs")
    .select(["id", "token"])
    .where("status", "=", RUNNING)
    .orderBy("lease_until")
    .limit(200);
  if (now !== undefined) query = query.where("lease_until", "<", now);
  return yield* all(query);
}

/** One orphan: pending again, or failed for good. Undefined when it lives, or somebody else was faster. */
export function* reapRun(
  using: Sql,
  orphan: { readonly id: string; readonly token: number },
  now: number | undefined,
  maxAttempts: number,
): Step<RunRow | undefined> {
  const held = yield* hold(using, orphan.id, orphan.token);
  if (held === undefined || (now !== undefined && (held.run.lease_until ?? 0) >= now))
    return undefined;
  const isDone =
    held.run.attempts < maxAttempts
      ? yield* giveBack(using, held, true)
      : yield* failPoisoned(using, held);
  if (!isDone) return undefined;
  const row = yield* one(selectRuns(using).where("runs.id", "=", orphan.id));
  return row && runOf(row);
}

function* failPoisoned(using: Sql, held: Held): Step<boolean> {
  const { db, clock } = using;
  const error = poison(held.run.attempts);
  const changed = yield* run(
    db
      .updateTable("runs")
      .set(ending(clock.now(), "error", error))
      .where("id", "=", held.run.id)
      .where("token", "=", held.run.token)
      .where("status", "=", RUNNING),
  );
  if (changed === 0) return false;
  const { thread } = held;
  if (thread !== undefined) {
    const [next] = yield* all(activeRuns(using, thread));
    yield* changeThread(using, thread, {
      status: next === undefined ? "error" : "busy",
      resting: "error",
      error: toStoredJson(error) as unknown as string,
      version: thread.version + 1,
      active_run: null,
    });
    if (next !== undefined)
      yield* tell({
        kind: "run-ready",
        runId: next.id,
        threadId: next.thread_id,
        dueAt: next.available_at,
      });
  }
  yield* promiseDelivery(using, held.run.id, thread, { status: "error", error });
  yield* tell({ kind: "run-end", runId: held.run.id, threadId: held.run.thread_id });
  return true;
}
