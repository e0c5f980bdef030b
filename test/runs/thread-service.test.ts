import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { END, interrupt, START, StateGraph } from "@langchain/langgraph";
import { z } from "zod";
import { care } from "../../checkpoints/index.ts";
import { systemClock } from "../../src/clock.ts";
import { createThreadService } from "../../src/runs/create-thread-service.ts";
import type { DeployedGraph } from "../../src/runs/graph-catalog.ts";
import { createRollback } from "../../src/runs/rollback.ts";
import { tenantStore } from "../../src/runs/tenant-store.ts";
import type { StateUpdate, ThreadService } from "../../src/runs/thread-service.ts";
import { openSqliteRecords, type Records } from "../../src/storage/index.ts";
import { deploy, openBench, perform, rowOf, type Bench } from "./bench.ts";
import { graph as asking } from "./graphs/asking.ts";
import { graph as chain } from "./graphs/chain.ts";

const scope = { tenant: "default" };
let bench: Bench;
let records: Records;
let threads: ThreadService;
let rollback: ReturnType<typeof createRollback>;
const graphs: Record<string, DeployedGraph> = {};

beforeAll(async () => {
  bench = await openBench();
  const { database, saver, store } = bench;
  if (database === undefined) throw new Error("SQLite has a handle");
  records = openSqliteRecords(database, { clock: systemClock });
  Object.assign(graphs, { chain: deploy(chain), asking: deploy(asking) });
  const catalog = { load: async (id: string) => graphs[id] as DeployedGraph };
  const rollBack = async (thread: string, to: string | undefined) => {
    await care.rollBack(bench, thread, to);
  };
  rollback = createRollback({ catalog, saver, rollBack });
  threads = createThreadService({
    records,
    catalog,
    saver,
    store: (tenant) => tenantStore(store, tenant),
    care: {
      copyThread: (from, to) => care.copyThread(bench, from, to),
      pruneThread: async (thread) => {
        await care.pruneThread(bench, thread);
      },
    },
    clock: systemClock,
  });
});
afterAll(() => bench.dispose());

/** A thread on which a graph has run. */
const ran = async (graphId: string, input: Record<string, string>) => {
  const thread = await threads.create(scope, {
    id: undefined,
    metadata: {},
    ttl: undefined,
    ifExists: "raise",
    graphId,
  });
  const run = rowOf({ input }, { threadId: thread.id, graphId });
  const { ending } = await perform(bench, graphs[graphId] as DeployedGraph, run);
  await records.threads.setState(scope, thread.id, ending.thread);
  return { id: thread.id, run, ending };
};
type State = {
  values: Record<string, unknown>;
  next: string[];
  checkpoint: { checkpoint_id: string; checkpoint_ns: string };
} & Record<string, unknown>;
const stateOf = async (id: string, at = {}): Promise<State> =>
  (await threads.state(scope, id, at, { subgraphs: false })) as unknown as State;

describe("state", () => {
  it("a thread that never ran has an empty one", async () => {
    const { id } = await threads.create(scope, {
      id: undefined,
      metadata: {},
      ttl: undefined,
      ifExists: "raise",
    });
    expect(await stateOf(id)).toEqual({
      values: {},
      next: [],
      tasks: [],
      created_at: null,
      checkpoint: null,
      parent_checkpoint: null,
    });
    expect(await threads.history(scope, id, { limit: 10 })).toEqual([]);
  });

  it("shows tasks with their interrupts and their subgraph's place", async () => {
    const { id } = await ran("asking", {});
    const state = await stateOf(id);
    const [task] = state["tasks"] as Record<string, unknown>[];
    expect(state.next).toEqual(["asker"]);
    expect(task).toMatchObject({
      name: "asker",
      path: ["__pregel_pull", "asker"],
      error: null,
      interrupts: [{ value: "first?" }],
      checkpoint: { thread_id: id, checkpoint_ns: `asker:${String(task?.["id"])}` },
      state: null,
      result: null,
    });
    const opened = (await threads.state(scope, id, {}, { subgraphs: true })) as unknown as {
      tasks: { state: State; checkpoint: null }[];
    };
    expect(opened.tasks[0]).toMatchObject({ checkpoint: null, state: { next: ["ask"] } });
    const inner = await stateOf(id, { checkpointNs: `asker:${String(task?.["id"])}` });
    expect(inner.next).toEqual(["ask"]);
    const at = { checkpointNs: inner["checkpoint"].checkpoint_ns };
    expect(await threads.history(scope, id, { limit: 10, at })).toHaveLength(2);
    await threads.update(scope, id, at, { values: { answers: ["given"] }, asNode: "ask" });
    expect((await stateOf(id, at)).values["answers"]).toEqual(["given"]);
    await expect(stateOf(id, { checkpointNs: "nobody:1" })).rejects.toMatchObject({
      code: "CHECKPOINT_NOT_FOUND",
    });
  });

  it("has a checkpoint that is not there for nobody", async () => {
    const { id } = await ran("chain", { goal: "g" });
    const at = { checkpointId: "1f1e6a9d-9979-6ed0-8000-0367d2cee364" };
    await expect(stateOf(id, at)).rejects.toMatchObject({ code: "CHECKPOINT_NOT_FOUND" });
    await expect(stateOf("00000000-0000-4000-8000-000000000000")).rejects.toMatchObject({
      code: "THREAD_NOT_FOUND",
    });
  });
});

