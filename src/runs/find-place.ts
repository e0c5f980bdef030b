// Whether the deployed graph still has the place a thread waits in; asked before a paused thread goes on.
import type { CheckpointTuple } from "@langchain/langgraph-checkpoint";
import { graphChanged, pendingNodes } from "./changed-graph.ts";
import type { FencedSaver } from "./fenced-saver.ts";
import type { DeployedGraph } from "./graph-catalog.ts";
import { pathOf } from "./thread-config.ts";
import type { ServedGraph } from "./served-graph.ts";

const missing = (tuple: CheckpointTuple, graph: ServedGraph): string[] =>
  pendingNodes(tuple).filter((node) => !Object.hasOwn(graph.nodes, node));

interface Thread {
  readonly saver: FencedSaver;
  readonly key: string;
}

/** Newest checkpoint of each subgraph that the root's pending tasks have begun. */
const innerTuples = async (
  { saver, key }: Thread,
  head: CheckpointTuple,
): Promise<CheckpointTuple[]> => {
  const parent = head.checkpoint.id;
  const inner = new Map<string, CheckpointTuple>();
  for await (const tuple of saver.list({ configurable: { thread_id: key } })) {
    const namespace = String(tuple.config.configurable?.["checkpoint_ns"] ?? "");
    const parents = tuple.metadata?.parents;
    if (namespace !== "" && parents?.[""] === parent && !inner.has(namespace))
      inner.set(namespace, tuple);
  }
  return [...inner.values()];
};

/** Nodes the thread waits in that the graph does not have; those of subgraphs as `subgraph|node`. */
const missingPlaces = async (
  deployed: Pick<DeployedGraph, "graph" | "topology">,
  thread: Thread,
  head: CheckpointTuple,
): Promise<string[]> => {
  const written = (await thread.saver.info(thread.key))?.graph;
  if (written?.topology === deployed.topology) return [];
  const gone = missing(head, deployed.graph);
  if (gone.length > 0) return gone;
  const subgraphs = new Map<string, ServedGraph>();
  for await (const [path, inner] of deployed.graph.getSubgraphsAsync(undefined, true))
    subgraphs.set(path, inner);
  if (subgraphs.size === 0) return [];
  return (await innerTuples(thread, head)).flatMap((tuple) => {
    const path = pathOf(String(tuple.config.configurable?.["checkpoint_ns"]));
    const inner = subgraphs.get(path);
    return inner === undefined ? [path] : missing(tuple, inner).map((node) => `${path}|${node}`);
  });
};

/**
 * Throws GRAPH_CHANGED; nothing has been saved then. True when the places that are missing have new names
 * and the thread must be moved to them.
 */
export const refuseMissingPlaces = async (
  deployed: Pick<DeployedGraph, "graph" | "topology" | "renamed">,
  thread: Thread,
  head: CheckpointTuple,
): Promise<boolean> => {
  const { graph, renamed } = deployed;
  const gone = await missingPlaces(deployed, thread, head);
  const isRenamed = (node: string): boolean =>
    Object.hasOwn(renamed, node) && Object.hasOwn(graph.nodes, renamed[node] ?? "");
  const lost = gone.filter((node) => !isRenamed(node));
  if (lost.length > 0) throw graphChanged(lost);
  return gone.length > 0;
};
