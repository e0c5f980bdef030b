// The deployed graphs as the API shows them: what there is, schemas, pictures, versions.
import type { JsonObject } from "../storage/index.ts";
import type { LanggraphCopy } from "./langgraph-copy.ts";
import type { ServedGraph } from "./served-graph.ts";

/** A graph to be run or read: shared, never mutated; the saver comes per call. */
export interface DeployedGraph {
  readonly id: string;
  readonly graph: ServedGraph;
  /** The LangGraph it was made with. */
  readonly langgraph: LanggraphCopy;
  /** Hash of its nodes and edges, subgraphs included: a paused thread asks whether its place still exists. */
  readonly topology: string;
  readonly version: string;
  /** A node may act on the outside: it runs with durability `sync`, whatever was asked for. */
  readonly hasEffects: boolean;
  /** Names that nodes had in earlier versions, to those they have now. */
  readonly renamed: Readonly<Record<string, string>>;
}

export interface GraphCatalog {
  readonly ids: readonly string[];
  /** Factories `(config) => graph` are called per use. Throws GRAPH_NOT_FOUND, CONFIG_INVALID. */
  load(id: string, config?: JsonObject): Promise<DeployedGraph>;
  /** JSON schemas: input, output, state, config, context. */
  schemas(id: string): Promise<JsonObject>;
  /** Nodes and edges; `xray` true or a depth opens subgraphs. */
  drawing(id: string, xray: boolean | number): Promise<JsonObject>;
  /** Schemas of subgraphs by namespace. */
  subgraphs(id: string, namespace: string | undefined, recurse: boolean): Promise<JsonObject>;
}
