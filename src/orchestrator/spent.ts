// What a run has cost, for people.
import type { BudgetTotals } from "../ports/index.ts";
import type { Usage } from "../protocol/index.ts";

export const spentBy = ({ settled, inputTokens, outputTokens }: BudgetTotals): Usage => ({
  inputTokens,
  outputTokens,
  calls: settled.calls,
  costEur: settled.microEur / 1e6,
});
