import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RunControl } from "@langchain/langgraph";
import { deploy, openBench, perform, rowOf, type Bench, type Shown } from "./bench.ts";
import { graph as asking } from "./graphs/asking.ts";
import { graph as chain } from "./graphs/chain.ts";
import { graph as fanOut } from "./graphs/fan-out.ts";
import { graph as slow, watch } from "./graphs/slow.ts";
import { graph as talking } from "./graphs/talking.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.dispose());

const names = (events: readonly Shown[]): string[] =>
  events.map(({ event }) => event.replaceAll(/:[0-9a-f-]{36}/g, ""));
const human = { type: "human", content: "hi", id: "h1" };

describe("stream modes", () => {
  it("metadata comes first, then each state", async () => {
    const run = rowOf({ input: { goal: "g" }, streamModes: ["values"] });
    const { events, ending } = await perform(bench, deploy(chain), run);
    expect(events).toEqual([
      { event: "metadata", data: { run_id: run.id, attempt: 1 } },
      { event: "values", data: { goal: "g", log: [] } },
      { event: "values", data: { goal: "g", log: ["first"] } },
      { event: "values", data: { goal: "g", log: ["first", "second"] } },
      { event: "values", data: { goal: "g", log: ["first", "second", "third"] } },
    ]);
    expect(ending).toEqual({
      status: "success",
      error: null,
      thread: {
        status: "idle",
        values: { goal: "g", log: ["first", "second", "third"] },
        interrupts: {},
        error: null,
      },
    });
  });

  it("updates of five branches come one by one", async () => {
    const run = rowOf({ input: { items: [] }, streamModes: ["updates"] });
    const { events } = await perform(bench, deploy(fanOut), run);
    const branches = [10, 20, 30, 40, 50].map((n) => ({ branch: { done: [n] } }));
    expect(events.slice(1).map(({ data }) => data)).toEqual([
      { split: { items: [1, 2, 3, 4, 5] } },
      ...branches,
      { join: {} },
    ]);
  });

  it("tasks and checkpoints interleave; light envelopes are not shown", async () => {
    const run = rowOf({ input: { goal: "g" }, streamModes: ["tasks", "checkpoints"] });
    const { events } = await perform(bench, deploy(chain), run);
    const task = ["tasks", "tasks", "checkpoints"];
    expect(names(events)).toEqual([
      "metadata",
      "checkpoints",
      "checkpoints",
      ...task,
      ...task,
      ...task,
    ]);
    expect(events[1]?.data).toEqual({
      values: {},
      metadata: { source: "input", step: -1, parents: {} },
      next: ["__start__"],
    });
    expect(events[3]?.data).toMatchObject({
      name: "first",
      triggers: ["branch:to:first"],
      interrupts: [],
    });
  });

  it("debug shows checkpoints with four keys and nothing of the host", async () => {
    const run = rowOf({ input: { goal: "g" }, streamModes: ["debug"] }, { tenant: "acme" });
    const { events } = await perform(bench, deploy(chain), run);
    const shown = events.map(
      ({ data }) => data as { type?: string; payload?: Record<string, unknown> },
    );
    const second = shown.filter(({ type }) => type === "checkpoint")[1]?.payload;
    expect(second).toMatchObject({
      checkpoint: { thread_id: run.threadId, checkpoint_ns: "", checkpoint_map: null },
      parent_checkpoint: { thread_id: run.threadId },
      metadata: { step: 0 },
    });
    expect(Object.keys(second?.["checkpoint"] as object)).toHaveLength(4);
    const text = JSON.stringify(events);
    expect(text).not.toMatch(/"fence"|__pregel_c|"answer"|acme~/);
  });

  it("messages are partial, then complete, each with its metadata once", async () => {
    const run = rowOf({ input: { messages: [human] }, streamModes: ["messages"] });
    const { events } = await perform(bench, deploy(talking), run);
    expect(names(events)).toEqual([
      "metadata",
      "messages/complete",
      "messages/metadata",
      ...Array<string>(3).fill("messages/partial"),
      "messages/complete",
      "messages/complete",
      "messages/metadata",
      ...Array<string>(2).fill("messages/partial"),
      "messages/complete",
    ]);
    expect(events.at(-1)?.data).toMatchObject([{ type: "ai", content: "it is 42" }]);
    expect(events.at(-2)?.data).toMatchObject([{ type: "ai", content: "it is 42" }]);
  });

  it("message tuples come a token at a time, with the public thread in their metadata", async () => {
    const run = rowOf(
      { input: { messages: [human] }, streamModes: ["messages-tuple"] },
      { tenant: "acme" },
    );
    const { events } = await perform(bench, deploy(talking), run);
    expect(names(events)).toEqual(["metadata", ...Array<string>(6).fill("messages")]);
    expect(events[1]?.data).toMatchObject([
      { type: "ai", content: "let " },
      { langgraph_node: "model", thread_id: run.threadId, run_id: run.id },
    ]);
    expect(JSON.stringify(events)).not.toContain("acme~");
  });

  it("events are LangChain's own, without the root's chunks", async () => {
    const run = rowOf({ input: { messages: [human] }, streamModes: ["events", "updates"] });
    const { events } = await perform(bench, deploy(talking), run);
    const kinds = new Set(
      events
        .filter(({ event }) => event === "events")
        .map(({ data }) => (data as { event: string }).event),
    );
    expect([...kinds].sort()).toEqual([
      "on_chain_end",
      "on_chain_start",
      "on_chat_model_end",
      "on_chat_model_start",
      "on_chat_model_stream",
      "on_tool_end",
      "on_tool_start",
    ]);
    expect(names(events).filter((name) => name === "updates")).toHaveLength(3);
  });

  it("tools and what nodes write themselves have modes of their own", async () => {
    const tools = rowOf({ input: { messages: [human] }, streamModes: ["tools"] });
    const { events } = await perform(bench, deploy(talking), tools);
    expect(events.slice(1).map(({ data }) => data)).toMatchObject([
      { event: "on_tool_start", toolCallId: "call_1", name: "double" },
      { event: "on_tool_end", toolCallId: "call_1", output: { content: "42", type: "tool" } },
    ]);
    const custom = rowOf({ input: { how: "hangs" }, streamModes: ["custom"] });
    const written = await perform(bench, deploy(slow), custom);
    expect(written.events[1]).toEqual({ event: "custom", data: { begun: true } });
  });

  it("subgraphs are named by their namespace, and only when asked for", async () => {
    const modes = { streamModes: ["values", "updates"] as const };
    const inside = await perform(
      bench,
      deploy(asking),
      rowOf({ ...modes, input: {}, streamSubgraphs: true }),
    );
    expect(names(inside.events)).toEqual([
      "metadata",
      "values",
      "updates",
      "values",
      "values|asker",
      "updates|asker",
      "values|asker",
      "updates",
      "values",
    ]);
    const outside = await perform(bench, deploy(asking), rowOf({ ...modes, input: {} }));
    expect(names(outside.events)).toEqual([
      "metadata",
      "values",
      "updates",
      "values",
      "updates",
      "values",
    ]);
    const { interrupts } = outside.ending.thread;
    expect(outside.events.at(-1)?.data).toEqual({ __interrupt__: Object.values(interrupts)[0] });
  });

  it("protocol v2 has its own events, from running to completed", async () => {
    const run = rowOf({ input: { messages: [human] }, protocol: "v2" });
    const { events } = await perform(bench, deploy(talking), run);
    expect(names(events).slice(0, 5)).toEqual([
      "metadata",
      "lifecycle",
      "checkpoints",
      "values",
      "tasks",
    ]);
    expect(names(events)).toContain("messages|model");
    expect(events.at(-1)).toEqual({
      event: "lifecycle",
      data: { event: "completed", graph_name: "root" },
    });
  });
});

