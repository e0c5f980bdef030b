// RemoteGraph: a graph on the server used as one here, by itself and as a node of another.
import { randomUUID } from "node:crypto";
import { Command, END, INTERRUPT, MemorySaver, START, StateGraph } from "@langchain/langgraph";
import { RemoteGraph } from "@langchain/langgraph/remote";
import { AskingState, graph as asking } from "../runs/graphs/asking.ts";
import { TalkingState } from "../runs/graphs/talking.ts";
import { ChainState } from "../runs/graphs/chain.ts";
import { startServer, type TestServer } from "../fixtures/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer({});
});
afterAll(() => server.close());

const remote = (graphId: string) => new RemoteGraph({ graphId, url: server.url });
const onThread = () => ({ configurable: { thread_id: randomUUID() } });

const collect = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
};

describe("by itself", () => {
  it("is invoked, with a thread and without", async () => {
    const log = ["first", "second", "third"];
    expect(await remote("chain").invoke({ goal: "g" })).toEqual({ goal: "g", log });
    const config = onThread();
    expect(await remote("chain").invoke({ goal: "g" }, config)).toEqual({ goal: "g", log });
    const { values, next } = await remote("chain").getState(config);
    expect(values).toEqual({ goal: "g", log });
    expect(next).toEqual([]);
  });

  it("streams one mode plainly, several with their names", async () => {
    const steps = await collect(
      await remote("chain").stream({ goal: "g" }, { streamMode: "updates" }),
    );
    expect(steps.map((step) => Object.keys(step as object))).toEqual([
      ["first"],
      ["second"],
      ["third"],
    ]);
    const mixed = await collect(
      await remote("talking").stream(
        { messages: [{ role: "user", content: "double 21" }] },
        { streamMode: ["values", "messages"] },
      ),
    );
    const modes = new Set(mixed.map(([mode]) => mode as string));
    expect(modes).toEqual(new Set(["values", "messages"]));
    const tokens = mixed
      .filter(([mode]) => mode === "messages")
      .map(([, [message]]: [string, [{ content: string; type: string }]]) => message.content);
    expect(tokens.join("")).toContain("let me");
    expect(tokens.join("")).toContain("it is 42");
  });

  it("streams what its subgraphs do, with their namespaces", async () => {
    const chunks = await collect(
      await remote("asking").stream({}, { ...onThread(), streamMode: "values", subgraphs: true }),
    ).catch((error: unknown) => error);
    // The question ends the stream, as it does for a graph that is here.
    expect(chunks).toMatchObject({ name: "GraphInterrupt" });
  });

  it("fails with what the remote node said", async () => {
    await expect(remote("slow").invoke({ how: "fails" })).rejects.toThrow(/no luck/);
  });

  it("is drawn, with its subgraphs when asked", async () => {
    const plain = await remote("asking").getGraphAsync();
    expect(Object.keys(plain.nodes)).toContain("asker");
    expect(plain.drawMermaid()).toContain("asker");
    const opened = await remote("asking").getGraphAsync({ xray: true });
    const local = await asking.getGraphAsync({ xray: true });
    expect(Object.keys(opened.nodes).sort()).toEqual(Object.keys(local.nodes).sort());
  });

  it("names its subgraphs", async () => {
    const found = await collect(remote("asking").getSubgraphsAsync());
    expect(found.map(([name]) => name)).toEqual(["asker"]);
  });

  it("updates the state and goes on from an earlier checkpoint", async () => {
    const graph = remote("chain");
    const config = onThread();
    await graph.invoke({ goal: "g" }, config);
    const history = await collect(graph.getStateHistory(config));
    expect(history.map(({ next }) => next)).toEqual([
      [],
      ["third"],
      ["second"],
      ["first"],
      ["__start__"],
    ]);
    const before = await collect(
      graph.getStateHistory(config, { before: history[1]?.config ?? {} }),
    );
    expect(before).toHaveLength(3);
    const updated = await graph.updateState(
      history[2]?.config ?? {},
      { log: ["changed"] },
      "first",
    );
    expect(updated.configurable?.["thread_id"]).toBe(config.configurable.thread_id);
    const state = await graph.getState(updated);
    expect(state).toMatchObject({ values: { log: ["changed"] }, next: ["second"] });
    expect(await graph.invoke(null, config)).toMatchObject({ log: ["changed", "second", "third"] });
  });

  it("asks, shows the question inside its subgraph, and takes the answers", async () => {
    const graph = remote("asking");
    const config = onThread();
    await expect(graph.invoke({}, config)).rejects.toMatchObject({
      interrupts: [{ value: "first?" }],
    });
    const state = await graph.getState(config, { subgraphs: true });
    expect(state.next).toEqual(["asker"]);
    expect(state.tasks[0]?.interrupts).toMatchObject([{ value: "first?" }]);
    expect(state.tasks[0]?.state).toMatchObject({ next: ["ask"], values: { log: ["before"] } });
    await expect(graph.invoke(new Command({ resume: "one" }), config)).rejects.toMatchObject({
      interrupts: [{ value: "second?" }],
    });
    expect(await graph.invoke(new Command({ resume: "two" }), config)).toEqual({
      answers: ["one", "two"],
      log: ["before", "after"],
    });
  });

  it("streams protocol v2", async () => {
    const run = await remote("chain").streamEvents({ goal: "g" }, { version: "v3" });
    const methods = new Set((await collect(run)).map(({ method }) => method));
    expect(methods).toContain("values");
    expect(methods).toContain("lifecycle");
    expect(await run.output).toMatchObject({ log: ["first", "second", "third"] });
  });
});

