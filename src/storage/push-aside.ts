// A run that is cancelled, or that another takes the place of.
import type { CancelAction } from "./records.ts";
import { promiseDelivery } from "./run-delivery.ts";
import { deleteRun, PENDING, type StoredRun } from "./run-rows.ts";
import type { Sql } from "./sql.ts";
import { run, type Step, tell } from "./step.ts";
import type { StoredThread } from "./thread-rows.ts";

/** A run that had lost its worker has done something to its thread: it is taken back before all others run. */
function* leaveToWorker({ db, clock }: Sql, row: StoredRun, reason: string): Step<void> {
  const now = clock.now();
  yield* run(
    db
      .updateTable("runs")
      .set({
        cancel: "rollback",
        cancel_reason: reason,
        priority: Number.MAX_SAFE_INTEGER,
        available_at: now,
        updated_at: now,
      })
      .where("id", "=", row.id)
      .where("status", "=", PENDING),
  );
  yield* tell({ kind: "run-ready", runId: row.id, threadId: row.thread_id, dueAt: now });
}

/** Ends a pending run at once, unless a worker has to take it back; a running one is asked to stop. The thread is locked by the caller. */
export function* pushAside(
  using: Sql,
  thread: StoredThread,
  row: StoredRun,
  action: CancelAction,
  reason: string,
): Step<void> {
  const { db, clock } = using;
  const now = clock.now();
  if (row.status === "running") {
    // A rollback that was asked for stays one.
    const asked = row.cancel === "rollback" ? "rollback" : action;
    yield* run(
      db
        .updateTable("runs")
        .set({ cancel: asked, cancel_reason: reason, updated_at: now })
        .where("id", "=", row.id),
    );
    yield* tell({ kind: "run-cancel", runId: row.id, action: asked });
    return;
  }
  if (action === "rollback" && row.start_checkpoint !== null) {
    yield* leaveToWorker(using, row, reason);
    return;
  }
  if (action === "rollback") yield* deleteRun(using, row.id);
  else {
    yield* run(
      db
        .updateTable("runs")
        .set({
          status: "interrupted",
          cancel: action,
          cancel_reason: reason,
          updated_at: now,
          ended_at: now,
        })
        .where("id", "=", row.id)
        .where("status", "=", PENDING),
    );
    yield* promiseDelivery(using, row.id, thread, { status: "interrupted", error: null });
  }
  yield* tell({ kind: "run-end", runId: row.id, threadId: row.thread_id });
}
