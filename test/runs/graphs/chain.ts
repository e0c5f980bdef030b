// Three steps in a row, over a zod state.
import { END, START, StateGraph } from "@langchain/langgraph";
import { z } from "zod";

export const ChainState = z.object({
  goal: z.string().default(""),
  log: z.array(z.string()).default([]),
});

const step = (name: string) => (state: z.infer<typeof ChainState>) => ({
  log: [...state.log, name],
});

export const graph = new StateGraph(ChainState)
  .addNode("first", step("first"))
  .addNode("second", step("second"))
  .addNode("third", step("third"))
  .addEdge(START, "first")
  .addEdge("first", "second")
  .addEdge("second", "third")
  .addEdge("third", END)
  .compile();
