// How much a call may take of what is left: the decision, without the ledger.
import type { Amounts, BudgetTotals, LimitName } from "../ports/index.ts";

export interface ReservationRequest {
  readonly limits: Amounts;
  readonly totals: Pick<BudgetTotals, "settled" | "reserved">;
  readonly promptTokens: number;
  /** Longest answer wanted, in tokens. */
  readonly wantedOutput: number;
  /** An answer that had to be shorter would be cut and paid for in vain. */
  readonly leastOutput: number;
  /** Micro-euro of a call with so many tokens in the answer; grows with them. */
  readonly cost: (outputTokens: number) => number;
}

export type ReservationDecision =
  | {
      readonly kind: "reserve";
      readonly amounts: Required<Amounts>;
      /** The bound to set on the answer; absent when nothing limits it. */
      readonly maxTokens?: number;
    }
  | {
      readonly kind: "refuse";
      readonly limit: LimitName;
      readonly left: number;
      readonly spent: number;
    };

export const decideReservation = (request: ReservationRequest): ReservationDecision => {
  const { limits, totals, promptTokens, wantedOutput, cost } = request;
  const left = (name: LimitName): number =>
    (limits[name] ?? Number.POSITIVE_INFINITY) - totals.settled[name] - totals.reserved[name];
  const refuse = (limit: LimitName): ReservationDecision => ({
    kind: "refuse",
    limit,
    left: Math.max(0, left(limit)),
    spent: totals.settled[limit],
  });
  const least = Math.min(request.leastOutput, wantedOutput);
  if (left("calls") < 1) return refuse("calls");
  if (left("tokens") < promptTokens + least) return refuse("tokens");
  if (left("microEur") < cost(least)) return refuse("microEur");
  const byTokens = Math.min(wantedOutput, left("tokens") - promptTokens);
  const output = largest(least, byTokens, (tokens) => cost(tokens) <= left("microEur"));
  const limited = limits.tokens !== undefined || limits.microEur !== undefined;
  return {
    kind: "reserve",
    amounts: { tokens: promptTokens + output, microEur: cost(output), calls: 1 },
    ...(limited ? { maxTokens: output } : {}),
  };
};

/** The largest integer from `low` to `high` that fits, given that `low` does and smaller ones fit too. */
const largest = (low: number, high: number, fits: (value: number) => boolean): number => {
  if (fits(high)) return high;
  let [good, bad] = [low, high];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (fits(middle)) good = middle;
    else bad = middle;
  }
  return good;
};
