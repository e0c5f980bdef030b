// Crons: what runs when. Of many schedulers the one that moves `nextRunAt` fires.
import { sql } from "kysely";
import { codecOf } from "./columns.ts";
import { checkedMetadata, containsJson } from "./metadata-filter.ts";
import { noCron } from "./not-found.ts";
import type { CronQuery, CronRecords, CronRow, CronSort, Scope } from "./records.ts";
import { isVisible, tenantOf } from "./scope.ts";
import type { Sql } from "./sql.ts";
import { all, one, run, type Runner, type Step, tell } from "./step.ts";

const codec = codecOf<CronRow>({
  tenant: "text",
  id: "text",
  assistantId: "text",
  threadId: "text",
  schedule: "text",
  timezone: "text",
  endTime: "number",
  payload: "json",
  metadata: "json",
  userId: "text",
  enabled: "flag",
  onRunCompleted: "text",
  nextRunAt: "number",
  createdAt: "number",
  updatedAt: "number",
});

const SORT = {
  id: "crons.id",
  assistantId: "crons.assistant_id",
  threadId: "crons.thread_id",
  createdAt: "crons.created_at",
  updatedAt: "crons.updated_at",
  nextRunAt: "crons.next_run_at",
} as const satisfies Record<CronSort, string>;

// A literal, so that the partial index of those that are due serves.
const ENABLED = sql.lit(1);

const visible = (using: Sql, scope: Scope) =>
  using.db
    .selectFrom("crons")
    .where("crons.tenant", "=", tenantOf(scope))
    .where(isVisible(using, scope, "crons.metadata"));

const matching = (using: Sql, scope: Scope, wanted: CronQuery) => {
  let query = visible(using, scope);
  if (wanted.assistantId !== undefined)
    query = query.where("crons.assistant_id", "=", wanted.assistantId);
  if (wanted.threadId !== undefined) query = query.where("crons.thread_id", "=", wanted.threadId);
  if (wanted.enabled !== undefined)
    query = query.where("crons.enabled", "=", Number(wanted.enabled));
  if (wanted.metadata !== undefined)
    query = query.where(containsJson(using, sql.ref("crons.metadata"), wanted.metadata));
  return query;
};

function* create({ db, clock }: Sql, scope: Scope, cron: Parameters<CronRecords["create"]>[1]) {
  const now = clock.now();
  checkedMetadata(cron.metadata);
  const row: CronRow = { ...cron, tenant: tenantOf(scope), createdAt: now, updatedAt: now };
  yield* run(db.insertInto("crons").values(codec.write(row)));
  yield* tell({ kind: "cron-changed" });
  return row;
}

function* get(using: Sql, scope: Scope, id: string): Step<CronRow> {
  const row = yield* one(visible(using, scope).selectAll("crons").where("crons.id", "=", id));
  if (row === undefined) throw noCron(id);
  return codec.read(row);
}

function* patch(
  using: Sql,
  scope: Scope,
  id: string,
  change: Parameters<CronRecords["patch"]>[2],
): Step<CronRow> {
  const row = yield* get(using, scope, id);
  if (change.metadata !== undefined) checkedMetadata(change.metadata);
  const changed = yield* one(
    using.db
      .updateTable("crons")
      .set(codec.write<Partial<CronRow>>({ ...change, updatedAt: using.clock.now() }))
      .where("id", "=", row.id)
      .returningAll(),
  );
  if (changed === undefined) throw noCron(id);
  yield* tell({ kind: "cron-changed" });
  return codec.read(changed);
}

function* remove(using: Sql, scope: Scope, id: string): Step<void> {
  const row = yield* get(using, scope, id);
  yield* run(using.db.deleteFrom("crons").where("id", "=", row.id));
  yield* tell({ kind: "cron-changed" });
}

function* due({ db }: Sql, now: number, limit: number): Step<CronRow[]> {
  const rows = yield* all(
    db
      .selectFrom("crons")
      .selectAll()
      .where("enabled", "=", ENABLED)
      .where("next_run_at", "<=", now)
      .orderBy("next_run_at")
      .limit(limit),
  );
  return rows.map(codec.read);
}

function* advance({ db, clock }: Sql, id: string, from: number, to: number | null): Step<boolean> {
  const changed = yield* run(
    db
      .updateTable("crons")
      .set({ next_run_at: to, updated_at: clock.now() })
      .where("id", "=", id)
      .where("enabled", "=", ENABLED)
      .where("next_run_at", "=", from),
  );
  return changed === 1;
}

function* nextDue({ db }: Sql): Step<number | undefined> {
  const row = yield* one(
    db
      .selectFrom("crons")
      .select("next_run_at")
      .where("enabled", "=", ENABLED)
      .where("next_run_at", "is not", null)
      .orderBy("next_run_at")
      .limit(1),
  );
  return row?.next_run_at ?? undefined;
}

export const createCronTable = (using: Sql, runner: Runner): CronRecords => ({
  create: (scope, cron) => runner.write(() => create(using, scope, cron)),
  get: (scope, id) => runner.read(() => get(using, scope, id)),
  patch: (scope, id, change) => runner.write(() => patch(using, scope, id, change)),
  delete: (scope, id) => runner.write(() => remove(using, scope, id)),
  search: (scope, query, { limit, offset, sortBy = "createdAt", sortOrder = "desc" }) =>
    runner.read(function* () {
      const rows = yield* all(
        matching(using, scope, query)
          .selectAll("crons")
          .orderBy(SORT[sortBy], (order) =>
            sortOrder === "asc" ? order.asc().nullsFirst() : order.desc().nullsLast(),
          )
          .orderBy("crons.id", sortOrder)
          .limit(limit)
          .offset(offset),
      );
      return rows.map(codec.read);
    }),
  count: (scope, query) =>
    runner.read(function* () {
      const row = yield* one(
        matching(using, scope, query).select((eb) => eb.fn.countAll<number>().as("count")),
      );
      return row?.count ?? 0;
    }),
  due: (now, limit) => runner.read(() => due(using, now, limit)),
  advance: (id, from, to) => runner.write(() => advance(using, id, from, to)),
  nextDue: () => runner.read(() => nextDue(using)),
});
