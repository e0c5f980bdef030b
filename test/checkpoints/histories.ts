// Random histories: sequences of what people and graphs do to threads, run against a tee of a saver
// and the model. Used by the model test (a sample) and the campaign (all of it).
import { Command } from "@langchain/langgraph";
import * as fc from "fast-check";
import { care, type Persistence } from "../../checkpoints/index.ts";
import { storyGraph } from "./graphs.ts";
import { Disagreement, Model, TeeSaver } from "./model.ts";

export type Step =
  | { readonly do: "invoke"; readonly thread: number; readonly input: Record<string, unknown> }
  | { readonly do: "resume"; readonly thread: number; readonly answer: unknown }
  | { readonly do: "update"; readonly thread: number; readonly back: number; readonly text: string }
  | { readonly do: "replay"; readonly thread: number; readonly back: number }
  | {
      readonly do: "history";
      readonly thread: number;
      readonly limit: number;
      readonly source: string | undefined;
    }
  | { readonly do: "delete" | "prune" | "copy"; readonly thread: number; readonly keep: number }
  | { readonly do: "reopen" };

const word = fc.constantFrom(
  "a",
  "lorem ipsum dolor sit amet consectetur adipiscing",
  "été ☃ \u{1f600}",
  "x".repeat(300),
);

const input = fc.record(
  {
    text: word,
    fan: fc.integer({ min: 0, max: 3 }),
    ask: fc.boolean(),
    twice: fc.boolean(),
    replace: fc.constantFrom("m1", "m2"),
    extra: fc.constantFrom<unknown>(
      1n,
      new Date(0),
      new Map([["a", -0]]),
      undefined,
      [Number.NaN],
      { $t: "n", v: "1" },
    ),
  },
  { requiredKeys: ["text"] },
);

const thread = fc.integer({ min: 0, max: 2 });
const back = fc.integer({ min: 0, max: 6 });

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant("invoke" as const), thread, input }) },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant("resume" as const),
        thread,
        answer: fc.oneof(word, fc.integer(), fc.object({ maxDepth: 1 })),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant("update" as const), thread, back, text: word }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("replay" as const), thread, back }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant("history" as const),
        thread,
        limit: fc.integer({ min: 1, max: 5 }),
        source: fc.constantFrom("loop", "input", "update", undefined),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constantFrom("delete" as const, "prune" as const, "copy" as const),
        thread,
        keep: fc.integer({ min: 1, max: 3 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("reopen" as const) }) },
  ),
  { minLength: 3, maxLength: 10 },
);

export interface World {
  /** Opens the database of this history, or opens it again. */
  open(): Promise<Persistence>;
  readonly canReopen: boolean;
}

const nameOf = (prefix: string, index: number): string =>
  index === 2 ? `${prefix}0/child` : `${prefix}${index}`;

/** Runs a history; throws a Disagreement when a read differs. Returns how many reads were compared. */
export const runHistory = async (
  history: readonly Step[],
  world: World,
  prefix: string,
): Promise<number> => {
  let persistence = await world.open();
  const tee = new TeeSaver(persistence.saver, new Model());
  const graph = storyGraph(tee);
  let copies = 0;
  const config = (index: number) => ({
    configurable: { thread_id: nameOf(prefix, index) },
    durability: "sync" as const,
  });

  const at = async (index: number, older: number) => {
    const states = [];
    for await (const tuple of tee.list({
      configurable: { ...config(index).configurable, checkpoint_ns: "" },
    }))
      states.push(tuple.config);
    return states.length === 0 ? undefined : states[Math.min(older, states.length - 1)];
  };

  // What LangGraph itself refuses (resume without a pause, replay of nothing) is part of the history.
  const tolerate = async (work: Promise<unknown>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      if (error instanceof Disagreement) throw error;
      const { name, code } = error as { name?: string; code?: string };
      const isLangGraphs =
        code === undefined && name !== "Error" && name !== "TypeError" && name !== "RangeError";
      const isRefusedAnswer = code === "CHECKPOINT_CONFLICT";
      if (
        !isLangGraphs &&
        !isRefusedAnswer &&
        !/No checkpointer|Received no input|already exist|doesn't exist|Ambiguous|Invalid|Resume length/.test(
          String(error),
        )
      )
        throw error;
    }
  };

  const act = async (step: Step): Promise<void> => {
    switch (step.do) {
      case "invoke":
        return tolerate(graph.invoke({ last: step.input }, config(step.thread)));
      case "resume": {
        const tuple = await tee.getTuple(config(step.thread));
        const isPaused =
          tuple?.pendingWrites?.some(([, channel]) => channel === "__interrupt__") ?? false;
        if (isPaused)
          await tolerate(graph.invoke(new Command({ resume: step.answer }), config(step.thread)));
        return;
      }
      case "update": {
        const old = await at(step.thread, step.back);
        if (old !== undefined)
          await tolerate(graph.updateState(old, { log: [step.text], plan: [step.text] }, "intake"));
        return;
      }
      case "replay": {
        const old = await at(step.thread, step.back);
        if (old !== undefined) await tolerate(graph.invoke(null, { ...old, durability: "sync" }));
        return;
      }
      case "history": {
        const filter = step.source === undefined ? undefined : { source: step.source };
        const options = { limit: step.limit, ...(filter === undefined ? {} : { filter }) };
        for await (const state of graph.getStateHistory(config(step.thread), options)) void state;
        return;
      }
      case "delete":
        return tee.deleteThread(nameOf(prefix, step.thread));
      case "prune":
        await care.pruneThread(persistence, nameOf(prefix, 1), { keep: step.keep });
        tee.model.prune(nameOf(prefix, 1), step.keep);
        return;
      case "copy": {
        const from = nameOf(prefix, 1);
        if ((await tee.getTuple(config(1))) === undefined) return;
        const to = `${prefix}copy${(copies += 1)}`;
        await care.copyThread(persistence, from, to);
        tee.model.copyThread(from, to);
        for await (const tuple of tee.list({ configurable: { thread_id: to } })) void tuple;
        return;
      }
      case "reopen":
        if (!world.canReopen) return;
        await persistence.close();
        persistence = await world.open();
        tee.saver = persistence.saver;
    }
  };

  try {
    for (const step of history) await act(step);
    for (const index of [0, 1, 2]) {
      for await (const { config: address } of tee.list(config(index))) await tee.getTuple(address);
    }
    return tee.reads;
  } finally {
    await persistence.close();
  }
};
