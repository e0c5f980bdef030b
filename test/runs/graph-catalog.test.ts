import { describe, expect, it } from "vitest";
import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { z } from "zod";
import { createGraphCatalog } from "../../src/runs/create-graph-catalog.ts";
import { readMigrations } from "../../src/runs/graph-migrations.ts";
import { graph as asking } from "./graphs/asking.ts";
import { ChainState, graph as chain } from "./graphs/chain.ts";
import { graph as talking } from "./graphs/talking.ts";

const built = (node = "only") =>
  new StateGraph(z.object({ count: z.number().default(0) }))
    .addNode(node, () => ({}))
    .addEdge(START, node)
    .addEdge(node, END);
const annotated = new StateGraph(Annotation.Root({ name: Annotation<string>() }))
  .addNode("only", () => ({}))
  .addEdge(START, "only")
  .compile();
const configurable = new StateGraph(
  z.object({ count: z.number() }),
  z.object({ model: z.enum(["small", "large"]) }),
)
  .addNode("only", () => ({}))
  .addEdge(START, "only")
  .compile();

const nested = new StateGraph(ChainState).addNode("inner", chain).addEdge(START, "inner").compile();

const modules: Record<string, Record<string, unknown>> = {
  "./a.ts": {
    chain,
    asking,
    nested,
    talking,
    annotated,
    configurable,
    built: built(),
    promised: Promise.resolve(chain),
    wrapped: { graph: chain },
    made: async (config: { configurable: { node?: string } }) => built(config.configurable.node),
    none: 7,
  },
  "./effects.ts": { chain, effects: true },
};
const catalog = createGraphCatalog({
  version: "3",
  migrations: readMigrations({ chain: { old: "first" } }),
  config: {
    graphs: {
      ...Object.fromEntries(
        Object.keys(modules["./a.ts"] ?? {}).map((name) => [name, `./a.ts:${name}`]),
      ),
      careful: { path: "./effects.ts:chain", description: "acts on the outside" },
    },
  },
  importModule: async (path) => modules[path] ?? {},
});

describe("the catalog", () => {
  it("takes compiled graphs, uncompiled ones, promises and wrappers", async () => {
    for (const id of ["chain", "promised", "wrapped"])
      expect((await catalog.load(id)).graph).toBe(chain);
    expect(Object.keys((await catalog.load("built")).graph.nodes)).toContain("only");
    expect(await catalog.load("chain")).toMatchObject({
      version: "3",
      hasEffects: false,
      renamed: { old: "first" },
    });
    expect(await catalog.load("careful")).toMatchObject({ hasEffects: true });
  });

  it("calls a function for each use, with the config", async () => {
    const { graph } = await catalog.load("made", { configurable: { node: "mine" } });
    expect(Object.keys(graph.nodes)).toContain("mine");
    expect(Object.keys((await catalog.load("made")).graph.nodes)).toContain("only");
  });

  it("says which graph there is not", async () => {
    await expect(catalog.load("nobody")).rejects.toMatchObject({ code: "GRAPH_NOT_FOUND" });
    await expect(catalog.load("none")).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    expect(() =>
      createGraphCatalog({ version: "1", config: {}, importModule: async () => ({}) }),
    ).toThrow(/graphs/);
  });

  it("knows a topology by nodes and edges, not by the object", async () => {
    const topology = async (node: string) =>
      (await catalog.load("made", { configurable: { node } })).topology;
    expect(await topology("x")).toBe(await topology("x"));
    expect(await topology("x")).not.toBe(await topology("y"));
  });
});

describe("schemas", () => {
  it("come from the zod state", async () => {
    expect(await catalog.schemas("chain")).toMatchObject({
      graph_id: "chain",
      state_schema: { properties: { goal: { type: "string" }, log: { type: "array" } } },
      input_schema: { properties: { goal: { type: "string" } } },
    });
    expect(Object.keys(await catalog.schemas("chain"))).not.toContain("config_schema");
    const configured = { properties: { model: { enum: ["small", "large"] } } };
    expect(await catalog.schemas("configurable")).toMatchObject({
      config_schema: configured,
      context_schema: configured,
    });
  });

  it("of what JSON Schema cannot say are the channels' names", async () => {
    expect(await catalog.schemas("annotated")).toMatchObject({
      state_schema: { type: "object", properties: { name: {} } },
    });
    expect(await catalog.schemas("talking")).toMatchObject({
      state_schema: { properties: { messages: { langgraph_type: "messages" } } },
    });
  });

  it("of subgraphs are found by their path", async () => {
    expect(await catalog.subgraphs("asking", undefined, true)).toMatchObject({
      asker: { state: { properties: { answers: { type: "array" } } } },
    });
  });
});

describe("drawings", () => {
  it("show nodes and edges, and open subgraphs when asked", async () => {
    const closed = await catalog.drawing("nested", false);
    const open = await catalog.drawing("nested", true);
    const ids = ({ nodes }: { nodes?: unknown }) => (nodes as { id: string }[]).map(({ id }) => id);
    expect(ids(closed).slice(0, 2)).toEqual(["__start__", "inner"]);
    expect(ids(open)).toContain("inner:first");
    expect(closed["edges"]).toContainEqual({
      source: "__start__",
      target: "inner",
      conditional: false,
    });
  });
});
