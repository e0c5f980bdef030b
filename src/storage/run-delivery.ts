// What a run's webhook is told when no attempt is there to tell it: the run was given up, or ended before it
// began. It is promised in the transaction that ends the run.
import { addDelivery } from "./outbox-table.ts";
import type { JsonObject, RunEnding } from "./records.ts";
import { runOf, selectRuns } from "./run-rows.ts";
import type { Sql } from "./sql.ts";
import { one, type Step } from "./step.ts";
import { type StoredThread, threadOf } from "./thread-rows.ts";

/** After the run's row says how it ended; `thread` as it was before. */
export function* promiseDelivery(
  using: Sql,
  runId: string,
  thread: StoredThread | undefined,
  end: { readonly status: RunEnding["status"]; readonly error: JsonObject | null },
): Step<void> {
  const { deliveryOf } = using;
  if (deliveryOf === undefined || thread === undefined) return;
  const row = yield* one(selectRuns(using).where("runs.id", "=", runId));
  if (row === undefined || row.webhook === null) return;
  const { values, interrupts, error } = threadOf(thread);
  const summary = {
    status: end.error === null ? thread.resting : ("error" as const),
    values,
    interrupts,
    error: end.error ?? error,
  };
  yield* addDelivery(using, deliveryOf(runOf(row), { ...end, thread: summary }));
}
