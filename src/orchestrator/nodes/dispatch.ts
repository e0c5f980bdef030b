// Sends ready tasks to `work`, open questions to `ask`, and everything else where it belongs.
import { Send, type LangGraphRunnableConfig } from "@langchain/langgraph";
import { nextOf } from "../next.ts";
import { emitter, workOrder } from "../run-context.ts";
import type { Patch, State, TaskRecord } from "../state.ts";

export const dispatch = (state: State, config: LangGraphRunnableConfig): Patch => {
  const next = nextOf(state);
  const emit = emitter(config);
  if (next.kind === "replan")
    return { ledger: { ...state.ledger, reason: next.reason, replans: state.ledger.replans + 1 } };
  if (next.kind === "conclude" && state.outcome === null)
    return {
      outcome: { status: "failed", code: "CHECKS_FAILED", message: next.reason },
      failures: [{ code: "CHECKS_FAILED", message: next.reason }],
    };
  if (next.kind !== "work") return {};
  const working = next.tasks.map(({ task, attempt }): [string, Partial<TaskRecord>] => {
    emit({ type: "task-status", taskId: task.id, title: task.title, status: "working", attempt });
    return [task.id, { status: "working" }];
  });
  return {
    tasks: Object.fromEntries(working),
    ledger: { ...state.ledger, steps: state.ledger.steps + 1 },
  };
};

export type AfterDispatch = "replan" | "pause" | "assemble" | "conclude";

/** Reads the state after dispatch: what it marked as working is what is sent. */
export const afterDispatch = (state: State): Send[] | AfterDispatch => {
  if (state.outcome !== null) return "conclude";
  if (state.ledger.reason !== null) return "replan";
  const working = Object.values(state.tasks).filter(({ status }) => status === "working");
  if (working.length > 0)
    return working.map((record) => new Send("work", workOrder(state, record)));
  const next = nextOf(state);
  if (next.kind === "ask")
    return next.questions.map((id) => new Send("ask", { ...state, asked: id }));
  if (next.kind === "pause") return "pause";
  return "assemble";
};
