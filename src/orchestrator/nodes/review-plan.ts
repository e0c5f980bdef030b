// A person approves, edits or rejects the plan. An edited plan must be able to run; a rejection with
// words makes a new plan.
import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { ask } from "../../governance/index.ts";
import { type Answer, Plan } from "../../protocol/index.ts";
import { validatePlan } from "../../verification/index.ts";
import { adoptPlan, planOf } from "../adopt-plan.ts";
import { planQuestion } from "../questions.ts";
import { reviewOf } from "../review.ts";
import { emitter, profilesOf } from "../run-context.ts";
import type { ServicesSource } from "../services.ts";
import type { Patch, State } from "../state.ts";

export const reviewPlan =
  (source: ServicesSource) =>
  async (state: State, config: LangGraphRunnableConfig): Promise<Patch> => {
    const services = await source();
    const tables = await profilesOf(services, state.sources, config.signal);
    const assignees = Object.values(services.assignees).map(({ card }) => card);
    const problem = (answer: Answer): string | undefined => {
      if (answer.type !== "edit") return undefined;
      const edited = Plan.safeParse(answer.args["plan"]);
      if (!edited.success) return edited.error.issues.map((issue) => issue.message).join("; ");
      const findings = validatePlan(edited.data, { assignees, tables: [...tables] });
      return findings.length === 0 ? undefined : findings.map((one) => one.message).join("; ");
    };
    const answer = ask(planQuestion(planOf(state)), problem);
    const reviews = [reviewOf("plan", answer, services.clock)];
    if (answer.type === "edit") {
      const edited = Plan.parse(answer.args["plan"]);
      emitter(config)({ type: "plan-end", plan: edited, revision: state.ledger.revision + 1 });
      return { reviews, ...(await adoptPlan(state, edited, config)) };
    }
    if (answer.type === "reject") {
      const reason = answer.message === "" ? "the plan was rejected" : answer.message;
      const requests =
        answer.message === "" ? state.ledger.requests : [...state.ledger.requests, answer.message];
      return { reviews, ledger: { ...state.ledger, reason, requests } };
    }
    return { reviews };
  };

export const afterPlanReview = (state: State): "replan" | "dispatch" =>
  state.ledger.reason === null ? "dispatch" : "replan";
