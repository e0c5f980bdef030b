// The orchestrator: a goal becomes a plan, tasks, checks, and a published result. This file is the picture.
import { END, START, StateGraph } from "@langchain/langgraph";
import { ask } from "./nodes/ask.ts";
import { afterAssemble, assemble } from "./nodes/assemble.ts";
import { clarify } from "./nodes/clarify.ts";
import { conclude } from "./nodes/conclude.ts";
import { afterDispatch, dispatch } from "./nodes/dispatch.ts";
import { intake } from "./nodes/intake.ts";
import { pause } from "./nodes/pause.ts";
import { afterPlan, plan } from "./nodes/plan.ts";
import { publish } from "./nodes/publish.ts";
import { afterPlanReview, reviewPlan } from "./nodes/review-plan.ts";
import { afterResultReview, reviewResult } from "./nodes/review-result.ts";
import { verify } from "./nodes/verify.ts";
import { work } from "./nodes/work.ts";
import type { ServicesSource } from "./services.ts";
import { OrchestratorInput, OrchestratorState } from "./state.ts";

// Loops are counted and bounded in the state (attempts, replans, steps); this is only the last fence:
// 200 tasks, each in a wave of its own, with all their attempts under all plans.
const RECURSION_LIMIT = 10_000;

/** The orchestrator as a graph without a checkpointer: the host gives it one. */
export const createOrchestrator = (services: ServicesSource) =>
  new StateGraph({ state: OrchestratorState, input: OrchestratorInput })
    .addNode("intake", intake(services))
    .addNode("plan", plan(services))
    .addNode("clarify", clarify)
    .addNode("review-plan", reviewPlan(services))
    .addNode("dispatch", dispatch)
    .addNode("work", work(services))
    .addNode("verify", verify(services))
    .addNode("ask", ask(services))
    .addNode("pause", pause)
    .addNode("assemble", assemble(services))
    .addNode("review-result", reviewResult(services))
    .addNode("publish", publish(services))
    .addNode("conclude", conclude(services))

    .addEdge(START, "intake")
    .addEdge("intake", "plan")
    .addConditionalEdges("plan", afterPlan, {
      clarify: "clarify",
      review: "review-plan",
      dispatch: "dispatch",
      failed: "conclude",
    })
    .addEdge("clarify", "plan")
    .addConditionalEdges("review-plan", afterPlanReview, { replan: "plan", dispatch: "dispatch" })
    .addConditionalEdges("dispatch", afterDispatch, {
      work: "work",
      ask: "ask",
      pause: "pause",
      replan: "plan",
      assemble: "assemble",
      conclude: "conclude",
    })
    .addEdge("work", "verify")
    .addEdge("verify", "dispatch")
    .addEdge("ask", "dispatch")
    .addEdge("pause", "dispatch")
    .addConditionalEdges("assemble", afterAssemble, { review: "review-result", publish: "publish" })
    .addConditionalEdges("review-result", afterResultReview, {
      publish: "publish",
      replan: "plan",
      conclude: "conclude",
    })
    .addEdge("publish", END)
    .addEdge("conclude", END)
    .compile({ name: "orchestrator" })
    .withConfig({ recursionLimit: RECURSION_LIMIT });
