// What an answer to a limit question grants, and writing it down.
import { parseBudget } from "../governance/index.ts";
import type { Amounts, BudgetLedger } from "../ports/index.ts";
import type { Answer, Question } from "../protocol/index.ts";
import { messageOf } from "../errors.ts";

/** The limits an answer sets, absolute amounts. Throws USAGE for words that are no budget. */
const grantedBy = (question: Question, answer: Answer): Amounts => {
  if (answer.type === "respond") return parseBudget(String(answer.value));
  const { limit, proposed } = question.args;
  const isAmount = limit === "tokens" || limit === "microEur" || limit === "calls";
  return isAmount && typeof proposed === "number" ? { [limit]: proposed } : {};
};

/** Why an answer to a limit question cannot be taken, or undefined. */
export const grantProblem = (question: Question, answer: Answer): string | undefined => {
  try {
    grantedBy(question, answer);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
};

/** Replaces limits by what was granted; absolute, so that a replayed node raises nothing twice. */
export const applyGrant = async (
  budget: BudgetLedger,
  rootThread: string,
  question: Question,
  answer: Answer,
): Promise<void> => {
  const { tokens, microEur, calls } = grantedBy(question, answer);
  await budget.limit(rootThread, {
    ...(await budget.limits(rootThread)),
    ...(tokens === undefined ? {} : { tokens }),
    ...(microEur === undefined ? {} : { microEur }),
    ...(calls === undefined ? {} : { calls }),
  });
};
