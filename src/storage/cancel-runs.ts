// Runs that a person stops or deletes: those that wait end at once, those that work are asked to.
import { sql } from "kysely";
import { TuttiError } from "../errors.ts";
import { pushAside } from "./push-aside.ts";
import { noRun } from "./not-found.ts";
import type { CancelAction, RunRow, Scope } from "./records.ts";
import { activeRuns, deleteRun, isActive, runOf, visibleRuns } from "./run-rows.ts";
import type { Sql } from "./sql.ts";
import { all, one, type Step, tell } from "./step.ts";
import { changeThread, lockThreadOf, type StoredThread } from "./thread-rows.ts";

export interface Selection {
  readonly threadId?: string | undefined;
  readonly runIds?: readonly string[] | undefined;
  readonly status?: "pending" | "running" | "all" | undefined;
}

/** The active runs that are meant, thread by thread. */
export function* selectedThreads(
  using: Sql,
  scope: Scope,
  { threadId, runIds, status = "all" }: Selection,
): Step<{ tenant: string; threadId: string; runIds: string[] }[]> {
  let query = visibleRuns(using, scope).clearSelect().where(isActive);
  if (threadId !== undefined) query = query.where("runs.thread_id", "=", threadId);
  if (runIds !== undefined)
    query =
      runIds.length === 0 ? query.where(sql<boolean>`1 = 0`) : query.where("runs.id", "in", runIds);
  if (status !== "all") query = query.where("runs.status", "=", status);
  const rows = yield* all(query.select(["runs.tenant", "runs.thread_id", "runs.id"]));
  const threads = Map.groupBy(rows, ({ thread_id }) => thread_id);
  return [...threads].map(([id, found]) => ({
    tenant: found[0]?.tenant ?? scope.tenant,
    threadId: id,
    runIds: found.map((row) => row.id),
  }));
}

/** After runs of a locked thread were stopped. */
export function* restWhenIdle(using: Sql, thread: StoredThread): Step<void> {
  const [next] = yield* all(activeRuns(using, thread));
  yield* changeThread(using, thread, {
    status: next === undefined ? thread.resting : "busy",
    version: thread.version + 1,
  });
}

/** Answers the rows as they were. */
export function* cancelOnThread(
  using: Sql,
  which: { tenant: string; threadId: string; runIds: readonly string[] },
  action: CancelAction,
  reason: string,
): Step<RunRow[]> {
  const thread = yield* lockThreadOf(using, which);
  if (thread === undefined) return [];
  const meant = (yield* all(activeRuns(using, thread))).filter(({ id }) =>
    which.runIds.includes(id),
  );
  for (const row of meant) yield* pushAside(using, thread, row, action, reason);
  if (meant.length > 0) yield* restWhenIdle(using, thread);
  return meant.map(runOf);
}

export function* deleteRunOf(using: Sql, scope: Scope, threadId: string, id: string): Step<void> {
  const wanted = visibleRuns(using, scope)
    .where("runs.thread_id", "=", threadId)
    .where("runs.id", "=", id);
  const found = yield* one(wanted);
  if (found === undefined) throw noRun(id);
  const thread = yield* lockThreadOf(using, { tenant: found.tenant, threadId });
  const row = yield* one(wanted);
  if (row === undefined) throw noRun(id);
  if (row.status === "running")
    throw new TuttiError("THREAD_BUSY", `run ${id} is being worked on`, {
      hint: "cancel it first",
      retryable: true,
    });
  yield* deleteRun(using, id);
  if (row.status !== "pending") return;
  yield* tell({ kind: "run-end", runId: id, threadId });
  if (thread !== undefined) yield* restWhenIdle(using, thread);
}
