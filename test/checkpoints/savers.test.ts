// What every saver promises beside LangGraph's own suite.
import { AIMessage, HumanMessage, RemoveMessage, type BaseMessage } from "@langchain/core/messages";
import { Command, END, START, StateGraph, messagesStateReducer } from "@langchain/langgraph";
import { emptyCheckpoint, uuid6, type Checkpoint } from "@langchain/langgraph-checkpoint";
import { registry } from "@langchain/langgraph/zod";
import { z } from "zod";
import {
  CheckpointError,
  care,
  payloadHash,
  type Persistence,
  type TuttiSaver,
} from "../../checkpoints/index.ts";
import { adapters } from "./adapters.ts";
import { pausingGraph, storyGraph } from "./graphs.ts";

const all = await adapters();

const on = (thread: string, more: object = {}) => ({
  configurable: { thread_id: thread, ...more },
  durability: "sync" as const,
});

const messagesState = z.object({
  messages: z.array(z.custom<BaseMessage>()).register(registry, {
    reducer: { fn: messagesStateReducer as never },
    default: () => [],
  } as never),
});

const bodies = (messages: BaseMessage[]) => messages.map(({ content, id }) => [content, id]);

const checkpointWith = (
  values: Record<string, unknown>,
  versions: Record<string, string | number>,
): Checkpoint => ({
  ...emptyCheckpoint(),
  id: uuid6(3),
  channel_values: values,
  channel_versions: versions,
});

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
};

const meta = { source: "loop", step: 0, parents: {} } as const;