describe("how an attempt ends", () => {
  it("a failing node is the last event, and the thread keeps its last state", async () => {
    const run = rowOf({ input: { how: "fails" }, streamModes: ["values"] });
    const { events, ending } = await perform(bench, deploy(slow), run);
    const error = { error: "Broken", message: "no luck" };
    expect(events.at(-1)).toEqual({ event: "error", data: error });
    expect(ending).toMatchObject({
      status: "error",
      error,
      thread: { status: "error", error, values: { log: "ready" } },
    });
  });

  it("a pause leaves its interrupts by task, and the run succeeded", async () => {
    const { ending } = await perform(bench, deploy(asking), rowOf({ input: {} }));
    expect(ending.status).toBe("success");
    expect(ending.thread.status).toBe("interrupted");
    expect(Object.values(ending.thread.interrupts)).toEqual([
      [{ id: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown, value: "first?" }],
    ]);
  });

  it("a breakpoint interrupts the thread without an interrupt", async () => {
    const run = rowOf({
      input: { goal: "g" },
      streamModes: ["values"],
      interruptBefore: ["second"],
    });
    const { events, ending } = await perform(bench, deploy(chain), run);
    expect(events.at(-1)).toEqual({ event: "values", data: { __interrupt__: [] } });
    expect(ending.thread).toMatchObject({ status: "interrupted", interrupts: {} });
    const on = rowOf({ input: null, streamModes: ["updates"] }, { threadId: run.threadId });
    const rest = await perform(bench, deploy(chain), on);
    expect(rest.events.slice(1).map(({ data }) => Object.keys(data as object)[0])).toEqual([
      "second",
      "third",
    ]);
  });

  it.each(["listens", "hangs"])(
    "a cancelled node that %s keeps the last checkpoint",
    async (how) => {
      const stop = new AbortController();
      const hold = Promise.withResolvers<void>();
      watch.release = hold.promise;
      watch.begun = () => stop.abort(new Error("interrupt"));
      const run = rowOf({ input: { how }, streamModes: ["values"] });
      const { events, ending } = await perform(bench, deploy(slow), run, { signal: stop.signal });
      watch.begun = () => undefined;
      expect(names(events)).not.toContain("error");
      expect(ending).toMatchObject({
        status: "interrupted",
        thread: { status: "interrupted", values: { how, log: "ready" } },
      });
      hold.resolve();
      watch.release = Promise.resolve();
    },
  );

  it("a drained attempt ends between two steps and goes on as another attempt", async () => {
    const control = new RunControl();
    const run = rowOf({ input: { goal: "g" }, streamModes: ["updates"] });
    const first = await perform(bench, deploy(chain), run, {
      control,
      onEvent: ({ data }) => {
        if (Object.hasOwn(data as object, "first")) control.requestDrain();
      },
    });
    expect(first.ending.status).toBe("interrupted");
    const again = await perform(bench, deploy(chain), {
      ...run,
      attempts: 2,
      token: run.token + 1_000,
    });
    expect(again.ending).toMatchObject({
      status: "success",
      thread: { values: { goal: "g", log: ["first", "second", "third"] } },
    });
  });
});

