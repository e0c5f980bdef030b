// Asks a person: a durable pause that ends with an answer that fits, or asks again.
import { interrupt } from "@langchain/langgraph";
import { TuttiError } from "../../errors.ts";
import type { Answer, Question } from "../../protocol/index.ts";
import { responseSchemaOf, toInterrupt } from "./interrupt-payload.ts";
import { inTime, LATE_REASON } from "./late-answer.ts";
import { readAnswer } from "./read-answer.ts";

/**
 * Interrupts the node until a valid answer is there. `check` may refuse an answer with a reason (an
 * edited plan that cannot run). Our server refuses bad answers before anything is saved; this loop is
 * for hosts that have no such door: the question is asked again with the reason, and nothing goes on.
 */
export const ask = (
  question: Question,
  check: (answer: Answer) => string | undefined = () => undefined,
): Answer => {
  let error: string | undefined;
  for (;;) {
    const payload = toInterrupt(question, error);
    const given = inTime(() => interrupt(payload, { responseSchema: responseSchemaOf(question) }));
    if (given === undefined) {
      error = LATE_REASON;
      continue;
    }
    try {
      const answer = readAnswer(payload, given.value);
      error = check(answer);
      if (error === undefined) return answer;
    } catch (caught) {
      if (!(caught instanceof TuttiError)) throw caught;
      error = caught.message;
    }
  }
};
