// Three steps, one after the other.
import { END, START, StateGraph } from "@langchain/langgraph";
import { State } from "./state.ts";
import { work } from "./work.ts";

export const graph = new StateGraph(State)
  .addNode("one", (_state, config) => work("one", config))
  .addNode("two", (_state, config) => work("two", config))
  .addNode("three", (_state, config) => work("three", config))
  .addEdge(START, "one")
  .addEdge("one", "two")
  .addEdge("two", "three")
  .addEdge("three", END)
  .compile();
