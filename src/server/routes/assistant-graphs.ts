// What an assistant's graph looks like: its picture, its schemas, its subgraphs.
import { z } from "zod";
import type { AssistantRow } from "../../storage/index.ts";
import { json } from "../http/answer.ts";
import { type Call, type Route, route } from "../http/define-route.ts";
import { Name, QueryFlag } from "../http/schema.ts";

const tag = "Assistants";
const group = "assistants";
const Params = z.object({ assistant_id: Name.describe("id of an assistant, or of a graph") });
const Anything = z.record(z.string(), z.unknown());
const NOT_FOUND = { 404: { description: "no such assistant, or its graph is no longer deployed" } };
const words = {
  ASSISTANT_NOT_FOUND: () => ({ detail: "Assistant not found" }),
};

const MAX_DEPTH = 100;

/** `true` opens all subgraphs, a number those down to a depth. */
const Xray = z
  .string()
  .transform((text): boolean | number => {
    if (/^\d{1,3}$/.test(text) && text !== "1") return Math.min(Number(text), MAX_DEPTH);
    return ["true", "1", "yes"].includes(text.toLowerCase());
  })
  .optional();

const assistantOf = async (
  call: Pick<Call<{ assistant_id: string }, unknown, unknown>, "params" | "authorize" | "platform">,
): Promise<AssistantRow> => {
  const { assistant_id } = call.params;
  const { scope } = await call.authorize("assistants", "read", { assistant_id });
  return await call.platform.records.assistants.get(scope, assistant_id);
};

const graph = route({
  method: "get",
  path: "/assistants/{assistant_id}/graph",
  tag,
  group,
  summary: "Get the picture of an assistant's graph",
  params: Params,
  query: z.object({ xray: Xray }),
  answers: { 200: { description: "nodes and edges", schema: Anything }, ...NOT_FOUND },
  words,
  handle: async (call) => {
    const { graphId } = await assistantOf(call);
    return json(await call.platform.graphs.drawing(graphId, call.query.xray ?? false));
  },
});

const schemas = route({
  method: "get",
  path: "/assistants/{assistant_id}/schemas",
  tag,
  group,
  summary: "Get the schemas of an assistant's graph",
  params: Params,
  answers: {
    200: { description: "JSON schemas of input, output, state, config, context", schema: Anything },
    ...NOT_FOUND,
  },
  words,
  handle: async (call) => {
    const { graphId } = await assistantOf(call);
    return json({ graph_id: graphId, ...(await call.platform.graphs.schemas(graphId)) });
  },
});

const Recurse = z.object({ recurse: QueryFlag });

const subgraphs = route({
  method: "get",
  path: "/assistants/{assistant_id}/subgraphs",
  tag,
  group,
  summary: "Get the subgraphs of an assistant's graph",
  params: Params,
  query: Recurse,
  answers: { 200: { description: "schemas by namespace", schema: Anything }, ...NOT_FOUND },
  words,
  handle: async (call) => {
    const { graphId } = await assistantOf(call);
    const recurse = call.query.recurse ?? false;
    return json(await call.platform.graphs.subgraphs(graphId, undefined, recurse));
  },
});

const subgraph = route({
  method: "get",
  path: "/assistants/{assistant_id}/subgraphs/{namespace}",
  tag,
  group,
  summary: "Get the subgraphs under a namespace",
  params: Params.extend({ namespace: z.string().min(1).max(4_096) }),
  query: Recurse,
  answers: { 200: { description: "schemas by namespace", schema: Anything }, ...NOT_FOUND },
  words,
  handle: async (call) => {
    const { graphId } = await assistantOf(call);
    const recurse = call.query.recurse ?? false;
    return json(await call.platform.graphs.subgraphs(graphId, call.params.namespace, recurse));
  },
});

export const assistantGraphRoutes: readonly Route[] = [graph, schemas, subgraphs, subgraph];
