// One step, five branches of it at once, and one that comes after all of them.
import { END, Send, START, StateGraph } from "@langchain/langgraph";
import { State } from "./state.ts";
import { work } from "./work.ts";

const BRANCHES = ["a", "b", "c", "d", "e"];

export const graph = new StateGraph(State)
  .addNode("split", (_state, config) => work("split", config))
  .addNode("part", ({ branch = "" }, config) => work(`branch ${branch}`, config))
  .addNode("join", (_state, config) => work("join", config))
  .addEdge(START, "split")
  .addConditionalEdges("split", () => BRANCHES.map((branch) => new Send("part", { branch })), [
    "part",
  ])
  .addEdge("part", "join")
  .addEdge("join", END)
  .compile();
