// The end of a run that could not deliver: what was done, what was not, and why.
import { AIMessage } from "@langchain/core/messages";
import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { threadOf } from "../run-context.ts";
import type { ServicesSource } from "../services.ts";
import { spentBy } from "../spent.ts";
import type { Patch, State } from "../state.ts";

const report = (state: State): string => {
  const records = Object.values(state.tasks)
    .filter(({ status }) => status !== "dropped")
    .sort((a, b) => a.order - b.order);
  const lines = records.map(({ task, status, findings }) => {
    const why = status === "done" ? "" : findings.map(({ message }) => `: ${message}`).join("");
    return `- ${task.title}: ${status === "done" ? "done and checked" : status}${why}`;
  });
  return [`Not finished: ${state.outcome?.message ?? "no reason recorded"}`, ...lines].join("\n");
};

export const conclude =
  (source: ServicesSource) =>
  async (state: State, config: LangGraphRunnableConfig): Promise<Patch> => {
    const { budget } = await source();
    const spent = spentBy(await budget.totals(threadOf(config)));
    return { spent, artifacts: [], messages: [new AIMessage(report(state))] };
  };
