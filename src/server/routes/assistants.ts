// Assistants: a graph with settings of its own, in versions.
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { TuttiError } from "../../errors.ts";
import type { AssistantFields, AssistantSort, JsonObject } from "../../storage/index.ts";
import { json } from "../http/answer.ts";
import { type Route, route } from "../http/define-route.ts";
import { paginationOf } from "../http/pagination.ts";
import {
  AnyJson,
  AnyObject,
  Id,
  Limit,
  mapped,
  Name,
  Offset,
  QueryFlag,
  Select,
  selected,
  SortOrder,
} from "../http/schema.ts";
import {
  WireAssistant,
  wireAssistant,
  WireAssistantVersion,
  wireVersion,
} from "../wire/assistant.ts";

const tag = "Assistants";
const group = "assistants";
const Params = z.object({ assistant_id: Name.describe("id of an assistant, or of a graph") });
const NOT_FOUND = { 404: { description: "no such assistant" } };
const notFound = { ASSISTANT_NOT_FOUND: () => ({ detail: "Assistant not found" }) };

const Fields = {
  config: AnyObject.nullish(),
  context: AnyJson.optional(),
  metadata: AnyObject.nullish(),
  name: z.string().max(1_000).nullish(),
  description: z.string().max(10_000).nullish(),
};

const Filter = {
  graph_id: z.string().max(255).nullish(),
  name: z.string().max(1_000).nullish().describe("part of the name, in any case"),
  metadata: AnyObject.nullish(),
};

const queryOf = (body: {
  graph_id?: string | null | undefined;
  name?: string | null | undefined;
  metadata?: JsonObject | null | undefined;
}) => ({
  graphId: body.graph_id ?? undefined,
  name: body.name ?? undefined,
  metadata: body.metadata ?? undefined,
});

/** What the auth handlers left of the metadata. */
const metadataIn = (value: JsonObject): JsonObject => {
  const { metadata } = value;
  return typeof metadata === "object" && metadata !== null && !Array.isArray(metadata)
    ? (metadata as JsonObject)
    : {};
};

const requireGraph = (ids: readonly string[], id: string): void => {
  if (!ids.includes(id))
    throw new TuttiError("GRAPH_NOT_FOUND", `there is no graph "${id}"`, {
      hint: `langgraph.json has ${ids.join(", ")}`,
    });
};

const create = route({
  method: "post",
  path: "/assistants",
  tag,
  group,
  summary: "Create an assistant",
  body: z.object({
    assistant_id: Id.nullish(),
    graph_id: Name,
    if_exists: z.enum(["raise", "do_nothing"]).nullish(),
    ...Fields,
  }),
  answers: {
    200: { description: "the assistant", schema: WireAssistant },
    404: { description: "no such graph" },
    409: { description: "it exists" },
  },
  words: {
    GRAPH_NOT_FOUND: ({ body }) => ({ detail: `Graph "${body.graph_id}" not found` }),
    ALREADY_EXISTS: () => ({ detail: "Assistant already exists" }),
  },
  handle: async ({ body, authorize, platform }) => {
    const id = body.assistant_id ?? randomUUID();
    const ifExists = body.if_exists ?? "raise";
    const fields: AssistantFields = {
      graphId: body.graph_id,
      name: body.name ?? "Untitled",
      description: body.description ?? null,
      config: body.config ?? {},
      context: body.context ?? {},
      metadata: body.metadata ?? {},
    };
    const { scope, value } = await authorize("assistants", "create", {
      assistant_id: id,
      graph_id: fields.graphId,
      config: fields.config,
      context: fields.context,
      metadata: fields.metadata,
      name: fields.name,
      description: fields.description,
      if_exists: ifExists,
    });
    requireGraph(platform.graphs.ids, fields.graphId);
    const row = await platform.records.assistants.create(
      scope,
      id,
      { ...fields, metadata: metadataIn(value) },
      ifExists,
    );
    return json(wireAssistant(row));
  },
});

const SORT: Readonly<Record<string, AssistantSort>> = {
  assistant_id: "id",
  graph_id: "graphId",
  name: "name",
  created_at: "createdAt",
  updated_at: "updatedAt",
};

const search = route({
  method: "post",
  path: "/assistants/search",
  tag,
  group,
  summary: "Search assistants",
  body: z.object({
    ...Filter,
    limit: Limit,
    offset: Offset,
    sort_by: z.enum(["assistant_id", "graph_id", "name", "created_at", "updated_at"]).nullish(),
    sort_order: SortOrder.nullable(),
    select: Select.nullable(),
  }),
  answers: { 200: { description: "the newest first", schema: z.array(WireAssistant) } },
  handle: async ({ body, authorize, platform }) => {
    const query = queryOf(body);
    const { scope } = await authorize("assistants", "search", {
      graph_id: query.graphId ?? null,
      metadata: query.metadata ?? {},
      limit: body.limit,
      offset: body.offset,
    });
    const page = {
      limit: body.limit,
      offset: body.offset,
      sortBy: mapped(SORT, body.sort_by ?? undefined),
      sortOrder: body.sort_order ?? undefined,
    };
    const { assistants } = platform.records;
    const [rows, total] = await Promise.all([
      assistants.search(scope, query, page),
      assistants.count(scope, query),
    ]);
    return json(
      rows.map((row) => selected(wireAssistant(row), body.select ?? undefined)),
      paginationOf(body, total),
    );
  },
});