describe("history", () => {
  it("is newest first, and each state can be read by its checkpoint", async () => {
    const { id, run } = await ran("chain", { goal: "g" });
    const history = (await threads.history(scope, id, { limit: 10 })) as unknown as State[];
    expect(history.map(({ next }) => next)).toEqual([
      [],
      ["third"],
      ["second"],
      ["first"],
      ["__start__"],
    ]);
    expect(history[1]?.["metadata"]).toMatchObject({ run_id: run.id, thread_id: id, step: 2 });
    expect(history[0]?.["parent_checkpoint"]).toEqual(history[1]?.checkpoint);
    const checkpointId = history[2]?.checkpoint.checkpoint_id ?? "";
    expect((await stateOf(id, { checkpointId })).values).toEqual({ goal: "g", log: ["first"] });
    expect(await threads.history(scope, id, { limit: 10, before: { checkpointId } })).toHaveLength(
      2,
    );
    expect(
      await threads.history(scope, id, { limit: 2, metadata: { run_id: run.id } }),
    ).toHaveLength(2);
    expect(await threads.history(scope, id, { limit: 2, metadata: { run_id: "x" } })).toHaveLength(
      0,
    );
  });
});

describe("update", () => {
  it("as a node moves the thread, and its record follows", async () => {
    const { id } = await ran("chain", { goal: "g" });
    const written = await threads.update(
      scope,
      id,
      {},
      { values: { log: ["x"] }, asNode: "first" },
    );
    expect(written).toMatchObject({ thread_id: id, checkpoint_ns: "" });
    expect(await stateOf(id)).toMatchObject({
      values: { goal: "g", log: ["x"] },
      next: ["second"],
    });
    expect(await records.threads.get(scope, id)).toMatchObject({
      status: "interrupted",
      values: { log: ["x"] },
    });
  });

  it("of nothing at the end leaves a paused thread idle", async () => {
    const { id } = await ran("asking", {});
    await threads.update(scope, id, {}, { values: null, asNode: "__end__" });
    expect(await records.threads.get(scope, id)).toMatchObject({ status: "idle", interrupts: {} });
  });

  it("by a node that is not there is refused", async () => {
    const { id } = await ran("chain", { goal: "g" });
    await expect(
      threads.update(scope, id, {}, { values: {}, asNode: "nobody" }),
    ).rejects.toMatchObject({
      code: "REQUEST_INVALID",
    });
  });

  it("from a checkpoint that is not there is refused, and makes none", async () => {
    const { id } = await ran("chain", { goal: "g" });
    const before = await stateOf(id);
    const at = { checkpointId: "1f1e6a9d-9979-6ed0-8000-0367d2cee364" };
    const update = { values: { log: ["x"] }, asNode: "first" };
    await expect(threads.update(scope, id, at, update)).rejects.toMatchObject({
      code: "CHECKPOINT_NOT_FOUND",
    });
    expect(await stateOf(id)).toEqual(before);
  });

  it("that cannot rebuild a thread leaves one that was there before", async () => {
    const { id } = await threads.create(scope, {
      id: undefined,
      metadata: { graph_id: "chain", mine: true },
      ttl: undefined,
      ifExists: "raise",
    });
    const again = threads.create(scope, {
      id,
      metadata: {},
      ttl: undefined,
      ifExists: "do_nothing",
      supersteps: [{ updates: [{ values: {}, asNode: "nobody" }] }],
    });
    await expect(again).rejects.toMatchObject({ code: "REQUEST_INVALID" });
    expect(await records.threads.get(scope, id)).toMatchObject({ metadata: { mine: true } });
  });

  it("many at once rebuild a thread", async () => {
    const updates: StateUpdate[] = [
      { values: { goal: "g" }, asNode: "__input__" },
      { values: { goal: "g" }, asNode: "__start__" },
      { values: { log: ["first"] }, asNode: "first" },
    ];
    const { id } = await threads.create(scope, {
      id: undefined,
      metadata: { graph_id: "chain" },
      ttl: undefined,
      ifExists: "raise",
      supersteps: updates.map((update) => ({ updates: [update] })),
    });
    expect(await stateOf(id)).toMatchObject({
      values: { goal: "g", log: ["first"] },
      next: ["second"],
    });
  });
});

