// What bench/server.ts has served: a chain of ten nodes that do nothing, and one that takes its time.
import { setTimeout as wait } from "node:timers/promises";
import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { z } from "zod";

const State = new StateSchema({ n: z.number().default(0) });

interface Chain {
  addNode(name: string, run: (state: { n: number }) => Promise<{ n: number }>): Chain;
  addEdge(from: string, to: string): Chain;
  compile(): object;
}

const chain = (nodes: number, milliseconds: number): object => {
  // A graph's type grows with every node; a loop needs one that does not.
  let graph = new StateGraph(State) as unknown as Chain;
  for (let at = 0; at < nodes; at += 1) {
    graph = graph.addNode(`n${at}`, async ({ n }) => {
      if (milliseconds > 0) await wait(milliseconds);
      return { n: n + 1 };
    });
    graph = graph.addEdge(at === 0 ? START : `n${at - 1}`, `n${at}`);
  }
  return graph.addEdge(`n${nodes - 1}`, END).compile();
};

export const ten = chain(10, 0);

/** Long enough to be killed in the middle: 20 nodes of 400 ms. */
export const slow = chain(20, 400);
