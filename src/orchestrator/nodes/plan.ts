// The planner turns the goal into tasks. A plan that cannot run is sent back once with the reasons.
import { HumanMessage, SystemMessage } from "@langchain/core/messages";
import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { asTuttiError, TuttiError } from "../../errors.ts";
import { askStructured } from "../../models/index.ts";
import {
  ASK_CLARIFICATION,
  type AssigneeCard,
  ClarifyingForm,
  Plan,
  type PlannerBriefing,
  SUBMIT_PLAN,
  type TableProfile,
  writeBriefing,
} from "../../protocol/index.ts";
import { validatePlan } from "../../verification/index.ts";
import { adoptPlan, planOf } from "../adopt-plan.ts";
import { pausing } from "../pausing.ts";
import { PLANNER_PROMPT } from "../prompts/planner.ts";
import { emitter, plannerContext, profilesOf } from "../run-context.ts";
import type { OrchestratorServices, ServicesSource } from "../services.ts";
import type { Patch, State } from "../state.ts";

/** A specialist's declaration may ask for checks of its own, whatever the planner picked. */
const withDeclaredChecks = (plan: Plan, assignees: readonly AssigneeCard[]): Plan => ({
  ...plan,
  tasks: plan.tasks.map((task) => {
    const declared = assignees.find(({ name }) => name === task.assignee)?.checks ?? [];
    return { ...task, checks: [...new Set([...task.checks, ...declared])] };
  }),
});

const previousOf = (state: State): Pick<PlannerBriefing, "previous"> => {
  if (state.ledger.revision === 0) return {};
  const records = Object.values(state.tasks);
  return {
    previous: {
      plan: planOf(state),
      verified: records.filter(({ status }) => status === "done").map(({ task }) => task.id),
      reason: state.ledger.reason ?? "the goal has changed",
      failures: records
        .filter(({ status }) => status === "failed")
        .map(({ task, findings }) => ({ taskId: task.id, findings })),
    },
  };
};

const briefingOf = (
  state: State,
  services: OrchestratorServices,
  tables: readonly TableProfile[],
): PlannerBriefing => ({
  role: "planner",
  goal: state.goal,
  today: state.options.today ?? new Date(services.clock.now()).toISOString().slice(0, 10),
  tables: [...tables],
  documents: state.sources.filter(({ kind }) => kind === "document").map(({ name }) => name),
  assignees: Object.values(services.assignees).map(({ card }) => card),
  clarifications: state.ledger.clarifications,
  ...previousOf(state),
});

/** A form is offered once: whoever has answered it is not asked again. */
const toolsFor = (state: State) => [
  { name: SUBMIT_PLAN, description: "Hands over the plan.", schema: Plan },
  ...(Object.keys(state.ledger.clarifications).length > 0
    ? []
    : [
        {
          name: ASK_CLARIFICATION,
          description: "Asks the person to decide what the goal leaves open.",
          schema: ClarifyingForm,
        },
      ]),
];

const failed = (error: TuttiError): Patch => ({
  outcome: {
    status: "failed",
    code: error.code,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  },
  failures: [{ code: error.code, message: error.message }],
});

/** Errors of the goal or the plan itself: another attempt would end the same. */
const FINAL = new Set([
  "GOAL_NOT_UNDERSTOOD",
  "MODEL_OUTPUT",
  "MODEL_REFUSED",
  "PLAN_INVALID",
  "POLICY_DENIED",
]);

const makePlan =
  (source: ServicesSource) =>
  async (state: State, config: LangGraphRunnableConfig): Promise<Patch> => {
    const services = await source();
    const emit = emitter(config);
    const revision = state.ledger.revision + 1;
    if (revision > 1) emit({ type: "replan-start", reason: state.ledger.reason ?? "" });
    const tables = await profilesOf(services, state.sources, config.signal);
    const briefing = briefingOf(state, services, tables);
    const model = await services.planner(plannerContext(config, revision, state.options.minutes));
    const problems = (plan: Plan): string[] =>
      validatePlan(plan, briefing).map(({ message }) => message);
    try {
      const reply = await askStructured(
        model,
        [new SystemMessage(PLANNER_PROMPT), new HumanMessage(writeBriefing(briefing))],
        {
          tools: toolsFor(state),
          validate: ({ tool, value }) => (tool === SUBMIT_PLAN ? problems(Plan.parse(value)) : []),
          ...(config.signal === undefined ? {} : { signal: config.signal }),
        },
      );
      if (reply.tool === ASK_CLARIFICATION)
        return { ledger: { ...state.ledger, form: ClarifyingForm.parse(reply.value) } };
      const plan = withDeclaredChecks(Plan.parse(reply.value), briefing.assignees);
      emit({ type: "plan-end", plan, revision });
      return await adoptPlan(state, plan, config);
    } catch (caught) {
      const error = asTuttiError(caught);
      if (FINAL.has(error.code)) return failed(error);
      throw caught;
    }
  };

export const plan = (services: ServicesSource) => pausing(services, makePlan(services));

export const afterPlan = (state: State): "failed" | "clarify" | "review" | "dispatch" => {
  if (state.outcome !== null) return "failed";
  if (state.ledger.form !== null) return "clarify";
  return state.options.review.includes("plan") ? "review" : "dispatch";
};
