// JSON schemas of a graph, taken at run time from the zod schemas of its state. A graph declared without
// them (`Annotation`) answers the names of its channels: quickly, and never with an error.
import { StateSchema } from "@langchain/langgraph";
import type { JsonObject } from "../storage/index.ts";
import type { LanggraphCopy } from "./langgraph-copy.ts";
import type { ServedGraph } from "./served-graph.ts";
import { toWire } from "./wire-values.ts";

type Read = (graph: ServedGraph) => unknown;

/** Undefined where the graph has no such schema, or one that JSON Schema cannot say. */
const attempted = (read: Read, graph: ServedGraph): JsonObject | undefined => {
  try {
    const schema = read(graph);
    return schema === undefined || schema === null ? undefined : (toWire(schema) as JsonObject);
  } catch {
    return undefined; // a custom zod type: the channels' names are all there is to say
  }
};

const isInternal = (channel: string): boolean => /^(?:branch:|join:|__)/.test(channel);

interface Described {
  readonly shape?: Readonly<
    Record<string, Parameters<LanggraphCopy["schemaMetaRegistry"]["get"]>[0]>
  >;
}

/** What is said about a channel beside its type, such as `langgraph_type`. */
const extraOf = (graph: ServedGraph, channel: string, copy: LanggraphCopy): JsonObject => {
  const field = (definitionOf(graph) as Described | undefined)?.shape?.[channel];
  const meta = field === undefined ? undefined : copy.schemaMetaRegistry.get(field);
  return toWire(meta?.jsonSchemaExtra ?? {}) as JsonObject;
};

const channelsOf = (graph: ServedGraph, copy: LanggraphCopy): JsonObject => ({
  type: "object",
  properties: Object.fromEntries(
    Object.keys(graph.channels ?? {})
      .filter((channel) => !isInternal(channel))
      .map((channel) => [channel, extraOf(graph, channel, copy)]),
  ),
});

const DEFINITION = "_schemaRuntimeDefinition";
const definitionOf = ({ builder = {} }: ServedGraph): unknown =>
  DEFINITION in builder ? builder[DEFINITION] : undefined;

const stateOf =
  (copy: LanggraphCopy): Read =>
  (graph) =>
    StateSchema.isInstance(definitionOf(graph))
      ? copy.getStateTypeSchema(graph)
      : copy.getUpdateTypeSchema(graph);

export interface GraphSchemas {
  readonly state: JsonObject;
  readonly input: JsonObject;
  readonly output: JsonObject;
  /** Of `configurable` and of the context; absent where the graph declares none. */
  readonly config?: JsonObject;
}

/** `copy`: the LangGraph that the graph was made with. */
export const schemasOf = (graph: ServedGraph, copy: LanggraphCopy): GraphSchemas => {
  const state = attempted(stateOf(copy), graph) ?? channelsOf(graph, copy);
  const config = attempted(copy.getConfigTypeSchema, graph);
  return {
    state,
    input: attempted(copy.getInputTypeSchema, graph) ?? state,
    output: attempted(copy.getOutputTypeSchema, graph) ?? state,
    ...(config === undefined ? {} : { config }),
  };
};