describe.each(all.map((adapter) => [adapter.name, adapter] as const))("%s", (name, adapter) => {
  let url: string;
  let persistence: Persistence;
  let saver: TuttiSaver;

  beforeEach(async () => {
    url = await adapter.create();
    persistence = await adapter.open(url);
    saver = persistence.saver;
  });
  afterEach(() => persistence.close());
  afterAll(() => adapter.dispose());

  const reopen = async (): Promise<TuttiSaver> => {
    if (name !== "memory") {
      await persistence.close();
      persistence = await adapter.open(url);
      saver = persistence.saver;
    }
    return saver;
  };

  const payload = async (): Promise<number> => {
    const values = await care.stats(persistence);
    return values.values;
  };

  // ---- storage by delta

  it("stores a growing list of messages once each, whatever they are called later", async () => {
    const graph = new StateGraph(messagesState)
      .addNode("talk", ({ messages }) => ({
        messages: [new AIMessage(`${messages.length} `.repeat(50))],
      }))
      .addEdge(START, "talk")
      .addConditionalEdges("talk", ({ messages }) => (messages.length < 60 ? "talk" : END), [
        "talk",
        END,
      ])
      .compile({ checkpointer: saver as never });
    await graph.invoke(
      { messages: [new HumanMessage("x".repeat(100))] },
      { ...on("t"), recursionLimit: 100 },
    );
    // 60 messages, each one value as a node's write and as an element of the channel; and the input
    expect(await payload()).toBe(61);
  });

  it("keeps a list right when an element in the middle is replaced or removed", async () => {
    const graph = new StateGraph(messagesState)
      .addNode("edit", () => ({
        messages: [
          new HumanMessage({ id: "m30", content: "changed ".repeat(10) }),
          new RemoveMessage({ id: "m10" }),
        ],
      }))
      .addEdge(START, "edit")
      .addEdge("edit", END)
      .compile({ checkpointer: saver as never });
    const messages = Array.from(
      { length: 50 },
      (_, i) => new HumanMessage({ id: `m${i}`, content: `text ${i} `.repeat(10) }),
    );
    const result = await graph.invoke({ messages }, on("t"));
    const before = await payload();
    await reopen();
    const tuple = await saver.getTuple(on("t"));
    const stored = tuple?.checkpoint.channel_values["messages"] as BaseMessage[];
    expect(bodies(stored)).toEqual(bodies(result.messages));
    expect(stored).toHaveLength(49);
    expect(before).toBeLessThanOrEqual(52); // 50, the new one, and the removal
  });

  it("finds a message that a node changed in place and returned", async () => {
    const graph = new StateGraph(messagesState)
      .addNode("change", ({ messages }) => {
        const [first] = messages;
        if (first === undefined) return {};
        first.content = "changed in place";
        return { messages: [first] };
      })
      .addNode("next", () => ({ messages: [new AIMessage("next")] }))
      .addEdge(START, "change")
      .addEdge("change", "next")
      .addEdge("next", END)
      .compile({ checkpointer: saver as never });
    await graph.invoke(
      { messages: [new HumanMessage("x".repeat(200)), new HumanMessage("y".repeat(200))] },
      on("t"),
    );
    await reopen();
    const contents: unknown[] = [];
    for await (const { checkpoint } of saver.list(on("t"))) {
      contents.push(
        (checkpoint.channel_values["messages"] as BaseMessage[] | undefined)?.[0]?.content,
      );
    }
    expect(contents.slice(0, 2)).toEqual(["changed in place", "changed in place"]);
    expect(contents.at(-2)).toBe("x".repeat(200)); // history keeps what was
  });

  it("finds a message that was changed in place and never returned, at the end of the run", async () => {
    const graph = new StateGraph(messagesState)
      .addNode("meddle", ({ messages }) => {
        if (messages[0] !== undefined) messages[0].content = "meddled with";
        return {};
      })
      .addEdge(START, "meddle")
      .addEdge("meddle", END)
      .compile({ checkpointer: saver as never });
    await graph.invoke({ messages: [new HumanMessage("x".repeat(200))] }, on("t"));
    await reopen();
    const values = (await saver.getTuple(on("t")))?.checkpoint.channel_values;
    expect((values?.["messages"] as BaseMessage[] | undefined)?.[0]?.content).toBe("meddled with");
  });

  it("finds a message that was changed in place and never returned, at a pause", async () => {
    const story = z.object({ ...messagesState.shape, done: z.string().optional() });
    const { interrupt } = await import("@langchain/langgraph");
    const graph = new StateGraph(story)
      .addNode("meddle", ({ messages }) => {
        if (messages[0] !== undefined) messages[0].content = "meddled with";
        return {};
      })
      .addNode("ask", () => ({ done: String(interrupt("go on?")) }))
      .addEdge(START, "meddle")
      .addEdge("meddle", "ask")
      .addEdge("ask", END)
      .compile({ checkpointer: saver as never });
    await graph.invoke({ messages: [new HumanMessage("x".repeat(200))] }, on("t"));
    await reopen();
    const values = (await saver.getTuple(on("t")))?.checkpoint.channel_values;
    expect((values?.["messages"] as BaseMessage[] | undefined)?.[0]?.content).toBe("meddled with");
  });

  it("takes frozen state, and does not change it", async () => {
    const value = Object.freeze({
      deep: Object.freeze([Object.freeze({ a: 1 })]),
      when: new Date(5),
    });
    const stored = await saver.put(
      on("t"),
      checkpointWith({ value, list: Object.freeze([value]) }, { value: 1, list: 1 }),
      meta,
      { value: 1, list: 1 },
    );
    expect((await saver.get(stored))?.channel_values).toEqual({ value, list: [value] });
  });

  it("stores a large value once, however often it is written", async () => {
    const document = {
      text: Array.from({ length: 5_000 }, (_, i) => `${i} ${(i * 7_919) % 10_007}`).join(" "),
    };
    let config = on("t") as object;
    for (let step = 0; step < 10; step += 1) {
      const copy = structuredClone(document);
      config = await saver.put(
        config,
        checkpointWith({ document: copy, step }, { document: step, step }),
        meta,
        { document: step, step },
      );
    }
    expect(await payload()).toBe(1);
  });

  // ---- history

  it("reads every checkpoint of a forked history as it was", async () => {
    const graph = storyGraph(saver);
    await graph.invoke({ last: { text: "one", fan: 2 } }, on("t"));
    await graph.invoke({ last: { text: "two" } }, on("t"));
    const before = await collect(graph.getStateHistory(on("t")));
    const old = before.find(({ next }) => next[0] === "say");
    await graph.updateState(old?.config ?? {}, { log: ["edited"] }, "intake");
    await graph.invoke(null, on("t"));
    await reopen();
    const after = new Map(
      (await collect(storyGraph(saver).getStateHistory(on("t")))).map((state) => [
        state.config.configurable?.["checkpoint_id"],
        state.values as unknown,
      ]),
    );
    for (const state of before) {
      expect(after.get(state.config.configurable?.["checkpoint_id"])).toEqual(state.values);
    }
    expect((await storyGraph(saver).getState(on("t"))).values.log).toContain("edited");
  });

  it("makes versions that sort by age and are never made twice", () => {
    const versions: (string | number)[] = [];
    let current: string | number | undefined;
    for (let i = 0; i < 2_000; i += 1) versions.push((current = saver.getNextVersion(current)));
    expect(versions.toSorted()).toEqual(versions);
    const forks = Array.from({ length: 2_000 }, () => saver.getNextVersion(versions[5]));
    expect(new Set(forks).size).toBe(2_000);
    expect(forks.every((fork) => fork > (versions[5] as string))).toBe(true);
  });

  it("lists by metadata, before a checkpoint, and no more than asked for", async () => {
    const graph = storyGraph(saver);
    await graph.invoke({ last: { text: "one" } }, on("t"));
    const everything = await collect(saver.list(on("t")));
    const [, second] = everything;
    const rest = await collect(saver.list(on("t"), { before: second?.config ?? {}, limit: 2 }));
    expect(rest.map(({ checkpoint }) => checkpoint.id)).toEqual(
      everything.slice(2, 4).map(({ checkpoint }) => checkpoint.id),
    );
    const inputs = await collect(saver.list(on("t"), { filter: { source: "input" } }));
    expect(inputs.map(({ metadata }) => metadata?.step)).toEqual([-1, -1]); // the graph's and its child's
    expect(await collect(saver.list(on("t"), { limit: 0 }))).toEqual([]);
  });

  // ---- ownership

  it("refuses writes under an older fence, also on child threads", async () => {
    const first = await saver.acquire("root");
    await pausingGraph(saver).invoke({}, on("root", { fence: first }));
    await pausingGraph(saver).invoke({}, on("root/task/1", { fence: first }));
    const second = await saver.acquire("root/task/1"); // the fence of a child is its root's
    expect(second).toBeGreaterThan(first);
    const stale = pausingGraph(saver).invoke(
      new Command({ resume: 1 }),
      on("root", { fence: first }),
    );
    await expect(stale).rejects.toMatchObject({ code: "CHECKPOINT_CONFLICT" });
    const staleChild = pausingGraph(saver).invoke(
      new Command({ resume: 1 }),
      on("root/task/1", { fence: first }),
    );
    await expect(staleChild).rejects.toMatchObject({ code: "CHECKPOINT_CONFLICT" });
    const result = await pausingGraph(saver).invoke(
      new Command({ resume: "yes" }),
      on("root", { fence: second }),
    );
    expect(result.answers).toEqual(["yes"]);
  });

  it("takes a token that the host gives, and refuses those older than what is held", async () => {
    const write = (thread: string, fence: number) =>
      saver.put(on(thread, { fence }), checkpointWith({}, {}), meta, {});
    expect(await saver.acquire("root", 5)).toBe(5); // of a thread that the saver has never seen
    await write("root", 5);
    await write("root/task/1", 5);
    expect(await saver.acquire("root/task/1", 5)).toBe(5); // the same holder asks again
    await write("root", 5);
    expect(await saver.acquire("root", 8)).toBe(8);
    for (const old of [5, 7])
      await expect(saver.acquire("root/task/1", old)).rejects.toMatchObject({
        code: "CHECKPOINT_CONFLICT",
      });
    for (const thread of ["root", "root/task/1", "root/task/2"])
      await expect(write(thread, 5)).rejects.toMatchObject({ code: "CHECKPOINT_CONFLICT" });
    await write("root/task/1", 8);
    expect(await saver.acquire("root")).toBe(9);
    await reopen();
    expect(await saver.info("root")).toMatchObject({ token: 9 });
    for (const odd of [0, -1, 1.5, Number.NaN, 2 ** 60])
      await expect(saver.acquire("root", odd)).rejects.toMatchObject({
        code: "CHECKPOINT_INVALID",
      });
  });

  it("gives a deleted thread to a later run, and not to the run before", async () => {
    const write = (fence: number) =>
      saver.put(on("root", { fence }), checkpointWith({ a: fence }, { a: fence }), meta, {
        a: fence,
      });
    await saver.acquire("root", 5);
    await write(5);
    await saver.deleteThread("root");
    await expect(write(5)).rejects.toMatchObject({ code: "CHECKPOINT_CONFLICT" });
    await saver.acquire("root", 6);
    await expect(write(5)).rejects.toMatchObject({ code: "CHECKPOINT_CONFLICT" });
    await write(6);
    expect((await saver.get(on("root")))?.channel_values).toEqual({ a: 6 });
    const history = await collect(saver.list(on("root")));
    expect(history).toHaveLength(1);
  });

  it("does not let a fenced writer bring a deleted thread back", async () => {
    const fence = await saver.acquire("root");
    await pausingGraph(saver).invoke({}, on("root", { fence }));
    await saver.deleteThread("root");
    const late = saver.put(on("root", { fence }), checkpointWith({}, {}), meta, {});
    await expect(late).rejects.toMatchObject({ code: "CHECKPOINT_CONFLICT" });
    expect(await saver.getTuple(on("root"))).toBeUndefined();
  });

  it("takes one of two answers to a pause, and refuses the other", async () => {
    const other = name === "memory" ? persistence : await adapter.open(url);
    const effects: unknown[] = [];
    await pausingGraph(saver).invoke({}, on("t"));
    const answers = [saver, other.saver].map((owner, i) =>
      pausingGraph(owner, (answer) => effects.push(answer)).invoke(
        new Command({ resume: `answer ${i}` }),
        on("t"),
      ),
    );
    const settled = await Promise.allSettled(answers);
    expect(settled.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const loser = settled.find((outcome) => outcome.status === "rejected");
    expect(loser?.reason).toMatchObject({ code: "CHECKPOINT_CONFLICT" });
    const history = await collect(saver.list(on("t")));
    const parents = history.map(
      ({ parentConfig }) => parentConfig?.configurable?.["checkpoint_id"] as string | undefined,
    );
    expect(new Set(parents).size).toBe(parents.length); // no checkpoint has two children
    if (name !== "memory") await other.close();
  });

  it("claims an answer by the interrupt's id and the hash of what was asked", async () => {
    await pausingGraph(saver).invoke({}, on("t"));
    const { tasks } = await pausingGraph(saver).getState(on("t"));
    const [asked] = tasks[0]?.interrupts ?? [];
    const claim = {
      thread: "t",
      interrupt: asked?.id ?? "",
      hash: payloadHash(asked?.value),
      by: "run 1",
    };
    await expect(
      saver.claim({ ...claim, hash: payloadHash("another question") }),
    ).rejects.toMatchObject({ code: "CHECKPOINT_CONFLICT" });
    await expect(saver.claim({ ...claim, interrupt: "0".repeat(32) })).rejects.toMatchObject({
      code: "CHECKPOINT_CONFLICT",
    });
    await saver.claim(claim);
    await saver.claim(claim); // the same one may ask again, after a crash say
    await expect(saver.claim({ ...claim, by: "run 2" })).rejects.toMatchObject({
      code: "CHECKPOINT_CONFLICT",
    });
    const late = pausingGraph(saver).invoke(
      new Command({ resume: "no" }),
      on("t", { answer: "run 2" }),
    );
    await expect(late).rejects.toBeInstanceOf(CheckpointError);
    const result = await pausingGraph(saver).invoke(
      new Command({ resume: "yes" }),
      on("t", { answer: "run 1" }),
    );
    expect(result.answers).toEqual(["yes"]);
  });

  it("runs the node of the answer that was claimed, and of no other", async () => {
    const other = name === "memory" ? persistence : await adapter.open(url);
    const effects: unknown[] = [];
    for (let round = 0; round < 5; round += 1) {
      const thread = `t${round}`;
      await pausingGraph(saver).invoke({}, on(thread));
      const { tasks } = await pausingGraph(saver).getState(on(thread));
      const [asked] = tasks[0]?.interrupts ?? [];
      const answers = [saver, other.saver].map(async (owner, i) => {
        const by = `${thread} run ${i}`;
        const hash = payloadHash(asked?.value);
        await owner.claim({ thread, interrupt: asked?.id ?? "", hash, by });
        const graph = pausingGraph(owner, (answer) => effects.push(answer));
        return graph.invoke(new Command({ resume: by }), on(thread, { answer: by }));
      });
      const settled = await Promise.allSettled(answers);
      const won = settled.flatMap((outcome) =>
        outcome.status === "fulfilled" ? outcome.value.answers : [],
      );
      expect(won).toHaveLength(1);
      expect(effects.splice(0)).toEqual(won); // the other node did not start
      const { values } = await pausingGraph(saver).getState(on(thread));
      expect((values as { answers: unknown[] }).answers).toEqual(won);
    }
    if (name !== "memory") await other.close();
  });

  it("takes answers one after the other when a node asks twice", async () => {
    const graph = storyGraph(saver);
    await graph.invoke({ last: { text: "x", ask: true, twice: true } }, on("t"));
    await graph.invoke(new Command({ resume: "a" }), on("t"));
    await graph.invoke(new Command({ resume: "b" }), on("t"));
    const result = await graph.invoke(new Command({ resume: "c" }), on("t"));
    expect(result.log).toContain("answered a b");
    expect(result.childLog).toContain("child:c");
  });

  it("lets an answer be given again when the first one was refused by its schema", async () => {
    const { interrupt } = await import("@langchain/langgraph");
    const graph = new StateGraph(z.object({ count: z.number().optional() }))
      .addNode("ask", () => ({ count: interrupt("how many?", { responseSchema: z.number() }) }))
      .addEdge(START, "ask")
      .addEdge("ask", END)
      .compile({ checkpointer: saver as never });
    await graph.invoke({}, on("t"));
    await expect(graph.invoke(new Command({ resume: "many" }), on("t"))).rejects.toThrow(/number/);
    expect(await graph.invoke(new Command({ resume: 3 }), on("t"))).toEqual({ count: 3 });
  });

  it("records graph, version and topology of a thread", async () => {
    const graph = { id: "report", version: "3", topology: "abc" };
    await pausingGraph(saver).invoke({}, on("t", { graph }));
    await reopen();
    expect(await saver.info("t")).toMatchObject({ thread: "t", graph, token: 0 });
    expect(await saver.info("unknown")).toBeUndefined();
  });

  it("goes on after another process pruned or deleted the thread", async () => {
    if (name === "memory") return;
    const other = await adapter.open(url);
    const graph = storyGraph(saver);
    await graph.invoke({ last: { text: "one", fan: 2 } }, on("t"));
    await care.pruneThread(other, "t");
    const { log } = await graph.invoke({ last: { text: "two" } }, on("t"));
    expect(log.filter((line: string) => line.startsWith("said"))).toEqual(["said one", "said two"]);
    await other.saver.deleteThread("t");
    const fresh = await graph.invoke({ last: { text: "three" } }, on("t"));
    expect(fresh.log.filter((line: string) => line.startsWith("said"))).toEqual(["said three"]);
    expect((await care.verify(other)).damages).toEqual([]);
    await other.close();
  });

  it("keeps two writers of one thread apart: both histories stay readable", async () => {
    if (name === "memory") return;
    const other = await adapter.open(url);
    const graphs = [storyGraph(saver), storyGraph(other.saver)];
    await graphs[0]?.invoke({ last: { text: "zero" } }, on("t"));
    await Promise.all(
      graphs.map((graph, i) => graph.invoke({ last: { text: `writer ${i}`, fan: 3 } }, on("t"))),
    );
    expect((await care.verify(other)).damages).toEqual([]);
    for await (const { checkpoint } of saver.list(on("t"))) expect(checkpoint.id).toBeTruthy();
    await other.close();
  });

  // ---- the door

  it.each([
    ["", "empty"],
    ["a\0b", "NUL"],
    ["\ud800", "half a pair"],
    ["x".repeat(2_000), "too long"],
  ])("refuses the thread id %j (%s)", async (id) => {
    await expect(saver.put(on(id), checkpointWith({}, {}), meta, {})).rejects.toMatchObject({
      code: "CHECKPOINT_INVALID",
    });
  });

  it("refuses what cannot be stored, says where it is, and leaves the thread readable", async () => {
    const good = await saver.put(on("t"), checkpointWith({ a: 1 }, { a: 1 }), meta, { a: 1 });
    const bad = { deep: [{ handler: () => undefined }] };
    const refused = saver.put(good, checkpointWith({ bad }, { bad: 1 }), meta, { bad: 1 });
    await expect(refused).rejects.toThrow(/a function is not data \(at deep\.0\.handler\)/);
    expect((await saver.get(on("t")))?.channel_values).toEqual({ a: 1 });
  });
});
