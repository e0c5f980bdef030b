// A graph's nodes and edges as one hash: two processes that deploy the same graph agree on it, and a thread
// that was written by another one is looked at more closely.
import { createHash } from "node:crypto";
import type { ServedGraph } from "./served-graph.ts";

interface Builder {
  readonly edges?: Iterable<readonly [string, string]>;
  readonly waitingEdges?: Iterable<readonly [readonly string[], string]>;
  readonly branches?: Readonly<
    Record<string, Readonly<Record<string, { readonly ends?: Readonly<Record<string, string>> }>>>
  >;
}

const edgesOf = ({ edges = [], waitingEdges = [], branches = {} }: Builder): string[] => [
  ...[...edges].map(([from, to]) => `${from}>${to}`),
  ...[...waitingEdges].map(([from, to]) => `${from.toSorted().join("+")}>${to}`),
  ...Object.entries(branches).flatMap(([from, named]) =>
    Object.values(named).map(
      ({ ends }) =>
        `${from}?${Object.values(ends ?? {})
          .sort()
          .join(",")}`,
    ),
  ),
];

const shapeOf = ({ nodes, builder = {} }: ServedGraph): unknown => [
  Object.keys(nodes).sort(),
  edgesOf(builder).sort(),
];

/** Subgraphs included. */
export const topologyOf = async (graph: ServedGraph): Promise<string> => {
  const shapes: [string, unknown][] = [["", shapeOf(graph)]];
  for await (const [path, inner] of graph.getSubgraphsAsync(undefined, true))
    shapes.push([path, shapeOf(inner)]);
  shapes.sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(shapes)).digest("hex").slice(0, 32);
};
