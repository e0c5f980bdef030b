// The run has taken as many rounds as it was given: it pauses and asks for more.
import { ask, parseBudget } from "../../governance/index.ts";
import type { Answer, Question } from "../../protocol/index.ts";
import { messageOf } from "../../errors.ts";
import type { Patch, State } from "../state.ts";

const stepsQuestion = (steps: number): Question => ({
  id: "limit",
  kind: "limit",
  description: `The run has used its ${steps} steps. Approve to give it as many again, or answer with a number such as "40steps".`,
  args: { limit: "steps", current: steps, proposed: steps * 2 },
  allowed: ["approve", "respond", "reject"],
});

const grantedSteps = (answer: Answer, proposed: number): number | undefined =>
  answer.type === "respond" ? parseBudget(String(answer.value)).steps : proposed;

const problem = (answer: Answer): string | undefined => {
  try {
    const steps = grantedSteps(answer, 1);
    return steps === undefined ? "say how many steps, e.g. 40steps" : undefined;
  } catch (error) {
    return messageOf(error);
  }
};

export const pause = (state: State): Patch => {
  const { steps } = state.ledger;
  const answer = ask(stepsQuestion(steps), problem);
  if (answer.type === "reject") {
    const message = `given up after ${steps} steps`;
    return {
      outcome: { status: "failed", code: "LIMIT_REACHED", message },
      failures: [{ code: "LIMIT_REACHED", message }],
    };
  }
  return { options: { ...state.options, steps: grantedSteps(answer, steps * 2) } };
};