describe("whole threads", () => {
  it("a copy has the history, under its own id", async () => {
    const { id } = await ran("asking", {});
    const copy = await threads.copy(scope, id);
    const [theirs, ours] = [await stateOf(id), await stateOf(copy.id)];
    expect(ours["metadata"]).toMatchObject({ thread_id: copy.id });
    expect({ ...ours.checkpoint, thread_id: id }).toEqual(theirs.checkpoint);
    expect(copy).toMatchObject({
      status: "interrupted",
      metadata: { graph_id: "asking", thread_id: copy.id },
    });
  });

  it("pruned they keep the newest state, deleted nothing", async () => {
    const { id } = await ran("chain", { goal: "g" });
    expect(
      await threads.prune(scope, [id, "00000000-0000-4000-8000-000000000000"], "keep_latest"),
    ).toBe(1);
    expect(await threads.history(scope, id, { limit: 10 })).toHaveLength(1);
    await threads.delete(scope, id);
    const configurable = { thread_id: id, checkpoint_ns: "" };
    expect(await bench.saver.getTuple({ configurable })).toBeUndefined();
  });

  it("a rolled back run leaves the thread where it began", async () => {
    const { id } = await ran("chain", { goal: "g" });
    const before = await stateOf(id);
    const run = rowOf(
      { input: { goal: "other", log: [] } },
      { threadId: id, graphId: "chain", startCheckpoint: before.checkpoint.checkpoint_id },
    );
    await perform(bench, graphs["chain"] as DeployedGraph, run);
    expect(await rollback(run)).toMatchObject({
      status: "idle",
      values: { goal: "g", log: ["first", "second", "third"] },
    });
    expect(await stateOf(id)).toEqual(before);
    const first = rowOf({ input: {} }, { graphId: "asking", startCheckpoint: "" });
    await perform(bench, graphs["asking"] as DeployedGraph, first);
    expect(await rollback(first)).toMatchObject({ status: "idle", interrupts: {} });
    const kept: unknown[] = [];
    for await (const tuple of bench.saver.list({ configurable: { thread_id: first.threadId } }))
      kept.push(tuple);
    expect(kept).toEqual([]);
  });

  it("a worker that lost its run takes back nothing of a later one", async () => {
    const { id } = await ran("chain", { goal: "g" });
    const startCheckpoint = (await stateOf(id)).checkpoint.checkpoint_id;
    const stalled = rowOf({}, { threadId: id, graphId: "chain", startCheckpoint });
    const later = rowOf({ input: { goal: "later", log: [] } }, { threadId: id, graphId: "chain" });
    await perform(bench, graphs["chain"] as DeployedGraph, later);
    const after = await stateOf(id);
    await expect(rollback(stalled)).rejects.toMatchObject({ code: "CHECKPOINT_CONFLICT" });
    expect(await stateOf(id)).toEqual(after);
  });
});

describe("a changed graph", () => {
  const State = z.object({ got: z.unknown().optional() });
  const build = (node: string, topology: string, renamed = {}) =>
    deploy(
      new StateGraph(State)
        .addNode(node, () => ({ got: interrupt("go?") }))
        .addEdge(START, node)
        .addEdge(node, END)
        .compile(),
      { topology, renamed },
    );

  it("without the node a thread waits in refuses the answer and leaves the thread paused", async () => {
    const run = rowOf({ input: {} });
    const { ending } = await perform(bench, build("old", "t1"), run);
    const command = {
      resume: Object.fromEntries(
        Object.values(ending.thread.interrupts)
          .flat()
          .map(({ id }) => [id as string, "yes"]),
      ),
    };
    const resumed = await perform(
      bench,
      build("other", "t2"),
      rowOf({ command }, { threadId: run.threadId }),
    );
    expect(resumed.events.at(-1)?.data).toMatchObject({ error: "GRAPH_CHANGED" });
    expect(resumed.ending.thread).toEqual({ ...ending.thread, values: {} });
    // Some clients name the newest checkpoint with an answer.
    const place = { configurable: { thread_id: run.threadId, checkpoint_ns: "" } };
    const head = await bench.saver.getTuple(place);
    const checkpoint = { checkpoint_id: head?.checkpoint.id ?? "" };
    const named = await perform(
      bench,
      build("other", "t2"),
      rowOf({ command, checkpoint }, { threadId: run.threadId }),
    );
    expect(named.events.at(-1)?.data).toMatchObject({ error: "GRAPH_CHANGED" });
    const back = await perform(
      bench,
      build("old", "t1"),
      rowOf({ command }, { threadId: run.threadId }),
    );
    expect(back.ending.thread.values).toEqual({ got: "yes" });
  });

  it("with a new name for it goes on there", async () => {
    const run = rowOf({ input: {} });
    const { ending } = await perform(bench, build("old", "t1"), run);
    const command = {
      resume: Object.fromEntries(
        Object.values(ending.thread.interrupts)
          .flat()
          .map(({ id }) => [id as string, "yes"]),
      ),
    };
    const renamed = build("new", "t2", { old: "new" });
    const resumed = await perform(bench, renamed, rowOf({ command }, { threadId: run.threadId }));
    expect(resumed.ending.thread).toMatchObject({ status: "idle", values: { got: "yes" } });
  });
});
