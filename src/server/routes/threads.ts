// Threads: the record of a conversation or job. Its state has routes of its own.
import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Json, JsonObject, ThreadRow, ThreadSort, ThreadTtl } from "../../storage/index.ts";
import { json, noContent } from "../http/answer.ts";
import { refusedAt, type Route, route } from "../http/define-route.ts";
import { paginationOf } from "../http/pagination.ts";
import {
  AnyJson,
  AnyObject,
  Id,
  Limit,
  mapped,
  Offset,
  QueryList,
  Select,
  selected,
  SortOrder,
} from "../http/schema.ts";
import { WireThread, wireThread } from "../wire/thread.ts";
import { valueAt } from "../wire/value-path.ts";
import { CommandField } from "./run-body.ts";

const tag = "Threads";
const group = "threads";
const Params = z.object({ thread_id: Id });
const NOT_FOUND = { 404: { description: "no such thread" } };

/** The clients' words for a thread that is not there; shared by all routes below `/threads/{thread_id}`. */
export const threadNotFound = {
  THREAD_NOT_FOUND: ({ params }: { params: { thread_id: string } }) => ({
    detail: `Thread with ID ${params.thread_id} not found`,
  }),
};

const MAX_TTL_MINUTES = 10 * 366 * 24 * 60;
const Minutes = z.number().positive().max(MAX_TTL_MINUTES);
const TtlField = z.union([
  Minutes,
  z.object({ ttl: Minutes, strategy: z.enum(["delete", "keep_latest"]).optional() }),
]);

const ttlOf = (ttl: z.infer<typeof TtlField> | null | undefined): ThreadTtl | null | undefined => {
  if (ttl === null || ttl === undefined) return ttl;
  return typeof ttl === "number"
    ? { strategy: "delete", minutes: ttl }
    : { strategy: ttl.strategy ?? "delete", minutes: ttl.ttl };
};

const metadataIn = (value: JsonObject): JsonObject => {
  const { metadata } = value;
  return typeof metadata === "object" && metadata !== null && !Array.isArray(metadata)
    ? (metadata as JsonObject)
    : {};
};

const Superstep = z.object({
  updates: z
    .array(
      z.object({
        values: AnyJson.optional(),
        command: CommandField.nullish(),
        as_node: z.string().max(255),
      }),
    )
    .max(1_000),
});

const create = route({
  method: "post",
  path: "/threads",
  tag,
  group,
  summary: "Create a thread",
  body: z.object({
    thread_id: Id.nullish(),
    metadata: AnyObject.nullish(),
    if_exists: z.enum(["raise", "do_nothing"]).nullish(),
    ttl: TtlField.nullish(),
    supersteps: z.array(Superstep).max(1_000).nullish(),
  }),
  answers: {
    200: { description: "the thread", schema: WireThread },
    409: { description: "it exists" },
  },
  words: { ALREADY_EXISTS: () => ({ detail: "Thread already exists" }) },
  handle: async ({ body, authorize, platform }) => {
    const id = body.thread_id ?? randomUUID();
    const ifExists = body.if_exists ?? "raise";
    const { scope, value } = await authorize("threads", "create", {
      thread_id: id,
      metadata: body.metadata ?? {},
      if_exists: ifExists,
    });
    const metadata = metadataIn(value);
    const graphId = metadata["graph_id"];
    const made = platform.threads.create(scope, {
      id,
      metadata,
      ttl: ttlOf(body.ttl),
      ifExists,
      graphId: typeof graphId === "string" ? graphId : undefined,
      supersteps: (body.supersteps ?? []).map(({ updates }) => ({
        updates: updates.map(({ values, command, as_node }) => ({
          values: values ?? null,
          asNode: as_node,
          ...(command === null || command === undefined ? {} : { command: command }),
        })),
      })),
    });
    const row = await refusedAt("body.supersteps", made);
    return json(wireThread(row));
  },
});

const Filter = {
  ids: z.array(Id).max(1_000).nullish(),
  status: z.enum(["idle", "busy", "interrupted", "error"]).nullish(),
  metadata: AnyObject.nullish(),
  values: AnyObject.nullish(),
};
const FilterBody = z.object(Filter);

const queryOf = (body: z.infer<typeof FilterBody>) => ({
  ids: body.ids ?? undefined,
  status: body.status ?? undefined,
  metadata: body.metadata ?? undefined,
  values: body.values ?? undefined,
});

const authValue = (
  body: z.infer<typeof FilterBody>,
  limit: number,
  offset: number,
): JsonObject => ({
  metadata: body.metadata ?? {},
  status: body.status ?? null,
  values: body.values ?? {},
  ids: body.ids ?? null,
  limit,
  offset,
});

const SORT: Readonly<Record<string, ThreadSort>> = {
  thread_id: "id",
  status: "status",
  created_at: "createdAt",
  updated_at: "updatedAt",
  state_updated_at: "stateUpdatedAt",
};

const extracted = (thread: JsonObject, paths: Readonly<Record<string, string>>): JsonObject =>
  Object.fromEntries(
    Object.entries(paths).map(([alias, path]): [string, Json] => [
      alias,
      valueAt(thread, path) ?? null,
    ]),
  );

