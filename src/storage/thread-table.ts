// Threads: each method of the port as one transaction.
import { sql } from "kysely";
import { TuttiError } from "../errors.ts";
import { checkedMetadata, containsJson } from "./metadata-filter.ts";
import { existsAlready, noThread } from "./not-found.ts";
import type {
  JsonObject,
  Page,
  Scope,
  ThreadQuery,
  ThreadRow,
  ThreadSort,
  ThreadSummary,
  ThreadTable,
  ThreadTtl,
} from "./records.ts";
import { activeRuns } from "./run-rows.ts";
import { isVisible, tenantOf } from "./scope.ts";
import type { Sql } from "./sql.ts";
import { all, one, run, type Runner, type Step, tell } from "./step.ts";
import { fromStoredJson } from "./stored-text.ts";
import {
  asStored,
  changeThread,
  lockThreadRow,
  newThread,
  putSummary,
  requireThread,
  selectThreads,
  threadColumns,
  threadOf,
  ttlColumns,
} from "./thread-rows.ts";

const COLUMNS = {
  id: "threads.id",
  status: "threads.status",
  createdAt: "threads.created_at",
  updatedAt: "threads.updated_at",
  stateUpdatedAt: "threads.state_updated_at",
} as const satisfies Record<ThreadSort, string>;

const visible = (using: Sql, scope: Scope) =>
  selectThreads(using)
    .where("threads.tenant", "=", tenantOf(scope))
    .where(isVisible(using, scope, "threads.metadata"));

const matching = (using: Sql, scope: Scope, wanted: ThreadQuery) => {
  let query = visible(using, scope);
  const { ids, status, metadata, values } = wanted;
  if (ids !== undefined)
    query =
      ids.length === 0 ? query.where(sql<boolean>`1 = 0`) : query.where("threads.id", "in", ids);
  if (status !== undefined) query = query.where("threads.status", "=", status);
  if (metadata !== undefined)
    query = query.where(containsJson(using, sql.ref("threads.metadata"), metadata));
  if (values !== undefined && Object.keys(values).length > 0)
    query = query.where((eb) =>
      eb.exists(
        eb
          .selectFrom("thread_values")
          .select("thread_values.thread_id")
          .whereRef("thread_values.tenant", "=", "threads.tenant")
          .whereRef("thread_values.thread_id", "=", "threads.id")
          .where(containsJson(using, openValues(using), values)),
      ),
    );
  return query;
};

// SQLite cannot open JSON that is nested more than 1,000 deep: such values match nothing.
const openValues = ({ dialect }: Sql) => {
  const data = sql.ref("thread_values.data");
  return dialect === "postgres"
    ? sql`${data}::jsonb`
    : sql`CASE WHEN json_valid(${data}) THEN ${data} ELSE '{}' END`;
};

function* create(
  using: Sql,
  scope: Scope,
  thread: { id: string; metadata: JsonObject; ttl?: ThreadTtl | null },
  ifExists: "raise" | "do_nothing",
): Step<ThreadRow> {
  const columns = {
    ...newThread(tenantOf(scope), thread.id, checkedMetadata(thread.metadata), using.clock.now()),
    ...ttlColumns(thread.ttl),
  };
  const made = yield* run(
    using.db
      .insertInto("threads")
      .values(columns)
      .onConflict((conflict) => conflict.columns(["tenant", "id"]).doNothing()),
  );
  if (made === 1) return threadOf(asStored(columns));
  const found = yield* lockThreadRow(using, scope, thread.id);
  if (found === undefined || ifExists === "raise") throw existsAlready("thread", thread.id);
  return threadOf(found);
}

function* get(using: Sql, scope: Scope, id: string): Step<ThreadRow> {
  const row = yield* one(visible(using, scope).where("threads.id", "=", id));
  if (row === undefined) throw noThread(id);
  return threadOf(row);
}

function* patch(
  using: Sql,
  scope: Scope,
  id: string,
  { metadata, ttl, config }: Parameters<ThreadTable["patch"]>[2],
): Step<ThreadRow> {
  const row = yield* requireThread(using, scope, id);
  const merged = metadata && {
    metadata: checkedMetadata({ ...(fromStoredJson(row.metadata) as JsonObject), ...metadata }),
  };
  const changed = yield* changeThread(using, row, {
    ...threadColumns({ ...merged, ...(config && { config }) }),
    ...ttlColumns(ttl),
  });
  return threadOf(changed);
}

