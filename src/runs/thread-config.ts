// The config that a thread's state is read and changed with: the host's saver per call, and what a graph
// that is made for each use reads of the thread's own config.
import type { RunnableConfig } from "@langchain/core/runnables";
import type { JsonObject } from "../storage/index.ts";
import type { Saver } from "./executable-graph.ts";
import { fieldsOf } from "./run-config.ts";
import type { ServedGraph } from "./served-graph.ts";
import type { CheckpointRef } from "./thread-service.ts";

export const readConfig = (
  saver: Saver,
  key: string,
  config: JsonObject,
  at: CheckpointRef = {},
): RunnableConfig => ({
  configurable: {
    ...fieldsOf(config["configurable"]),
    thread_id: key,
    checkpoint_ns: at.checkpointNs ?? "",
    ...(at.checkpointId === undefined ? {} : { checkpoint_id: at.checkpointId }),
    ...(at.checkpointMap === undefined ? {} : { checkpoint_map: at.checkpointMap }),
    __pregel_checkpointer: saver,
  },
});

/** Names of a namespace's graphs without their tasks: `a:uuid|b:uuid` is `a|b`. */
export const pathOf = (namespace: string): string =>
  namespace
    .split("|")
    .filter((segment) => !/^\d+$/.test(segment))
    .map((segment) => segment.split(":")[0])
    .join("|");

/** The graph that keeps its state in a namespace; undefined when there is no such subgraph. */
export const graphAt = async (
  graph: ServedGraph,
  namespace: string,
): Promise<ServedGraph | undefined> => {
  if (namespace === "") return graph;
  for await (const [, inner] of graph.getSubgraphsAsync(pathOf(namespace), true)) return inner;
  return undefined;
};