describe("as a node of another graph", () => {
  it("gives its result to the next node, and streams as a subgraph does", async () => {
    const graph = new StateGraph(ChainState)
      .addNode("far", remote("chain"))
      .addNode("near", ({ log }) => ({ log: [...log, "near"] }))
      .addEdge(START, "far")
      .addEdge("far", "near")
      .addEdge("near", END)
      .compile();
    const log = ["first", "second", "third", "near"];
    expect(await graph.invoke({ goal: "g" })).toEqual({ goal: "g", log });
    const chunks = await collect(
      await graph.stream({ goal: "g" }, { streamMode: "updates", subgraphs: true }),
    );
    const seen = chunks.map(([namespace, update]) => [
      namespace.map((part) => part.split(":")[0]).join("/"),
      Object.keys(update as object).join(),
    ]);
    expect(seen).toEqual([
      ["far", "first"],
      ["far", "second"],
      ["far", "third"],
      ["", "far"],
      ["", "near"],
    ]);
  });

  it("passes tokens of the remote model on", async () => {
    const graph = new StateGraph(TalkingState)
      .addNode("far", remote("talking"))
      .addEdge(START, "far")
      .addEdge("far", END)
      .compile();
    const chunks = await collect(
      await graph.stream(
        { messages: [{ role: "user", content: "double 21" }] },
        { streamMode: "messages", subgraphs: true },
      ),
    );
    const texts = chunks.map(([, [message]]) => message.content as string);
    expect(texts.join("")).toContain("it is 42");
  });

  it("pauses its parent with the question, which is answered on the server", async () => {
    // A remote node works on the thread of its parent, so the question is the same on both.
    const config = onThread();
    const far = remote("asking");
    const graph = new StateGraph(AskingState)
      .addNode("far", far)
      .addEdge(START, "far")
      .addEdge("far", END)
      .compile({ checkpointer: new MemorySaver() });
    const asked = (await graph.invoke({}, config)) as Record<string, unknown>;
    expect(asked[INTERRUPT]).toMatchObject([{ value: "first?" }]);
    expect((await graph.getState(config)).next).toEqual(["far"]);
    expect((await far.getState(config)).tasks[0]?.interrupts).toMatchObject([{ value: "first?" }]);
    await expect(far.invoke(new Command({ resume: "one" }), config)).rejects.toMatchObject({
      interrupts: [{ value: "second?" }],
    });
    const done = await far.invoke(new Command({ resume: "two" }), config);
    expect(done).toMatchObject({ answers: ["one", "two"] });
  });
});
