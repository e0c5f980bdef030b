import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { END, interrupt, START, StateGraph } from "@langchain/langgraph";
import { z } from "zod";
import { toInterrupt } from "../../src/governance/approval/interrupt-payload.ts";
import { createCheckAnswers, readAnswers } from "../../src/runs/check-answers.ts";
import type { ServedGraph } from "../../src/runs/served-graph.ts";
import type { Json, ThreadRow } from "../../src/storage/index.ts";
import { deploy, openBench, perform, rowOf, type Bench } from "./bench.ts";
import { graph as asking, taken } from "./graphs/asking.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.dispose());

const question = {
  id: "plan",
  kind: "plan" as const,
  description: "go?",
  args: {},
  allowed: ["approve" as const],
};
const named = { $id: "https://example.com/age", type: "number" };
const State = z.object({ which: z.string(), got: z.unknown().optional() });
const compiled = new StateGraph(State)
  .addNode("ours", () => ({ got: interrupt(toInterrupt(question)) }))
  .addNode("formed", () => ({
    got: interrupt("age?", { responseSchema: { type: "object", required: ["age"] } }),
  }))
  .addNode("named", () => ({ got: interrupt("age?", { responseSchema: named as object }) }))
  .addConditionalEdges(START, ({ which }) => (which === "both" ? ["ours", "formed"] : which), [
    "ours",
    "formed",
    "named",
  ])
  .addEdge("ours", END)
  .addEdge("formed", END)
  .addEdge("named", END)
  .compile();
const graph = compiled as unknown as ServedGraph;

const paused = async (which: string) => {
  const run = rowOf({ input: { which } });
  await perform(bench, deploy(graph), run);
  const configurable = { thread_id: run.threadId, __pregel_checkpointer: bench.saver };
  return { run, snapshot: await graph.getState({ configurable }) };
};
const idOf = (snapshot: Awaited<ReturnType<ServedGraph["getState"]>>): string =>
  snapshot.tasks[0]?.interrupts[0]?.id ?? "";

describe("answers at the door", () => {
  it("a bare value addresses the one question, in its normal form", async () => {
    const { snapshot } = await paused("ours");
    expect(readAnswers(snapshot, "approve")).toEqual({ [idOf(snapshot)]: { type: "approve" } });
  });

  it("a decision that is not allowed is refused", async () => {
    const { snapshot } = await paused("ours");
    expect(() => readAnswers(snapshot, { type: "reject" })).toThrow(
      expect.objectContaining({ code: "ANSWER_INVALID" }),
    );
  });

  it("other graphs' questions are checked by their response schema", async () => {
    const { snapshot } = await paused("formed");
    expect(() => readAnswers(snapshot, { name: "x" })).toThrow(/required property 'age'/);
    expect(readAnswers(snapshot, { age: 3 })).toEqual({ [idOf(snapshot)]: { age: 3 } });
  });

  it("a form that has a name of its own is checked each time", async () => {
    const { snapshot } = await paused("named");
    expect(() => readAnswers(snapshot, "x")).toThrow(/must be number/);
    expect(readAnswers(snapshot, 3)).toEqual({ [idOf(snapshot)]: 3 });
  });

  it("an id that is not open is a conflict, and two open ones want an id", async () => {
    const { snapshot } = await paused("both");
    expect(() => readAnswers(snapshot, { ["0".repeat(32)]: 1 })).toThrow(
      expect.objectContaining({ code: "CONFLICT" }),
    );
    expect(() => readAnswers(snapshot, "approve")).toThrow(/2 interrupts are open/);
  });

  it("a thread that asks nothing takes no answer", async () => {
    const check = createCheckAnswers({
      catalog: { load: async () => deploy(graph) },
      saver: bench.saver,
    });
    const thread = { id: "nothing" } as ThreadRow;
    const command = { resume: "x" };
    await expect(
      check({ tenant: "default" }, thread, { graphId: "test", config: {}, command }),
    ).rejects.toMatchObject({ code: "CONFLICT" });
  });
});

describe("answers that are carried out", () => {
  const answer = async (threadId: string, resume: Json, more: Parameters<typeof rowOf>[1] = {}) =>
    perform(bench, deploy(asking), rowOf({ command: { resume } }, { threadId, ...more }));

  it("two questions of one node, each by its id", async () => {
    const run = rowOf({ input: {} });
    const first = await perform(bench, deploy(asking), run);
    const open = Object.values(first.ending.thread.interrupts)[0]?.[0]?.["id"] as string;
    const second = await answer(run.threadId, { [open]: "one" });
    const next = Object.values(second.ending.thread.interrupts)[0]?.[0]?.["id"] as string;
    expect(next).not.toBe(open);
    const last = await answer(run.threadId, { [next]: "two" });
    expect(last.ending).toMatchObject({
      status: "success",
      thread: { status: "idle", values: { answers: ["one", "two"], log: ["before", "after"] } },
    });
  });

  it("of two runs with an answer to one question the second is a conflict", async () => {
    const run = rowOf({ input: {} });
    const { ending } = await perform(bench, deploy(asking), run);
    const open = Object.values(ending.thread.interrupts)[0]?.[0]?.["id"] as string;
    await answer(run.threadId, { [open]: "one" });
    const late = await answer(run.threadId, { [open]: "again" });
    expect(late.events.at(-1)).toMatchObject({ event: "error", data: { error: "CONFLICT" } });
    expect(late.ending.thread.status).toBe("interrupted");
  });

  it.each(["before", "after"])(
    "an attempt that dies %s its answer was taken gives it to its question only",
    async (moment) => {
      const run = rowOf({ input: {} });
      const { ending } = await perform(bench, deploy(asking), run);
      const open = Object.values(ending.thread.interrupts)[0]?.[0]?.["id"] as string;
      const stop = new AbortController();
      const die = (): void => stop.abort(new Error("killed"));
      const resumed = rowOf(
        { command: { resume: { [open]: "one" } }, streamModes: ["tasks"] },
        { threadId: run.threadId },
      );
      if (moment === "after")
        taken.first = () => {
          die();
          throw new Error("dies here");
        };
      const died = await perform(bench, deploy(asking), resumed, {
        signal: stop.signal,
        onEvent: ({ event }) => {
          if (event === "tasks" && moment === "before") die();
        },
      });
      taken.first = () => undefined;
      expect(died.ending.status).toBe("interrupted");
      const again = { ...resumed, attempts: 2, token: resumed.token + 1_000 };
      const { ending: last } = await perform(bench, deploy(asking), again);
      expect(last.status).toBe("success");
      expect(Object.values(last.thread.interrupts)[0]?.[0]?.["value"]).toBe("second?");
    },
  );
});
