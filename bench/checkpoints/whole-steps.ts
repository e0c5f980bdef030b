// Whole steps: a real graph, a loop of one node that adds a message, run by LangGraph through a saver.
// With one that stores nothing it shows what LangGraph takes by itself.
import type { BaseMessage } from "@langchain/core/messages";
import { END, START, StateGraph, messagesStateReducer } from "@langchain/langgraph";
import { registry } from "@langchain/langgraph/zod";
import { z } from "zod";
import { message } from "./runner.ts";
import { NO_SAVER, type AnySaver, type Subject } from "./subjects.ts";
import { KINDS, median, say, timed, type Kind, type Time } from "./table.ts";

const STEPS = 20;
const RUNS = 15;

const State = z.object({
  messages: z.array(z.custom<BaseMessage>()).register(registry, {
    reducer: { fn: messagesStateReducer as never },
    default: () => [],
  } as never),
});

const loop = (saver: AnySaver) =>
  new StateGraph(State)
    .addNode("loop", () => ({ messages: [message()] }))
    .addEdge(START, "loop")
    .addConditionalEdges("loop", ({ messages }) => (messages.length < STEPS ? "loop" : END))
    .compile({ checkpointer: saver as never });

let thread = 0;
const runs = async (saver: AnySaver): Promise<Time> => {
  const graph = loop(saver);
  const run = () =>
    graph.invoke(
      { messages: [] },
      {
        configurable: { thread_id: `whole-${(thread += 1)}` },
        recursionLimit: STEPS + 5,
        durability: "sync",
      },
    );
  await run();
  const { wall, cpu } = await timed(async () => {
    for (let i = 0; i < RUNS; i += 1) await run();
  });
  const steps = RUNS * STEPS;
  return { wall: (wall * 1_000) / steps, cpu: (cpu * 1_000) / steps };
};

export const wholeSteps = async (
  name: string,
  make: (kind: Kind) => Promise<Subject>,
  rounds: number,
): Promise<void> => {
  const times: Record<Kind | "engine", Time[]> = { stock: [], ours: [], engine: [] };
  for (let round = 0; round <= rounds; round += 1) {
    times.engine.push(await runs(NO_SAVER));
    for (const kind of KINDS) {
      const { saver, close } = await make(kind);
      times[kind].push(await runs(saver));
      await close();
    }
  }
  const middle = (kind: Kind | "engine", part: keyof Time): number =>
    median(times[kind].slice(1).map((time) => time[part]));
  for (const part of ["cpu", "wall"] as const) {
    const unit = part === "cpu" ? "CPU" : "wall";
    const [stock, ours, engine] = [
      middle("stock", part),
      middle("ours", part),
      middle("engine", part),
    ];
    say(
      `${name}, whole steps, ${unit}; ${Math.round(engine)} us without storing`,
      { stock, ours },
      "us",
    );
    const added = { stock: stock - engine, ours: ours - engine };
    say(`${name}, added to a whole step, ${unit}`, added, "us");
  }
};
