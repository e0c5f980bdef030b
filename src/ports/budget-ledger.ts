// Where spending is recorded, durably and atomically, so that parallel calls and restarts cannot overspend.

/** Amounts of one call or of a limit. Absent: not counted or not limited. */
export interface Amounts {
  tokens?: number;
  /** Micro-euro (1e-6 EUR), an integer. */
  microEur?: number;
  calls?: number;
}

export interface BudgetTotals {
  settled: Required<Amounts>;
  reserved: Required<Amounts>;
  inputTokens: number;
  outputTokens: number;
}

export type LimitName = "tokens" | "microEur" | "calls";

export interface BudgetLedger {
  /** Sets or replaces the limits of a run. */
  limit(rootThread: string, limits: Amounts): Promise<void>;
  limits(rootThread: string): Promise<Amounts>;
  /**
   * Reserves, in one transaction with the check of the limits; answers which limit forbids it instead
   * when settled + reserved + amounts would pass one.
   */
  reserve(
    rootThread: string,
    id: string,
    amounts: Required<Amounts>,
  ): Promise<{ ok: true } | { ok: false; limit: LimitName; left: number }>;
  /** Replaces a reservation by what was spent; `undefined` releases it. Idempotent by id. */
  settle(
    id: string,
    spent: (Required<Amounts> & { inputTokens: number; outputTokens: number }) | undefined,
  ): Promise<void>;
  totals(rootThread: string): Promise<BudgetTotals>;
  /** Turns the reservations a killed process left behind into spending (conservative). */
  recover(rootThread: string): Promise<void>;
}
