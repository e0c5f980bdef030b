// Spending. A reservation and the check of the limits are one transaction under the lock of the run's
// limits, so that parallel branches and parallel processes cannot overspend together.
import type { Amounts, BudgetLedger, BudgetTotals, LimitName } from "../ports/index.ts";
import { locked, type Sql } from "./sql.ts";
import { all, one, run, type Runner, type Step } from "./step.ts";
import type { Tables } from "./tables.ts";

const NAMES: readonly LimitName[] = ["calls", "tokens", "microEur"];

const limitsOf = (row: Tables["budget_limits"] | undefined): Amounts => ({
  ...(row?.tokens == null ? {} : { tokens: row.tokens }),
  ...(row?.micro_eur == null ? {} : { microEur: row.micro_eur }),
  ...(row?.calls == null ? {} : { calls: row.calls }),
});

const NOTHING = { tokens: 0, microEur: 0, calls: 0 };

function* totals({ db }: Sql, thread: string): Step<BudgetTotals> {
  const rows = yield* all(
    db
      .selectFrom("budget_entries")
      .select((eb) => [
        "state",
        eb.fn.sum<number>("tokens").as("tokens"),
        eb.fn.sum<number>("micro_eur").as("microEur"),
        eb.fn.sum<number>("calls").as("calls"),
        eb.fn.sum<number>("input_tokens").as("inputTokens"),
        eb.fn.sum<number>("output_tokens").as("outputTokens"),
      ])
      .where("thread_id", "=", thread)
      .groupBy("state"),
  );
  const of = (wanted: "reserved" | "settled") => {
    const row = rows.find(({ state }) => state === wanted);
    return row === undefined
      ? NOTHING
      : { tokens: row.tokens, microEur: row.microEur, calls: row.calls };
  };
  const settled = rows.find(({ state }) => state === "settled");
  return {
    settled: of("settled"),
    reserved: of("reserved"),
    inputTokens: settled?.inputTokens ?? 0,
    outputTokens: settled?.outputTokens ?? 0,
  };
}

const selectLimits = ({ db }: Sql, thread: string) =>
  db.selectFrom("budget_limits").selectAll().where("thread_id", "=", thread);

function* reserve(using: Sql, thread: string, id: string, amounts: Required<Amounts>) {
  const limits = limitsOf(yield* one(locked(using, selectLimits(using, thread))));
  const { settled, reserved } = yield* totals(using, thread);
  for (const name of NAMES) {
    const left = (limits[name] ?? Infinity) - settled[name] - reserved[name];
    if (amounts[name] > left) return { ok: false as const, limit: name, left: Math.max(0, left) };
  }
  yield* run(
    using.db.insertInto("budget_entries").values({
      id,
      thread_id: thread,
      state: "reserved",
      tokens: amounts.tokens,
      micro_eur: amounts.microEur,
      calls: amounts.calls,
      input_tokens: 0,
      output_tokens: 0,
    }),
  );
  return { ok: true as const };
}

function* settle(
  { db }: Sql,
  id: string,
  spent: Parameters<BudgetLedger["settle"]>[1],
): Step<void> {
  if (spent === undefined)
    yield* run(
      db.deleteFrom("budget_entries").where("id", "=", id).where("state", "=", "reserved"),
    );
  else
    yield* run(
      db
        .updateTable("budget_entries")
        .set({
          state: "settled",
          tokens: spent.tokens,
          micro_eur: spent.microEur,
          calls: spent.calls,
          input_tokens: spent.inputTokens,
          output_tokens: spent.outputTokens,
        })
        .where("id", "=", id)
        .where("state", "=", "reserved"),
    );
}

function* limit({ db }: Sql, thread: string, { tokens, microEur, calls }: Amounts): Step<void> {
  const columns = { tokens: tokens ?? null, micro_eur: microEur ?? null, calls: calls ?? null };
  yield* run(
    db
      .insertInto("budget_limits")
      .values({ thread_id: thread, ...columns })
      .onConflict((conflict) => conflict.column("thread_id").doUpdateSet(columns)),
  );
}

function* recover({ db }: Sql, thread: string): Step<void> {
  yield* run(
    db
      .updateTable("budget_entries")
      .set({ state: "settled" })
      .where("thread_id", "=", thread)
      .where("state", "=", "reserved"),
  );
}

function* isReserved({ db }: Sql, thread: string): Step<boolean> {
  const row = yield* one(
    db
      .selectFrom("budget_entries")
      .select("id")
      .where("thread_id", "=", thread)
      .where("state", "=", "reserved")
      .limit(1),
  );
  return row !== undefined;
}

export const createBudgetLedger = (using: Sql, runner: Runner): BudgetLedger => ({
  limit: (thread, limits) => runner.write(() => limit(using, thread, limits)),
  limits: (thread) =>
    runner.read(function* () {
      return limitsOf(yield* one(selectLimits(using, thread)));
    }),
  reserve: (thread, id, amounts) => runner.write(() => reserve(using, thread, id, amounts)),
  settle: (id, spent) => runner.write(() => settle(using, id, spent)),
  totals: (thread) => runner.read(() => totals(using, thread)),
  recover: async (thread) => {
    // Every run asks; hardly any finds something, and to look is no transaction.
    if (await runner.read(() => isReserved(using, thread)))
      await runner.write(() => recover(using, thread));
  },
});
