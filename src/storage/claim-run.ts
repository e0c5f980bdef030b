// The next run for a worker. Who holds the lock of a thread's row decides about its runs, so of many
// claimers one gets a thread and the others pass it by.
import { sql } from "kysely";
import type { ClaimLimits, RunRow } from "./records.ts";
import { kwargsOf, PENDING, RUNNING, runOf } from "./run-rows.ts";
import type { Sql } from "./sql.ts";
import { one, run, type Step } from "./step.ts";

type Others = "skip" | "wait";

const candidates = (using: Sql, limits: ClaimLimits) => {
  const { db, clock } = using;
  const { perTenant, perAssistant } = limits;
  const running = db.selectFrom("runs as busy").where("busy.status", "=", RUNNING);
  let query = db
    .selectFrom("runs")
    .innerJoin("threads as free", (join) =>
      join.onRef("free.tenant", "=", "runs.tenant").onRef("free.id", "=", "runs.thread_id"),
    )
    .select("runs.id")
    .where("runs.status", "=", PENDING)
    .where("runs.available_at", "<=", clock.now())
    .where("free.active_run", "is", null)
    .orderBy("runs.priority", "desc")
    .orderBy("runs.created_at")
    .orderBy("runs.seq")
    .limit(1);
  if (perTenant !== undefined)
    query = query.where(
      "runs.tenant",
      "not in",
      running
        .select("busy.tenant")
        .groupBy("busy.tenant")
        .having((eb) => eb(eb.fn.countAll<number>(), ">=", perTenant)),
    );
  if (perAssistant !== undefined)
    query = query.where((eb) =>
      eb(
        eb.refTuple("runs.tenant", "runs.assistant_id"),
        "not in",
        running
          .select(["busy.tenant", "busy.assistant_id"])
          .groupBy(["busy.tenant", "busy.assistant_id"])
          .having((having) => having(having.fn.countAll<number>(), ">=", perAssistant))
          .$asTuple("tenant", "assistant_id"),
      ),
    );
  return query;
};

const candidate = (using: Sql, limits: ClaimLimits, others: Others) => {
  const query = candidates(using, limits);
  if (using.dialect === "sqlite") return query;
  return others === "skip" ? query.forUpdate("free").skipLocked() : query.forUpdate("free");
};

/**
 * A look without a transaction: most claims, of a worker that has just taken or ended a run, find nothing.
 * What is committed after it comes with a signal.
 */
export function* isClaimable(using: Sql, limits: ClaimLimits): Step<boolean> {
  return (yield* one(candidates(using, limits))) !== undefined;
}

function* newToken({ db, dialect, nextToken }: Sql) {
  if (dialect === "postgres") return nextToken;
  const row = yield* one(
    db
      .updateTable("counters")
      .set((eb) => ({ value: eb("value", "+", 1) }))
      .where("name", "=", "run_token")
      .returning("value"),
  );
  return row?.value ?? 0;
}

function* take(using: Sql, id: string, worker: string, leaseMs: number): Step<RunRow | undefined> {
  const { db, clock } = using;
  const now = clock.now();
  const token = yield* newToken(using);
  const row = yield* one(
    db
      .updateTable("runs")
      .set((eb) => ({
        status: "running",
        attempts: eb("attempts", "+", 1),
        token,
        worker,
        lease_until: now + leaseMs,
        updated_at: now,
      }))
      .where("runs.id", "=", id)
      .where("runs.status", "=", PENDING)
      .returningAll()
      .returning(kwargsOf(using)),
  );
  if (row === undefined) return undefined;
  yield* run(
    db
      .updateTable("threads")
      .set((eb) => ({
        active_run: id,
        status: "busy",
        version: eb("version", "+", 1),
        updated_at: now,
      }))
      .where("tenant", "=", row.tenant)
      .where("id", "=", row.thread_id),
  );
  return runOf(row);
}

export function* claimRun(
  using: Sql,
  worker: string,
  leaseMs: number,
  limits: ClaimLimits,
): Step<RunRow | undefined> {
  const isLimited = limits.perTenant !== undefined || limits.perAssistant !== undefined;
  // What runs can only be counted by one claimer at a time.
  if (isLimited && using.dialect === "postgres")
    yield* one({
      compile: () => sql`SELECT pg_advisory_xact_lock(hashtext('tutti claim'))`.compile(using.db),
    });
  // A thread passed by may have been locked for another reason than a claim: the second look waits.
  const looks: readonly Others[] =
    using.dialect === "postgres" ? ["skip", "wait", "wait"] : ["wait"];
  for (const others of looks) {
    const found = yield* one(candidate(using, limits, others));
    if (found === undefined && others === "wait") return undefined;
    const claimed = found && (yield* take(using, found.id, worker, leaseMs));
    if (claimed !== undefined) return claimed;
  }
  return undefined;
}
