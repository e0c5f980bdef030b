// The catalog over langgraph.json. Graphs are shared by all runs and never changed; a function that makes
// graphs is called for each use.
import { messageOf, TuttiError } from "../errors.ts";
import type { JsonObject } from "../storage/index.ts";
import type { DeployedGraph, GraphCatalog } from "./graph-catalog.ts";
import { drawingOf } from "./graph-drawing.ts";
import { type GraphExport, type ImportModule, readGraphExports } from "./graph-exports.ts";
import type { Migrations } from "./graph-migrations.ts";
import { type GraphSchemas, schemasOf } from "./graph-schemas.ts";
import { topologyOf } from "./graph-topology.ts";
import { type LanggraphCopy, ownLanggraph } from "./langgraph-copy.ts";
import type { ServedGraph } from "./served-graph.ts";

export interface GraphCatalogOptions {
  /** langgraph.json. */
  readonly config: unknown;
  readonly importModule: ImportModule;
  /** Of the deployment. */
  readonly version: string;
  /** The LangGraph that the modules import, asked once they are loaded; default: ours. */
  readonly langgraph?: (() => Promise<LanggraphCopy>) | undefined;
  /** Old names of nodes to new ones, by graph. */
  readonly migrations?: Migrations | undefined;
}

type Maker = (config: JsonObject, runtime: object) => unknown;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

const isServed = (value: unknown): value is ServedGraph =>
  isObject(value) && "stream" in value && "getState" in value && "nodes" in value;

/** A compiled graph, an uncompiled one, or what `createAgent` makes of one. */
const compiled = (id: string, value: unknown): ServedGraph => {
  const graph =
    isObject(value) && typeof value["compile"] === "function"
      ? (value as { compile(): unknown }).compile()
      : value;
  const inner = isObject(graph) && isServed(graph["graph"]) ? graph["graph"] : graph;
  if (isServed(inner)) return inner;
  throw new TuttiError("CONFIG_INVALID", `graph ${id}: what langgraph.json names is no graph`, {
    hint: "export a StateGraph, a compiled graph, or a function that makes one",
  });
};

const made = async (id: string, make: Maker, config: JsonObject): Promise<ServedGraph> => {
  const runtime = { accessContext: "threads.create_run", executionRuntime: null };
  let value: unknown;
  try {
    value = await make(config, runtime);
  } catch (error) {
    throw new TuttiError("CONFIG_INVALID", `graph ${id} cannot be made: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return compiled(id, value);
};

/** Throws CONFIG_INVALID for a bad langgraph.json. */
export const createGraphCatalog = (options: GraphCatalogOptions): GraphCatalog => {
  const graphs = readGraphExports(options.config, options.importModule);
  const shared = new Map<string, Promise<DeployedGraph>>();

  const deploy = async (
    id: string,
    graph: ServedGraph,
    { hasEffects }: GraphExport,
  ): Promise<DeployedGraph> => ({
    id,
    graph,
    langgraph: (await options.langgraph?.()) ?? ownLanggraph,
    topology: await topologyOf(graph),
    version: options.version,
    hasEffects,
    renamed: options.migrations?.[id] ?? {},
  });

  const load = async (
    id: string,
    config: JsonObject = { configurable: {} },
  ): Promise<DeployedGraph> => {
    if (!graphs.has(id)) throw new TuttiError("GRAPH_NOT_FOUND", `Graph "${id}" not found`);
    const found = await graphs.load(id);
    if (typeof found.value === "function")
      return await deploy(id, await made(id, found.value as Maker, config), found);
    const known = shared.get(id) ?? deploy(id, compiled(id, found.value), found);
    shared.set(id, known);
    return await known;
  };

  const described = async (id: string): Promise<GraphSchemas> => {
    const { graph, langgraph } = await load(id);
    return schemasOf(graph, langgraph);
  };

  return {
    ids: graphs.ids,
    load,
    schemas: async (id) => {
      const { state, input, output, config } = await described(id);
      return {
        graph_id: id,
        input_schema: input,
        output_schema: output,
        state_schema: state,
        ...(config === undefined ? {} : { config_schema: config, context_schema: config }),
      };
    },
    drawing: async (id, xray) => drawingOf((await load(id)).graph, xray),
    subgraphs: async (id, namespace, recurse) => {
      const found: Record<string, JsonObject> = {};
      const { graph, langgraph } = await load(id);
      for await (const [path, inner] of graph.getSubgraphsAsync(namespace, recurse))
        found[path] = { ...schemasOf(inner, langgraph) };
      return found;
    },
  };
};
