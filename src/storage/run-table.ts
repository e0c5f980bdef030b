// Runs: each method of the port as one transaction.
import type { CreatedRun, RunRecords, RunRow, RunStatus } from "./records.ts";
import { cancelOnThread, deleteRunOf, selectedThreads } from "./cancel-runs.ts";
import { claimRun, isClaimable } from "./claim-run.ts";
import { createRun } from "./create-run.ts";
import { finishRun, orphans, reapRun, releaseRun, removeRun } from "./end-run.ts";
import { noRun } from "./not-found.ts";
import { kwargsOf, PENDING, RUNNING, runOf, visibleRuns } from "./run-rows.ts";
import type { Sql } from "./sql.ts";
import { all, one, run, type Runner, type Step } from "./step.ts";

function* heartbeat(
  using: Sql,
  id: string,
  token: number,
  leaseMs: number,
): Step<RunRow | undefined> {
  const now = using.clock.now();
  const row = yield* one(
    using.db
      .updateTable("runs")
      .set({ lease_until: now + leaseMs, updated_at: now })
      .where("runs.id", "=", id)
      .where("runs.token", "=", token)
      .where("runs.status", "=", RUNNING)
      .returningAll()
      .returning(kwargsOf(using)),
  );
  return row && runOf(row);
}

function* began({ db, clock }: Sql, id: string, token: number, checkpoint: string): Step<boolean> {
  const changed = yield* run(
    db
      .updateTable("runs")
      .set({ start_checkpoint: checkpoint, updated_at: clock.now() })
      .where("id", "=", id)
      .where("token", "=", token)
      .where("status", "=", RUNNING),
  );
  return changed === 1;
}

// Past those whose thread is worked on: their turn is announced by the end of the run before them.
function* nextDue({ db }: Sql): Step<number | undefined> {
  const row = yield* one(
    db
      .selectFrom("runs")
      .innerJoin("threads", (join) =>
        join.onRef("threads.tenant", "=", "runs.tenant").onRef("threads.id", "=", "runs.thread_id"),
      )
      .select("runs.available_at")
      .where("runs.status", "=", PENDING)
      .where("threads.active_run", "is", null)
      .orderBy("runs.available_at")
      .limit(1),
  );
  return row?.available_at;
}

function* counts({ db }: Sql): Step<Partial<Record<RunStatus, number>>> {
  const rows = yield* all(
    db
      .selectFrom("runs")
      .select((eb) => ["status", eb.fn.countAll<number>().as("count")])
      .groupBy("status"),
  );
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}

export const createRunTable = (using: Sql, runner: Runner): RunRecords => {
  const reap = async (now: number | undefined, maxAttempts: number): Promise<RunRow[]> => {
    const changed: RunRow[] = [];
    for (;;) {
      const found = await runner.read(() => orphans(using, now));
      const before = changed.length;
      // Each in a transaction of its own: two reapers must not wait for each other's threads.
      for (const orphan of found) {
        const row = await runner.write(() => reapRun(using, orphan, now, maxAttempts));
        if (row !== undefined) changed.push(row);
      }
      if (changed.length === before) return changed;
    }
  };
  return {
    create: (scope, wanted): Promise<CreatedRun> =>
      runner.write(() => createRun(using, scope, wanted)),
    get: (scope, threadId, id) =>
      runner.read(function* () {
        let query = visibleRuns(using, scope).where("runs.id", "=", id);
        if (threadId !== undefined) query = query.where("runs.thread_id", "=", threadId);
        const row = yield* one(query);
        if (row === undefined) throw noRun(id);
        return runOf(row);
      }),
    list: (scope, threadId, { limit, offset, status }) =>
      runner.read(function* () {
        let query = visibleRuns(using, scope).where("runs.thread_id", "=", threadId);
        if (status !== undefined) query = query.where("runs.status", "=", status);
        const rows = yield* all(query.orderBy("runs.seq", "desc").limit(limit).offset(offset));
        return rows.map(runOf);
      }),
    delete: (scope, threadId, id) => runner.write(() => deleteRunOf(using, scope, threadId, id)),
    claim: async (worker, leaseMs, limits) =>
      (await runner.read(() => isClaimable(using, limits)))
        ? await runner.write(() => claimRun(using, worker, leaseMs, limits))
        : undefined,
    heartbeat: (id, token, leaseMs) => runner.write(() => heartbeat(using, id, token, leaseMs)),
    began: (id, token, checkpoint) => runner.write(() => began(using, id, token, checkpoint)),
    finish: (id, token, ending) => runner.write(() => finishRun(using, id, token, ending)),
    remove: (id, token, thread) => runner.write(() => removeRun(using, id, token, thread)),
    release: (id, token) => runner.write(() => releaseRun(using, id, token)),
    reap: (maxAttempts) => reap(using.clock.now(), maxAttempts),
    reapAll: (maxAttempts) => reap(undefined, maxAttempts),
    cancel: async (scope, which, action, reason) => {
      const threads = await runner.read(() => selectedThreads(using, scope, which));
      const cancelled: RunRow[] = [];
      for (const thread of threads)
        cancelled.push(
          ...(await runner.write(() => cancelOnThread(using, thread, action, reason))),
        );
      return cancelled;
    },
    nextDue: () => runner.read(() => nextDue(using)),
    counts: () => runner.read(() => counts(using)),
  };
};