const search = route({
  method: "post",
  path: "/threads/search",
  tag,
  group,
  summary: "Search threads",
  body: z.object({
    ...Filter,
    limit: Limit,
    offset: Offset,
    sort_by: z
      .enum(["thread_id", "status", "created_at", "updated_at", "state_updated_at"])
      .nullish(),
    sort_order: SortOrder.nullable(),
    select: Select.nullable(),
    extract: z
      .record(z.string().max(255), z.string().max(1_000))
      .nullish()
      .describe("alias to path, e.g. `values.messages[-1].content`"),
  }),
  answers: { 200: { description: "the newest first", schema: z.array(WireThread) } },
  handle: async ({ body, authorize, platform }) => {
    const query = queryOf(body);
    const { scope } = await authorize(
      "threads",
      "search",
      authValue(body, body.limit, body.offset),
    );
    const page = {
      limit: body.limit,
      offset: body.offset,
      sortBy: mapped(SORT, body.sort_by ?? undefined),
      sortOrder: body.sort_order ?? undefined,
    };
    const { threads } = platform.records;
    const [rows, total] = await Promise.all([
      threads.search(scope, query, page),
      threads.count(scope, query),
    ]);
    const shown = (row: ThreadRow): JsonObject => {
      const thread = wireThread(row, body.select ?? []);
      const fields = selected(thread, body.select ?? undefined) as JsonObject;
      if (body.extract === null || body.extract === undefined) return fields;
      return { ...fields, extracted: extracted(thread, body.extract) };
    };
    return json(rows.map(shown), paginationOf(body, total));
  },
});

const count = route({
  method: "post",
  path: "/threads/count",
  tag,
  group,
  summary: "Count threads",
  body: FilterBody,
  answers: { 200: { description: "how many", schema: z.int() } },
  handle: async ({ body, authorize, platform }) => {
    const { scope } = await authorize("threads", "search", authValue(body, 0, 0));
    return json(await platform.records.threads.count(scope, queryOf(body)));
  },
});

const prune = route({
  method: "post",
  path: "/threads/prune",
  tag,
  group,
  summary: "Delete threads, or all but their newest checkpoint",
  body: z.object({
    thread_ids: z.array(Id).min(1).max(1_000),
    strategy: z.enum(["delete", "keep_latest"]).nullish(),
  }),
  answers: {
    200: { description: "how many", schema: z.object({ pruned_count: z.int() }) },
  },
  handle: async ({ body, authorize, platform }) => {
    const strategy = body.strategy ?? "delete";
    const { scope } = await authorize("threads", strategy === "delete" ? "delete" : "update", {
      thread_ids: body.thread_ids,
      strategy,
    });
    const pruned = await platform.threads.prune(scope, body.thread_ids, strategy);
    return json({ pruned_count: pruned });
  },
});

const get = route({
  method: "get",
  path: "/threads/{thread_id}",
  tag,
  group,
  summary: "Get a thread",
  params: Params,
  query: z.object({ include: QueryList }),
  answers: { 200: { description: "the thread", schema: WireThread }, ...NOT_FOUND },
  words: threadNotFound,
  handle: async ({ params, query, authorize, platform }) => {
    const { scope } = await authorize("threads", "read", { thread_id: params.thread_id });
    return json(
      wireThread(await platform.records.threads.get(scope, params.thread_id), query.include),
    );
  },
});

const patch = route({
  method: "patch",
  path: "/threads/{thread_id}",
  tag,
  group,
  summary: "Change a thread's metadata or time to live",
  description: "With the header `Prefer: return=minimal` the answer is 204 without a body.",
  params: Params,
  body: z.object({ metadata: AnyObject.nullish(), ttl: TtlField.nullish() }),
  answers: {
    200: { description: "the thread", schema: WireThread },
    204: { description: "changed" },
    ...NOT_FOUND,
  },
  words: threadNotFound,
  handle: async ({ params, body, authorize, platform, context }) => {
    const { scope, value } = await authorize("threads", "update", {
      thread_id: params.thread_id,
      metadata: body.metadata ?? {},
    });
    const ttl = ttlOf(body.ttl);
    const row = await platform.records.threads.patch(scope, params.thread_id, {
      metadata: metadataIn(value),
      ...(ttl === undefined ? {} : { ttl }),
    });
    const wantsNothing = context.req.header("prefer")?.includes("return=minimal") ?? false;
    return wantsNothing ? noContent() : json(wireThread(row));
  },
});

const remove = route({
  method: "delete",
  path: "/threads/{thread_id}",
  tag,
  group,
  summary: "Delete a thread with its runs and checkpoints",
  params: Params,
  answers: { 204: { description: "it is gone" }, ...NOT_FOUND },
  words: threadNotFound,
  handle: async ({ params, authorize, platform }) => {
    const { scope } = await authorize("threads", "delete", { thread_id: params.thread_id });
    await platform.threads.delete(scope, params.thread_id);
    return noContent();
  },
});

const copy = route({
  method: "post",
  path: "/threads/{thread_id}/copy",
  tag,
  group,
  summary: "Copy a thread with its whole history",
  params: Params,
  answers: {
    200: { description: "the new thread", schema: WireThread },
    409: { description: "no such thread" },
  },
  words: { THREAD_NOT_FOUND: () => ({ detail: "Thread not found", status: 409 }) },
  handle: async ({ params, authorize, platform }) => {
    const { scope } = await authorize("threads", "read", { thread_id: params.thread_id });
    const source = await platform.records.threads.get(scope, params.thread_id);
    // The rules for new threads decide about the copy too; what they would change is not theirs here.
    await authorize("threads", "create", {
      thread_id: params.thread_id,
      metadata: source.metadata,
      if_exists: "raise",
    });
    return json(wireThread(await platform.threads.copy(scope, source.id)));
  },
});

export const threadRoutes: readonly Route[] = [
  create,
  search,
  count,
  prune,
  get,
  patch,
  remove,
  copy,
];
