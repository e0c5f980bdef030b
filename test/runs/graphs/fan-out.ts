// Five branches by Send, joined again.
import { END, Send, START, StateGraph } from "@langchain/langgraph";
import { withLangGraph } from "@langchain/langgraph/zod";
import { z } from "zod";

export const FanOutState = z.object({
  items: z.array(z.number()).default([]),
  done: withLangGraph(z.array(z.number()), {
    reducer: { fn: (left: number[], right: number[]) => [...left, ...right] },
    default: () => [],
  }),
});

export const graph = new StateGraph(FanOutState)
  .addNode("split", () => ({ items: [1, 2, 3, 4, 5] }))
  .addNode("branch", (state: { item: number }) => ({ done: [state.item * 10] }))
  .addNode("join", () => ({}))
  .addEdge(START, "split")
  .addConditionalEdges("split", ({ items }) => items.map((item) => new Send("branch", { item })), [
    "branch",
  ])
  .addEdge("branch", "join")
  .addEdge("join", END)
  .compile();
