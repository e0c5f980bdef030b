// One node that says fifty things, for loads of streams.
import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { z } from "zod";

const State = new StateSchema({ said: z.number().default(0) });
const THINGS = 50;

export const graph = new StateGraph(State)
  .addNode("talk", async (_state, config) => {
    for (let n = 0; n < THINGS; n += 1) {
      config.writer?.({ n, text: "what a model might say in one piece of an answer" });
      await new Promise((resolve) => setImmediate(resolve));
    }
    return { said: THINGS };
  })
  .addEdge(START, "talk")
  .addEdge("talk", END)
  .compile();
