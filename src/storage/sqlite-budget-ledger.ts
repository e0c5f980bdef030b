// Spending in the embedded database. A reservation and the check of the limits are one IMMEDIATE
// transaction, so that parallel branches and parallel processes cannot overspend together.
import type { Database } from "better-sqlite3";
import type { Amounts, BudgetLedger, BudgetTotals, LimitName } from "../ports/index.ts";

interface Sums {
  tokens: number;
  micro_eur: number;
  calls: number;
  input_tokens: number;
  output_tokens: number;
}
interface LimitRow {
  tokens: number | null;
  micro_eur: number | null;
  calls: number | null;
}

const sumsOf = (database: Database, state: "reserved" | "settled", thread: string): Sums =>
  database
    .prepare<[string, string], Sums>(
      `SELECT coalesce(sum(tokens), 0) AS tokens, coalesce(sum(micro_eur), 0) AS micro_eur,
              coalesce(sum(calls), 0) AS calls, coalesce(sum(input_tokens), 0) AS input_tokens,
              coalesce(sum(output_tokens), 0) AS output_tokens
       FROM budget_entries WHERE state = ? AND thread_id = ?`,
    )
    .get(state, thread) as Sums;

const amountsOf = ({ tokens, micro_eur, calls }: Sums): Required<Amounts> => ({
  tokens,
  microEur: micro_eur,
  calls,
});

const limitsOf = (row: LimitRow | undefined): Amounts => ({
  ...(row?.tokens == null ? {} : { tokens: row.tokens }),
  ...(row?.micro_eur == null ? {} : { microEur: row.micro_eur }),
  ...(row?.calls == null ? {} : { calls: row.calls }),
});

const totalsOf = (database: Database, thread: string): BudgetTotals => {
  const settled = sumsOf(database, "settled", thread);
  return {
    settled: amountsOf(settled),
    reserved: amountsOf(sumsOf(database, "reserved", thread)),
    inputTokens: settled.input_tokens,
    outputTokens: settled.output_tokens,
  };
};

const NAMES: readonly LimitName[] = ["calls", "tokens", "microEur"];

export const createSqliteBudgetLedger = (database: Database): BudgetLedger => {
  const readLimits = database.prepare<[string], LimitRow>(
    "SELECT tokens, micro_eur, calls FROM budget_limits WHERE thread_id = ?",
  );
  const insert = database.prepare(
    `INSERT INTO budget_entries (id, thread_id, state, tokens, micro_eur, calls)
     VALUES (?, ?, 'reserved', ?, ?, ?)`,
  );
  const reserve = database.transaction((thread: string, id: string, amounts: Required<Amounts>) => {
    const limits = limitsOf(readLimits.get(thread));
    const { settled, reserved } = totalsOf(database, thread);
    for (const limit of NAMES) {
      const left = (limits[limit] ?? Infinity) - settled[limit] - reserved[limit];
      if (amounts[limit] > left) return { ok: false as const, limit, left: Math.max(0, left) };
    }
    insert.run(id, thread, amounts.tokens, amounts.microEur, amounts.calls);
    return { ok: true as const };
  });
  return {
    limit: async (thread, { tokens, microEur, calls }) => {
      database
        .prepare("INSERT OR REPLACE INTO budget_limits VALUES (?, ?, ?, ?)")
        .run(thread, tokens ?? null, microEur ?? null, calls ?? null);
    },
    limits: async (thread) => limitsOf(readLimits.get(thread)),
    reserve: async (thread, id, amounts) => reserve.immediate(thread, id, amounts),
    settle: async (id, spent) => {
      if (spent === undefined)
        database.prepare("DELETE FROM budget_entries WHERE id = ? AND state = 'reserved'").run(id);
      else
        database
          .prepare(
            `UPDATE budget_entries SET state = 'settled', tokens = ?, micro_eur = ?, calls = ?,
             input_tokens = ?, output_tokens = ? WHERE id = ? AND state = 'reserved'`,
          )
          .run(
            spent.tokens,
            spent.microEur,
            spent.calls,
            spent.inputTokens,
            spent.outputTokens,
            id,
          );
    },
    totals: async (thread) => totalsOf(database, thread),
    recover: async (thread) => {
      database
        .prepare(
          "UPDATE budget_entries SET state = 'settled' WHERE thread_id = ? AND state = 'reserved'",
        )
        .run(thread);
    },
  };
};