/** Deletes a locked thread with all that hangs on it. */
export function* deleteThreadRows(using: Sql, tenant: string, id: string): Step<void> {
  const { db } = using;
  const runs = yield* all(
    db
      .selectFrom("runs")
      .select(["id", "status"])
      .where("tenant", "=", tenant)
      .where("thread_id", "=", id),
  );
  const ofThread = db
    .selectFrom("runs")
    .select("runs.id")
    .where("runs.tenant", "=", tenant)
    .where("runs.thread_id", "=", id);
  yield* run(db.deleteFrom("run_events").where("run_id", "in", ofThread));
  yield* run(db.deleteFrom("run_requests").where("run_id", "in", ofThread));
  yield* run(db.deleteFrom("runs").where("tenant", "=", tenant).where("thread_id", "=", id));
  yield* run(
    db.deleteFrom("thread_values").where("tenant", "=", tenant).where("thread_id", "=", id),
  );
  yield* run(db.deleteFrom("threads").where("tenant", "=", tenant).where("id", "=", id));
  for (const { id: runId, status } of runs) {
    if (status === "running") yield* tell({ kind: "run-cancel", runId, action: "interrupt" });
    if (status === "running" || status === "pending")
      yield* tell({ kind: "run-end", runId, threadId: id });
  }
}

function* remove(
  using: Sql,
  scope: Scope,
  id: string,
  restedSince = Number.POSITIVE_INFINITY,
): Step<void> {
  const row = yield* requireThread(using, scope, id);
  const rests = row.status !== "busy" && row.updated_at <= restedSince;
  if (!rests && Number.isFinite(restedSince))
    throw new TuttiError("THREAD_BUSY", `thread ${id} is in use again`, { retryable: true });
  yield* deleteThreadRows(using, row.tenant, id);
}

function* search(
  using: Sql,
  scope: Scope,
  query: ThreadQuery,
  { limit, offset, sortBy = "updatedAt", sortOrder = "desc" }: Page<ThreadSort>,
): Step<ThreadRow[]> {
  const rows = yield* all(
    matching(using, scope, query)
      .orderBy(COLUMNS[sortBy], sortOrder)
      .orderBy("threads.id", sortOrder)
      .limit(limit)
      .offset(offset),
  );
  return rows.map(threadOf);
}

function* count(using: Sql, scope: Scope, query: ThreadQuery): Step<number> {
  const row = yield* one(
    matching(using, scope, query)
      .clearSelect()
      .select((eb) => eb.fn.countAll<number>().as("count")),
  );
  return row?.count ?? 0;
}

function* setState(
  using: Sql,
  scope: Scope,
  id: string,
  summary: ThreadSummary,
  expectVersion: number | undefined,
): Step<ThreadRow> {
  const row = yield* requireThread(using, scope, id);
  if (row.active_run !== null)
    throw new TuttiError("THREAD_BUSY", `a run works on thread ${id}`, {
      hint: "wait for it to end, or cancel it",
      retryable: true,
    });
  if (expectVersion !== undefined && expectVersion !== row.version)
    throw new TuttiError("CONFLICT", `thread ${id} has changed since it was read`, {
      hint: "read it again and repeat",
    });
  const [next] = yield* all(activeRuns(using, row));
  return threadOf(yield* putSummary(using, row, summary, next !== undefined));
}

function* expired(using: Sql, now: number, limit: number): Step<ThreadRow[]> {
  const rows = yield* all(
    selectThreads(using)
      .where("threads.ttl_minutes", "is not", null)
      .where(sql<boolean>`${sql.ref("updated_at")} + ${sql.ref("ttl_minutes")} * 60000 < ${now}`)
      .where("threads.status", "!=", "busy")
      .where((eb) =>
        eb.or([
          eb("threads.pruned_at", "is", null),
          eb("threads.pruned_at", "<", eb.ref("threads.updated_at")),
        ]),
      )
      .limit(limit),
  );
  return rows.map(threadOf);
}

function* pruned({ db }: Sql, scope: Scope, id: string): Step<void> {
  yield* run(
    db
      .updateTable("threads")
      .set((eb) => ({ pruned_at: eb.ref("updated_at") }))
      .where("tenant", "=", tenantOf(scope))
      .where("id", "=", id),
  );
}

export const createThreadTable = (using: Sql, runner: Runner): ThreadTable => ({
  create: (scope, thread, ifExists) => runner.write(() => create(using, scope, thread, ifExists)),
  get: (scope, id) => runner.read(() => get(using, scope, id)),
  patch: (scope, id, change) => runner.write(() => patch(using, scope, id, change)),
  delete: (scope, id, restedSince) => runner.write(() => remove(using, scope, id, restedSince)),
  search: (scope, query, page) => runner.read(() => search(using, scope, query, page)),
  count: (scope, query) => runner.read(() => count(using, scope, query)),
  setState: (scope, id, summary, expectVersion) =>
    runner.write(() => setState(using, scope, id, summary, expectVersion)),
  expired: (now, limit) => runner.read(() => expired(using, now, limit)),
  pruned: (scope, id) => runner.write(() => pruned(using, scope, id)),
});
