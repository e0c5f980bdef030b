// The row of a thread: how it is read, locked and changed. Whatever changes a run of a thread holds the
// lock of the thread's row.
import type { Insertable, Updateable } from "kysely";
import { codecOf } from "./columns.ts";
import { noThread } from "./not-found.ts";
import type { Json, JsonObject, Scope, ThreadRow, ThreadSummary, ThreadTtl } from "./records.ts";
import { isVisible, tenantOf } from "./scope.ts";
import { locked, type Sql } from "./sql.ts";
import { one, run, type Step } from "./step.ts";
import { fromStoredJson, toStoredJson } from "./stored-text.ts";
import type { Tables } from "./tables.ts";

const codec = codecOf<Omit<ThreadRow, "values" | "ttl">>({
  tenant: "text",
  id: "text",
  status: "text",
  metadata: "json",
  config: "json",
  interrupts: "json",
  error: "json",
  version: "number",
  createdAt: "number",
  updatedAt: "number",
  stateUpdatedAt: "number",
});
export const threadColumns = codec.write;

/** A thread as it lies in the database, with its values beside it. */
export type StoredThread = Tables["threads"] & { readonly data: string | null };

export const threadOf = (row: Tables["threads"] & { readonly data: string | null }): ThreadRow => ({
  ...codec.read(row),
  values: row.data === null ? null : (fromStoredJson(row.data) as Json),
  ttl:
    row.ttl_strategy === null || row.ttl_minutes === null
      ? null
      : { strategy: row.ttl_strategy, minutes: row.ttl_minutes },
});

/** Threads with their values. */
export const selectThreads = ({ db }: Sql) =>
  db
    .selectFrom("threads")
    .selectAll("threads")
    .select((eb) =>
      eb
        .selectFrom("thread_values")
        .select("thread_values.data")
        .whereRef("thread_values.tenant", "=", "threads.tenant")
        .whereRef("thread_values.thread_id", "=", "threads.id")
        .as("data"),
    );

/** The thread under lock, when there is one that the caller may see. */
export function* lockThreadRow(
  using: Sql,
  scope: Scope,
  id: string,
): Step<StoredThread | undefined> {
  const query = using.db
    .selectFrom("threads")
    .selectAll("threads")
    .where("threads.tenant", "=", tenantOf(scope))
    .where("threads.id", "=", id)
    .where(isVisible(using, scope, "threads.metadata"));
  const row = yield* one(locked(using, query));
  if (row === undefined) return undefined;
  const values = yield* one(
    using.db
      .selectFrom("thread_values")
      .select("data")
      .where("tenant", "=", row.tenant)
      .where("thread_id", "=", row.id),
  );
  return { ...row, data: values?.data ?? null };
}

export function* lockThreadOf(
  using: Sql,
  { tenant, threadId }: { tenant: string; threadId: string },
): Step<StoredThread | undefined> {
  return yield* lockThreadRow(using, { tenant }, threadId);
}

export function* requireThread(using: Sql, scope: Scope, id: string): Step<StoredThread> {
  const row = yield* lockThreadRow(using, scope, id);
  if (row === undefined) throw noThread(id);
  return row;
}

/** Changes a locked thread; answers it as it is then. */
export function* changeThread(
  { db, clock }: Sql,
  row: StoredThread,
  change: Updateable<Tables["threads"]>,
): Step<StoredThread> {
  const changed = { updated_at: clock.now(), ...change };
  yield* run(
    db
      .updateTable("threads")
      .set(changed)
      .where("tenant", "=", row.tenant)
      .where("id", "=", row.id),
  );
  return { ...row, ...decoded(changed) };
}

// JSON on its way in is wrapped; a row that was read has text.
const decoded = (change: Updateable<Tables["threads"]>): Partial<Tables["threads"]> =>
  Object.fromEntries(
    Object.entries(change).map(([name, value]) => [
      name,
      typeof value === "object" && value !== null ? (value as { text: string }).text : value,
    ]),
  );

export function* putValues({ db }: Sql, row: StoredThread, values: Json): Step<StoredThread> {
  const data = values === null ? null : toStoredJson(values);
  if (data === null)
    yield* run(
      db
        .deleteFrom("thread_values")
        .where("tenant", "=", row.tenant)
        .where("thread_id", "=", row.id),
    );
  else {
    const stored = data as unknown as string;
    yield* run(
      db
        .insertInto("thread_values")
        .values({ tenant: row.tenant, thread_id: row.id, data: stored })
        .onConflict((conflict) =>
          conflict.columns(["tenant", "thread_id"]).doUpdateSet({ data: stored }),
        ),
    );
  }
  return { ...row, data: data?.text ?? null };
}

/** What a run or an update left, in a locked thread; `isBusy`: other runs wait or work. */
export function* putSummary(
  using: Sql,
  row: StoredThread,
  summary: ThreadSummary,
  isBusy: boolean,
  more: Updateable<Tables["threads"]> = {},
): Step<StoredThread> {
  const { status, values, interrupts, error } = summary;
  const now = using.clock.now();
  const changed = yield* changeThread(using, row, {
    ...threadColumns({
      status: isBusy ? "busy" : status,
      interrupts,
      error,
      version: row.version + 1,
      updatedAt: now,
      stateUpdatedAt: now,
    }),
    resting: status,
    ...more,
  });
  return yield* putValues(using, changed, values);
}

export const ttlColumns = (ttl: ThreadTtl | null | undefined) =>
  ttl === undefined
    ? {}
    : { ttl_strategy: ttl?.strategy ?? null, ttl_minutes: ttl?.minutes ?? null };

export const newThread = (
  tenant: string,
  id: string,
  metadata: JsonObject,
  now: number,
): Insertable<Tables["threads"]> => ({
  ...threadColumns({
    tenant,
    id,
    status: "idle",
    metadata,
    config: {},
    interrupts: {},
    error: null,
    version: 1,
    createdAt: now,
    updatedAt: now,
    stateUpdatedAt: now,
  }),
  resting: "idle",
  active_run: null,
  ttl_strategy: null,
  ttl_minutes: null,
  pruned_at: null,
  job: null,
});

/** An insert's columns as a row that was read. */
export const asStored = (columns: Insertable<Tables["threads"]>): StoredThread =>
  ({ ...decoded(columns), data: null }) as StoredThread;