const count = route({
  method: "post",
  path: "/assistants/count",
  tag,
  group,
  summary: "Count assistants",
  body: z.object(Filter),
  answers: { 200: { description: "how many", schema: z.int() } },
  handle: async ({ body, authorize, platform }) => {
    const query = queryOf(body);
    const { scope } = await authorize("assistants", "search", {
      graph_id: query.graphId ?? null,
      metadata: query.metadata ?? {},
      limit: 0,
      offset: 0,
    });
    return json(await platform.records.assistants.count(scope, query));
  },
});

const get = route({
  method: "get",
  path: "/assistants/{assistant_id}",
  tag,
  group,
  summary: "Get an assistant",
  params: Params,
  answers: { 200: { description: "the assistant", schema: WireAssistant }, ...NOT_FOUND },
  words: notFound,
  handle: async ({ params, authorize, platform }) => {
    const { scope } = await authorize("assistants", "read", { assistant_id: params.assistant_id });
    return json(wireAssistant(await platform.records.assistants.get(scope, params.assistant_id)));
  },
});

const patch = route({
  method: "patch",
  path: "/assistants/{assistant_id}",
  tag,
  group,
  summary: "Change an assistant",
  description:
    "Makes a new version and puts it in force. Metadata is merged; other fields are replaced.",
  params: Params,
  body: z.object({ graph_id: Name.nullish(), ...Fields }),
  answers: { 200: { description: "the assistant", schema: WireAssistant }, ...NOT_FOUND },
  words: {
    ...notFound,
    GRAPH_NOT_FOUND: ({ body }) => ({ detail: `Graph "${body.graph_id}" not found` }),
  },
  handle: async ({ params, body, authorize, platform }) => {
    const { scope, value } = await authorize("assistants", "update", {
      assistant_id: params.assistant_id,
      ...(body.graph_id === null || body.graph_id === undefined ? {} : { graph_id: body.graph_id }),
      ...(body.config === null || body.config === undefined ? {} : { config: body.config }),
      ...(body.name === null || body.name === undefined ? {} : { name: body.name }),
      ...(body.description === undefined ? {} : { description: body.description }),
      ...(body.metadata === null || body.metadata === undefined ? {} : { metadata: body.metadata }),
    });
    if (typeof body.graph_id === "string") requireGraph(platform.graphs.ids, body.graph_id);
    const { assistants } = platform.records;
    const { id } = await assistants.get(scope, params.assistant_id);
    const row = await assistants.patch(scope, id, {
      ...(typeof body.graph_id === "string" ? { graphId: body.graph_id } : {}),
      ...(typeof body.name === "string" ? { name: body.name } : {}),
      ...(body.description === undefined ? {} : { description: body.description }),
      ...(body.config === null || body.config === undefined ? {} : { config: body.config }),
      ...(body.context === undefined ? {} : { context: body.context }),
      ...("metadata" in value ? { metadata: metadataIn(value) } : {}),
    });
    return json(wireAssistant(row));
  },
});

const remove = route({
  method: "delete",
  path: "/assistants/{assistant_id}",
  tag,
  group,
  summary: "Delete an assistant",
  params: Params,
  query: z.object({ delete_threads: QueryFlag }),
  answers: {
    200: { description: "the ids that are gone", schema: z.array(z.string()) },
    ...NOT_FOUND,
  },
  words: notFound,
  handle: async ({ params, query, authorize, platform }) => {
    const { scope } = await authorize("assistants", "delete", {
      assistant_id: params.assistant_id,
    });
    const { id } = await platform.records.assistants.get(scope, params.assistant_id);
    const threads = await platform.records.assistants.delete(
      scope,
      id,
      query.delete_threads ?? false,
    );
    await platform.threads.forget(scope, threads);
    return json([id]);
  },
});

const versions = route({
  method: "post",
  path: "/assistants/{assistant_id}/versions",
  tag,
  group,
  summary: "List the versions of an assistant",
  params: Params,
  body: z.object({ metadata: AnyObject.nullish(), limit: Limit, offset: Offset }),
  answers: {
    200: { description: "the newest first", schema: z.array(WireAssistantVersion) },
    ...NOT_FOUND,
  },
  words: {
    ASSISTANT_NOT_FOUND: ({ params }) => ({
      detail: `Assistant "${params.assistant_id}" not found.`,
    }),
  },
  handle: async ({ params, body, authorize, platform }) => {
    const { scope } = await authorize("assistants", "read", { assistant_id: params.assistant_id });
    const { assistants } = platform.records;
    const { id } = await assistants.get(scope, params.assistant_id);
    const rows = await assistants.versions(scope, id, body.metadata ?? undefined, body);
    return json(rows.map(wireVersion));
  },
});

const latest = route({
  method: "post",
  path: "/assistants/{assistant_id}/latest",
  tag,
  group,
  summary: "Put a version in force",
  params: Params,
  body: z.object({
    version: z
      .int()
      .min(1)
      .max(2 ** 31 - 1),
  }),
  answers: { 200: { description: "the assistant", schema: WireAssistant }, ...NOT_FOUND },
  words: notFound,
  handle: async ({ params, body, authorize, platform }) => {
    const { scope } = await authorize("assistants", "update", {
      assistant_id: params.assistant_id,
      version: body.version,
    });
    const { assistants } = platform.records;
    const { id } = await assistants.get(scope, params.assistant_id);
    return json(wireAssistant(await assistants.setLatest(scope, id, body.version)));
  },
});

export const assistantRoutes: readonly Route[] = [
  create,
  search,
  count,
  get,
  patch,
  remove,
  versions,
  latest,
];
