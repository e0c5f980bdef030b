// A person signs off the finished files, or sends them back with words, which makes a new plan.
import { ask } from "../../governance/index.ts";
import { resultQuestion } from "../questions.ts";
import { reviewOf } from "../review.ts";
import type { ServicesSource } from "../services.ts";
import type { Patch, State } from "../state.ts";

const rejected = (state: State, message: string): Patch => {
  const reason = message === "" ? "the result was rejected" : message;
  if (message !== "" && state.ledger.replans < state.options.replans)
    return {
      ledger: {
        ...state.ledger,
        reason,
        requests: [...state.ledger.requests, message],
        replans: state.ledger.replans + 1,
      },
    };
  return {
    outcome: { status: "failed", code: "CHECKS_FAILED", message: `rejected in review: ${reason}` },
    failures: [{ code: "CHECKS_FAILED", message: reason }],
  };
};

export const reviewResult =
  (source: ServicesSource) =>
  async (state: State): Promise<Patch> => {
    const services = await source();
    const answer = ask(resultQuestion(state.ledger, state.artifacts));
    const reviews = [reviewOf("result", answer, services.clock)];
    return answer.type === "reject" ? { reviews, ...rejected(state, answer.message) } : { reviews };
  };

export const afterResultReview = (state: State): "publish" | "replan" | "conclude" => {
  if (state.outcome !== null) return "conclude";
  return state.ledger.reason === null ? "publish" : "replan";
};
