// A node that calls a model may meet a limit or an outage. Both are durable pauses, not lost runs: the
// person grants more, or mends the key, and the node runs again from its first line.
import { isGraphBubbleUp, type LangGraphRunnableConfig } from "@langchain/langgraph";
import { ask } from "../governance/index.ts";
import { threadOf } from "./run-context.ts";
import type { ServicesSource } from "./services.ts";
import { applyGrant, grantProblem } from "./grant.ts";
import { failureQuestion, isLimit, isResumable, limitQuestion } from "./questions.ts";
import type { Patch, State } from "./state.ts";

type Node = (state: State, config: LangGraphRunnableConfig) => Promise<Patch>;

const gaveUp = (code: string, message: string): Patch => ({
  outcome: { status: "failed", code, message },
  failures: [{ code, message }],
});

/** Wraps a node so that LIMIT_REACHED and resumable failures ask instead of ending the run. */
export const pausing =
  (services: ServicesSource, node: Node): Node =>
  async (state, config) => {
    for (;;) {
      try {
        return await node(state, config);
      } catch (error) {
        if (isGraphBubbleUp(error)) throw error;
        if (isLimit(error)) {
          const question = limitQuestion(error);
          const { budget } = await services();
          const answer = ask(question, (given) => grantProblem(question, given));
          if (answer.type === "reject") return gaveUp(error.code, error.message);
          await applyGrant(budget, threadOf(config), question, answer);
        } else if (isResumable(error)) {
          const answer = ask(failureQuestion("failure", error));
          if (answer.type === "reject") return gaveUp(error.code, error.message);
        } else throw error;
      }
    }
  };
