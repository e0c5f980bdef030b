// The part of a compiled LangGraph graph that a server takes: running it with every stream mode, reading
// and changing its state, drawing it.
import type { RunnableConfig } from "@langchain/core/runnables";
import type { StateSnapshot } from "@langchain/langgraph";
import type { CheckpointListOptions } from "@langchain/langgraph-checkpoint";
import type { ExecutableGraph } from "./executable-graph.ts";

export interface Superstep {
  readonly updates: readonly { values?: unknown; asNode?: string; taskId?: string }[];
}

export interface ServedGraph extends Pick<ExecutableGraph, "nodes"> {
  /** Inner structure, read for its topology and its schemas. */
  readonly builder?: object;
  readonly channels?: Readonly<Record<string, unknown>>;
  stream(input: unknown, options: Record<string, unknown>): Promise<AsyncIterable<unknown>>;
  /** Version "v2": LangChain's events. Version "v3": a promise of protocol v2's events. */
  streamEvents(input: unknown, options: Record<string, unknown>): unknown;
  getState(config: RunnableConfig, options?: { subgraphs?: boolean }): Promise<StateSnapshot>;
  getStateHistory(
    config: RunnableConfig,
    options?: CheckpointListOptions,
  ): AsyncIterable<StateSnapshot>;
  bulkUpdateState(config: RunnableConfig, supersteps: Superstep[]): Promise<RunnableConfig>;
  getGraphAsync(config: RunnableConfig & { xray?: boolean | number }): Promise<{
    toJSON(): Record<string, unknown>;
  }>;
  getSubgraphsAsync(
    namespace?: string,
    recurse?: boolean,
  ): AsyncIterable<readonly [string, ServedGraph]>;
}
