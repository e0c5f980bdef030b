// Webhooks that were promised. Taking one moves its time on, so that nobody else sends it meanwhile.
import { codecOf } from "./columns.ts";
import type { DeliveryRow, NewDelivery, Outbox } from "./records.ts";
import type { Sql } from "./sql.ts";
import { all, one, run, type Runner, type Step, tell } from "./step.ts";

const codec = codecOf<DeliveryRow>({
  id: "text",
  tenant: "text",
  url: "text",
  body: "text",
  attempts: "number",
  dueAt: "number",
  lastError: "text",
  createdAt: "number",
});

/** Nothing happens when a delivery with this id is there. */
export function* addDelivery({ db, clock }: Sql, delivery: NewDelivery): Step<void> {
  const now = clock.now();
  yield* run(
    db
      .insertInto("outbox")
      .values({ ...delivery, attempts: 0, due_at: now, last_error: null, created_at: now })
      .onConflict((conflicting) => conflicting.column("id").doNothing()),
  );
  yield* tell({ kind: "delivery-due" });
}

function* take({ db, clock, dialect }: Sql, limit: number, leaseMs: number): Step<DeliveryRow[]> {
  const now = clock.now();
  const due = db
    .selectFrom("outbox")
    .select("id")
    .where("due_at", "<=", now)
    .orderBy("due_at")
    .limit(limit);
  const rows = yield* all(
    db
      .updateTable("outbox")
      .set((eb) => ({ due_at: now + leaseMs, attempts: eb("attempts", "+", 1) }))
      .where("id", "in", dialect === "postgres" ? due.forUpdate().skipLocked() : due)
      .returningAll(),
  );
  return rows.map(codec.read);
}

function* failed({ db }: Sql, id: string, error: string, dueAt: number | null): Step<void> {
  yield* run(
    db.updateTable("outbox").set({ last_error: error, due_at: dueAt }).where("id", "=", id),
  );
}

function* nextDue({ db }: Sql): Step<number | undefined> {
  const row = yield* one(
    db
      .selectFrom("outbox")
      .select("due_at")
      .where("due_at", "is not", null)
      .orderBy("due_at")
      .limit(1),
  );
  return row?.due_at ?? undefined;
}

export const createOutbox = (using: Sql, runner: Runner): Outbox => ({
  add: (delivery) => runner.write(() => addDelivery(using, delivery)),
  take: (limit, leaseMs) => runner.write(() => take(using, limit, leaseMs)),
  delivered: (id) =>
    runner.write(function* () {
      yield* run(using.db.deleteFrom("outbox").where("id", "=", id));
    }),
  failed: (id, error, dueAt) => runner.write(() => failed(using, id, error, dueAt)),
  nextDue: () => runner.read(() => nextDue(using)),
});
