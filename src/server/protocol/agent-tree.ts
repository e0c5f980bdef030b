// The agents of a run as a tree: the root graph, and under it every subgraph that has shown itself.
import { isPrefixMatch, normalizeNamespaceSegment } from "@langchain/langgraph/stream";
import type { JsonObject, Records, RunRow } from "../../storage/index.ts";

interface Seen {
  readonly namespace: readonly string[];
  status: string;
  graphName: string;
}

const BATCH = 500;

const STATUS: Readonly<Record<RunRow["status"], string>> = {
  pending: "running",
  running: "running",
  success: "completed",
  error: "failed",
  timeout: "failed",
  interrupted: "interrupted",
};

const keyOf = (namespace: readonly string[]): string => namespace.join("|");

const lifecycleIn = (data: string): { event?: unknown; graph_name?: unknown } => {
  const parsed: unknown = JSON.parse(data);
  return typeof parsed === "object" && parsed !== null ? parsed : {};
};

const note = (seen: Map<string, Seen>, event: string, data: string): void => {
  const [method = "", ...namespace] = event.split("|");
  for (let length = 1; length <= namespace.length; length += 1) {
    const part = namespace.slice(0, length);
    if (!seen.has(keyOf(part)))
      seen.set(keyOf(part), {
        namespace: part,
        status: "started",
        graphName: normalizeNamespaceSegment(part.at(-1) ?? ""),
      });
  }
  const own = method === "lifecycle" ? seen.get(keyOf(namespace)) : undefined;
  if (own === undefined) return;
  const { event: status, graph_name: graphName } = lifecycleIn(data);
  if (typeof status === "string") own.status = status;
  if (typeof graphName === "string") own.graphName = graphName;
};

const treeOf = (nodes: readonly Seen[], at: Seen): JsonObject => {
  const children = nodes
    .filter(
      ({ namespace }) =>
        namespace.length === at.namespace.length + 1 &&
        isPrefixMatch([...namespace], [...at.namespace]),
    )
    .sort((a, b) => (keyOf(a.namespace) < keyOf(b.namespace) ? -1 : 1));
  return {
    namespace: [...at.namespace],
    status: at.status,
    graph_name: at.graphName,
    ...(children.length === 0 ? {} : { children: children.map((child) => treeOf(nodes, child)) }),
  };
};

export const agentTree = async (records: Records, run: RunRow): Promise<JsonObject> => {
  const seen = new Map<string, Seen>();
  for (let after = 0; ;) {
    const events = await records.events.read(run.id, after, BATCH);
    for (const { event, data } of events) if (event.includes("|")) note(seen, event, data);
    if (events.length < BATCH) break;
    after = events.at(-1)?.seq ?? after;
  }
  const root: Seen = { namespace: [], status: STATUS[run.status], graphName: run.graphId };
  return treeOf([...seen.values()], root);
};
