// What goes with an assistant: versions, crons, runs that wait or have ended, and threads when asked.
import { sql } from "kysely";
import { restWhenIdle } from "./cancel-runs.ts";
import { pushAside } from "./push-aside.ts";
import { containsJson } from "./metadata-filter.ts";
import { deleteRun } from "./run-rows.ts";
import { activeRuns } from "./run-rows.ts";
import type { Sql } from "./sql.ts";
import { all, run, type Step, tell } from "./step.ts";
import { deleteThreadRows } from "./thread-table.ts";
import { lockThreadOf } from "./thread-rows.ts";

/** A run that is being worked on is told to stop; its row stays until it has ended. */
function* deleteRunsOn(
  using: Sql,
  tenant: string,
  threadId: string,
  assistant: string,
): Step<void> {
  const thread = yield* lockThreadOf(using, { tenant, threadId });
  if (thread === undefined) return;
  const active = yield* all(activeRuns(using, thread));
  const mine = active.filter(({ assistant_id }) => assistant_id === assistant);
  for (const row of mine)
    yield* pushAside(using, thread, row, "rollback", "its assistant was deleted");
  if (mine.length > 0) yield* restWhenIdle(using, thread);
}

/** Threads on which nothing ran yet may be an assistant's too: their metadata says whose they are. */
function* threadsNaming(using: Sql, tenant: string, id: string): Step<string[]> {
  const rows = yield* all(
    using.db
      .selectFrom("threads")
      .select("id")
      .where("tenant", "=", tenant)
      .where(containsJson(using, sql.ref("threads.metadata"), { assistant_id: id })),
  );
  return rows.map((row) => row.id);
}

/** Answers the ids of threads that were deleted with it. */
export function* deleteAssistant(
  using: Sql,
  tenant: string,
  id: string,
  deleteThreads: boolean,
): Step<string[]> {
  const { db } = using;
  const runs = yield* all(
    db
      .selectFrom("runs")
      .select(["id", "thread_id", "status"])
      .where("tenant", "=", tenant)
      .where("assistant_id", "=", id)
      .orderBy("thread_id"),
  );
  const named = deleteThreads ? yield* threadsNaming(using, tenant, id) : [];
  const threads = [...new Set([...runs.map(({ thread_id }) => thread_id), ...named])].sort();
  for (const threadId of threads) {
    if (deleteThreads) {
      yield* lockThreadOf(using, { tenant, threadId });
      yield* deleteThreadRows(using, tenant, threadId);
    } else yield* deleteRunsOn(using, tenant, threadId, id);
  }
  if (!deleteThreads)
    for (const row of runs)
      if (row.status !== "pending" && row.status !== "running") yield* deleteRun(using, row.id);
  const crons = yield* run(
    db.deleteFrom("crons").where("tenant", "=", tenant).where("assistant_id", "=", id),
  );
  if (crons > 0) yield* tell({ kind: "cron-changed" });
  yield* run(
    db.deleteFrom("assistant_versions").where("tenant", "=", tenant).where("assistant_id", "=", id),
  );
  yield* run(db.deleteFrom("assistants").where("tenant", "=", tenant).where("id", "=", id));
  return deleteThreads ? threads : [];
}
