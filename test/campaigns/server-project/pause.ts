// A step, a question to a person, and a step after the answer.
import { END, interrupt, START, StateGraph } from "@langchain/langgraph";
import { State } from "./state.ts";
import { work } from "./work.ts";

export const graph = new StateGraph(State)
  .addNode("before", (_state, config) => work("before", config))
  .addNode("ask", async (_state, config) => {
    const answer = interrupt<string, string>("which?");
    return { ...(await work("ask", config)), answer };
  })
  .addNode("after", (_state, config) => work("after", config))
  .addEdge(START, "before")
  .addEdge("before", "ask")
  .addEdge("ask", "after")
  .addEdge("after", END)
  .compile();
