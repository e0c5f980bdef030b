// The row of a run, and its request beside it.
import { type Selectable, sql } from "kysely";
import { codecOf } from "./columns.ts";
import type { JsonObject, RunRow, Scope } from "./records.ts";
import { isVisible, tenantOf } from "./scope.ts";
import type { Sql } from "./sql.ts";
import { one, run, type Step } from "./step.ts";
import { fromStoredJson } from "./stored-text.ts";
import type { StoredThread } from "./thread-rows.ts";
import type { Tables } from "./tables.ts";

const codec = codecOf<Omit<RunRow, "kwargs">>({
  tenant: "text",
  id: "text",
  threadId: "text",
  assistantId: "text",
  graphId: "text",
  status: "text",
  metadata: "json",
  multitaskStrategy: "text",
  priority: "number",
  attempts: "number",
  token: "number",
  worker: "text",
  leaseUntil: "number",
  availableAt: "number",
  cancel: "text",
  cancelReason: "text",
  startCheckpoint: "text",
  isStateless: "flag",
  webhook: "text",
  error: "json",
  createdAt: "number",
  updatedAt: "number",
});
export const runColumns = codec.write;

export type StoredRun = Selectable<Tables["runs"]> & { readonly kwargs: string | null };

export const runOf = (row: StoredRun): RunRow => ({
  ...codec.read(row),
  kwargs: fromStoredJson(row.kwargs ?? "{}") as JsonObject,
});

/** The request of the run at hand, for a select or a `returning`. */
export const kwargsOf = ({ db }: Sql) =>
  db
    .selectFrom("run_requests")
    .select("run_requests.kwargs")
    .whereRef("run_requests.run_id", "=", sql.ref("runs.id"))
    .as("kwargs");

export const selectRuns = (using: Sql) =>
  using.db.selectFrom("runs").selectAll("runs").select(kwargsOf(using));

// Literals, not parameters: only then do the planners see that a partial index holds the rows.
export const PENDING = sql.lit<"pending">("pending");
export const RUNNING = sql.lit<"running">("running");
export const isActive = sql<boolean>`${sql.ref("status")} IN ('pending', 'running')`;

/** Runs that wait or work on a thread, in the order they would be taken. */
export const activeRuns = (using: Sql, thread: StoredThread) =>
  selectRuns(using)
    .where("runs.tenant", "=", thread.tenant)
    .where("runs.thread_id", "=", thread.id)
    .where(isActive)
    .orderBy("runs.priority", "desc")
    .orderBy("runs.created_at")
    .orderBy("runs.seq");

/** A run belongs to whoever may see its thread. */
export const visibleRuns = (using: Sql, scope: Scope) => {
  const own = selectRuns(using).where("runs.tenant", "=", tenantOf(scope));
  return scope.filter === undefined
    ? own
    : own.where((eb) =>
        eb.exists(
          eb
            .selectFrom("threads")
            .select("threads.id")
            .whereRef("threads.tenant", "=", "runs.tenant")
            .whereRef("threads.id", "=", "runs.thread_id")
            .where(isVisible(using, scope, "threads.metadata")),
        ),
      );
};

/** The run of an attempt, as long as the attempt holds it. */
export function* heldRun({ db }: Sql, id: string, token: number) {
  return yield* one(
    db
      .selectFrom("runs")
      .selectAll()
      .where("id", "=", id)
      .where("token", "=", token)
      .where("status", "=", RUNNING),
  );
}

export function* deleteRun({ db }: Sql, id: string): Step<void> {
  yield* run(db.deleteFrom("run_events").where("run_id", "=", id));
  yield* run(db.deleteFrom("run_requests").where("run_id", "=", id));
  yield* run(db.deleteFrom("runs").where("id", "=", id));
}
