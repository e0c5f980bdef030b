// A graph's picture as the API has it: `{nodes: [{id, type, data}], edges: [{source, target, …}]}`.
import type { JsonObject } from "../storage/index.ts";
import type { ServedGraph } from "./served-graph.ts";
import { toWire } from "./wire-values.ts";

/** `xray`: true opens subgraphs, a number so many levels of them. */
export const drawingOf = async (graph: ServedGraph, xray: boolean | number): Promise<JsonObject> =>
  toWire((await graph.getGraphAsync({ configurable: {}, xray })).toJSON()) as JsonObject;
