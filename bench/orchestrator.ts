// What orchestration itself costs: a plan of N tasks through the orchestrator, against a bare LangGraph
// graph with as many nodes as the orchestrator executes, on the same saver. Models and tools cost nothing.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { z } from "zod";
import { open } from "../checkpoints/index.ts";
import { orchestration, planOf, task } from "../test/fakes/orchestration.ts";
import { inTurn, line, median } from "./measure.ts";

const ROUNDS = Number(process.argv[2] ?? 7);
const TASKS = 8;

const fresh = async () =>
  open(`sqlite:${join(mkdtempSync(join(tmpdir(), "tutti-bench-")), "bench.db")}`);

/** Tasks in pairs, each pair after the one before: four waves. */
const plan = planOf(
  ...Array.from({ length: TASKS }, (_, at) =>
    task(`t${at}`, { dependsOn: at < 2 ? [] : [`t${at - 2 - (at % 2)}`, `t${at - 1 - (at % 2)}`] }),
  ),
);
// intake, plan, (dispatch, work x2, verify) x4, dispatch, assemble, publish, and one node in each child.
const NODES = 2 + 4 * 4 + 3 + TASKS;

const Bare = new StateSchema({ n: z.number().default(0) });
const bareGraph = () => {
  // A chain is the shape that costs the most checkpoints for its nodes.
  let graph = new StateGraph(Bare).addNode("n0", ({ n }) => ({ n: n + 1 })) as never as {
    addNode(name: string, run: (state: { n: number }) => { n: number }): typeof graph;
    addEdge(from: string, to: string): typeof graph;
    compile(): { invoke(input: object, config: object): Promise<unknown> };
  };
  graph = graph.addEdge(START, "n0");
  for (let at = 1; at < NODES; at += 1)
    graph = graph.addNode(`n${at}`, ({ n }) => ({ n: n + 1 })).addEdge(`n${at - 1}`, `n${at}`);
  return graph.addEdge(`n${NODES - 1}`, END).compile();
};

export const benchOrchestrator = async (): Promise<void> => {
  const bare = bareGraph();
  let runs = 0;
  const one = async (use: (saver: unknown, thread: string) => Promise<unknown>): Promise<void> => {
    const persistence = await fresh();
    runs += 1;
    try {
      await use(persistence.saver, `thread-${runs}`);
    } finally {
      await persistence.close();
    }
  };
  const times = await inTurn(
    {
      bare: () =>
        one((saver, thread) =>
          bare.invoke(
            {},
            {
              configurable: { thread_id: thread, __pregel_checkpointer: saver },
              durability: "sync",
              recursionLimit: 200,
            },
          ),
        ),
      tutti: () =>
        one(async (saver, thread) => {
          const { graph } = orchestration({ plan });
          const chunks = await graph.stream(
            { goal: "bench", options: { concurrency: 2 } },
            {
              configurable: { thread_id: thread, __pregel_checkpointer: saver },
              streamMode: ["custom", "updates"],
              durability: "sync",
            },
          );
          for await (const chunk of chunks) void chunk;
        }),
    },
    ROUNDS,
  );
  const [mine, theirs] = [times["tutti"] ?? [], times["bare"] ?? []];
  console.log(`\n${TASKS} tasks (${NODES} nodes executed) against a bare graph of ${NODES} nodes:`);
  console.log(line("bare LangGraph graph", theirs));
  console.log(line("orchestrator", mine));
  console.log(`orchestrator / bare: ${(median(mine) / median(theirs)).toFixed(2)}`);
  const each = (median(mine) - median(theirs)) / TASKS;
  console.log(
    `more per task: ${each.toFixed(1)} ms (plan, checks, artifacts with fsync, child thread)`,
  );
};
