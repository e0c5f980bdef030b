// A model that speaks inside a subgraph.
import { END, START, StateGraph } from "@langchain/langgraph";
import { Conversation, pieces, saying } from "./scripted.ts";

const inner = new StateGraph(Conversation)
  .addNode("speak", async ({ messages }) => ({
    messages: [await saying(pieces("spoken from deep inside the graph ")).invoke(messages)],
  }))
  .addEdge(START, "speak")
  .addEdge("speak", END)
  .compile();

export const graph = new StateGraph(Conversation)
  .addNode("inner", inner)
  .addEdge(START, "inner")
  .addEdge("inner", END)
  .compile();