describe("going on", () => {
  it("a run from an older checkpoint forks the thread", async () => {
    const run = rowOf({ input: { goal: "g" }, streamModes: ["debug"] });
    const { events } = await perform(bench, deploy(chain), run);
    const atSecond = events
      .map(
        ({ data }) =>
          data as { payload?: { next?: string[]; checkpoint?: { checkpoint_id: string } } },
      )
      .find(({ payload }) => payload?.next?.[0] === "second")?.payload?.checkpoint;
    const fork = rowOf(
      {
        input: null,
        checkpoint: { checkpoint_id: atSecond?.checkpoint_id ?? "" },
        streamModes: ["updates"],
      },
      { threadId: run.threadId },
    );
    const replayed = await perform(bench, deploy(chain), fork);
    expect(replayed.events.slice(1).map(({ data }) => Object.keys(data as object)[0])).toEqual([
      "second",
      "third",
    ]);
    expect(replayed.ending.thread.values).toEqual({ goal: "g", log: ["first", "second", "third"] });
  });

  it("an unknown checkpoint is an error before anything runs", async () => {
    const run = rowOf({
      input: { goal: "g" },
      checkpoint: { checkpoint_id: "1f1e6a9d-9979-6ed0-8000-0367d2cee364" },
    });
    const { events, ending } = await perform(bench, deploy(chain), run);
    expect(events.at(-1)?.data).toMatchObject({ error: "CHECKPOINT_NOT_FOUND" });
    expect(ending.thread.values).toEqual({});
  });

  it("a command goes to a node with an update", async () => {
    const first = rowOf({ input: { goal: "g" } });
    await perform(bench, deploy(chain), first);
    const command = { goto: "third", update: { goal: "new" } };
    const run = rowOf({ command }, { threadId: first.threadId });
    const { ending } = await perform(bench, deploy(chain), run);
    expect(ending.thread.values).toEqual({
      goal: "new",
      log: ["first", "second", "third", "third"],
    });
  });

  it("effects raise the durability that was asked for, and the metadata says so", async () => {
    const run = rowOf({ input: { goal: "g" }, durability: "exit" });
    const { events } = await perform(bench, deploy(chain, { hasEffects: true }), run);
    expect(events[0]?.data).toEqual({ run_id: run.id, attempt: 1, durability: "sync" });
  });

  it("history finds the checkpoints of a run by its metadata", async () => {
    const run = rowOf({ input: { goal: "g" } }, { metadata: { colour: "blue" } });
    await perform(bench, deploy(chain), run);
    const found: unknown[] = [];
    const config = { configurable: { thread_id: run.threadId } };
    for await (const { metadata } of bench.saver.list(config, { filter: { colour: "blue" } }))
      found.push(metadata);
    expect(found).toHaveLength(5);
    expect(found[0]).toMatchObject({ run_id: run.id, graph_id: "test" });
  });
});
