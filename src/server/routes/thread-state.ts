// A thread's state and history.
import { z } from "zod";
import type { CheckpointRef } from "../../runs/index.ts";
import type { JsonObject } from "../../storage/index.ts";
import { json, noContent } from "../http/answer.ts";
import { refusedAt, type Route, route } from "../http/define-route.ts";
import {
  AnyJson,
  AnyObject,
  CheckpointField,
  Id,
  QueryFlag,
  QueryList,
  queryNumber,
  Select,
} from "../http/schema.ts";
import { threadNotFound } from "./threads.ts";

const tag = "Thread state";
const group = "threads";
const Params = z.object({ thread_id: Id });
const WireState = z.object({
  values: z.unknown(),
  next: z.array(z.string()),
  tasks: z.array(z.record(z.string(), z.unknown())),
  metadata: z.record(z.string(), z.unknown()).optional(),
  created_at: z.string().nullable(),
  checkpoint: z.record(z.string(), z.unknown()).nullable(),
  parent_checkpoint: z.record(z.string(), z.unknown()).nullable(),
});
const NOT_FOUND = { 404: { description: "no such thread or checkpoint" } };
const STATE = { 200: { description: "the state", schema: WireState }, ...NOT_FOUND };

type Checkpoint = z.infer<typeof CheckpointField>;

const refOf = (checkpoint: Checkpoint, id?: string | null): CheckpointRef => ({
  checkpointId: checkpoint?.checkpoint_id ?? id ?? undefined,
  checkpointNs: checkpoint?.checkpoint_ns ?? undefined,
  checkpointMap: checkpoint?.checkpoint_map ?? undefined,
});

/** `values.<key>` keeps one key of the values. */
const selectedState = (state: JsonObject, select: readonly string[] | undefined): JsonObject => {
  if (select === undefined || select.length === 0) return state;
  const keys = select.flatMap((name) =>
    name.startsWith("values.") ? [name.slice("values.".length)] : [],
  );
  const { values } = state;
  const kept = Object.entries(state).filter(([name]) => select.includes(name));
  const isPart = keys.length > 0 && !select.includes("values");
  if (!isPart || typeof values !== "object" || values === null) return Object.fromEntries(kept);
  const part = Object.entries(values).filter(([key]) => keys.includes(key));
  return { ...Object.fromEntries(kept), values: Object.fromEntries(part) };
};

const StateQuery = z.object({ subgraphs: QueryFlag, select: QueryList });

const get = route({
  method: "get",
  path: "/threads/{thread_id}/state",
  tag,
  group,
  summary: "Get a thread's state",
  params: Params,
  query: StateQuery,
  answers: STATE,
  words: threadNotFound,
  handle: async ({ params, query, authorize, platform }) => {
    const { scope } = await authorize("threads", "read", { thread_id: params.thread_id });
    const options = { subgraphs: query.subgraphs ?? false };
    const state = await platform.threads.state(scope, params.thread_id, {}, options);
    return json(selectedState(state, query.select));
  },
});

const getAt = route({
  method: "get",
  path: "/threads/{thread_id}/state/{checkpoint_id}",
  tag,
  group,
  summary: "Get a thread's state at a checkpoint",
  params: Params.extend({ checkpoint_id: z.string().min(1).max(255) }),
  query: StateQuery,
  answers: STATE,
  words: threadNotFound,
  handle: async ({ params, query, authorize, platform }) => {
    const { scope } = await authorize("threads", "read", { thread_id: params.thread_id });
    const state = await platform.threads.state(
      scope,
      params.thread_id,
      { checkpointId: params.checkpoint_id },
      { subgraphs: query.subgraphs ?? false },
    );
    return json(selectedState(state, query.select));
  },
});

const Flag = z
  .union([z.boolean(), z.string()])
  .transform((value) => value === true || ["true", "1", "yes"].includes(String(value)))
  .nullish();

const postAt = route({
  method: "post",
  path: "/threads/{thread_id}/state/checkpoint",
  tag,
  group,
  summary: "Get a thread's state at a checkpoint or of a subgraph",
  params: Params,
  body: z.object({ checkpoint: CheckpointField, subgraphs: Flag, select: Select.nullable() }),
  answers: STATE,
  words: threadNotFound,
  handle: async ({ params, body, authorize, platform }) => {
    const { scope } = await authorize("threads", "read", { thread_id: params.thread_id });
    const options = { subgraphs: body.subgraphs ?? false };
    const at = refOf(body.checkpoint);
    const state = await platform.threads.state(scope, params.thread_id, at, options);
    return json(selectedState(state, body.select ?? undefined));
  },
});

const update = route({
  method: "post",
  path: "/threads/{thread_id}/state",
  tag,
  group,
  summary: "Change a thread's state",
  description: '`{values: null, as_node: "__end__"}` ends what the thread was doing.',
  params: Params,
  body: z.object({
    values: z.union([AnyObject, z.array(AnyJson)]).nullish(),
    as_node: z.string().max(255).nullish(),
    task_id: z.string().max(255).nullish(),
    checkpoint: CheckpointField,
    checkpoint_id: z.string().max(255).nullish(),
  }),
  answers: {
    200: {
      description: "the new checkpoint",
      schema: z.looseObject({ checkpoint: z.record(z.string(), z.unknown()) }),
    },
    ...NOT_FOUND,
    409: { description: "a run works on the thread" },
  },
  words: { ...threadNotFound, THREAD_BUSY: () => ({ detail: "Thread is busy" }) },
  handle: async ({ params, body, authorize, platform }) => {
    const { scope } = await authorize("threads", "update", { thread_id: params.thread_id });
    const at = refOf(body.checkpoint, body.checkpoint_id);
    const written = platform.threads.update(scope, params.thread_id, at, {
      values: body.values ?? null,
      asNode: body.as_node ?? undefined,
      taskId: body.task_id ?? undefined,
    });
    const checkpoint = await refusedAt("body.values", written);
    return json({ checkpoint, ...checkpoint, configurable: checkpoint });
  },
});

const patch = route({
  method: "patch",
  path: "/threads/{thread_id}/state",
  tag,
  group,
  summary: "Add to a thread's metadata",
  description: "Checkpoints never change: what is sent is merged into the thread's own metadata.",
  params: Params,
  body: z.object({ metadata: AnyObject }),
  answers: { 204: { description: "added" }, ...NOT_FOUND },
  words: threadNotFound,
  handle: async ({ params, body, authorize, platform }) => {
    const { value, scope } = await authorize("threads", "update", {
      thread_id: params.thread_id,
      metadata: body.metadata,
    });
    await platform.records.threads.patch(scope, params.thread_id, { metadata: value.metadata });
    return noContent();
  },
});

const HistoryLimit = z.int().min(1).max(1_000).default(10);
const HISTORY = {
  200: { description: "the newest first", schema: z.array(WireState) },
  ...NOT_FOUND,
};

const getHistory = route({
  method: "get",
  path: "/threads/{thread_id}/history",
  tag,
  group,
  summary: "Get a thread's history",
  params: Params,
  query: z.object({
    limit: queryNumber(z.int().min(1).max(1_000)).optional(),
    before: z.string().max(255).optional(),
  }),
  answers: HISTORY,
  words: threadNotFound,
  handle: async ({ params, query, authorize, platform }) => {
    const { scope } = await authorize("threads", "read", { thread_id: params.thread_id });
    const states = await platform.threads.history(scope, params.thread_id, {
      limit: query.limit ?? 10,
      before: query.before === undefined ? undefined : { checkpointId: query.before },
    });
    return json(states);
  },
});

const postHistory = route({
  method: "post",
  path: "/threads/{thread_id}/history",
  tag,
  group,
  summary: "Search a thread's history",
  params: Params,
  body: z.object({
    limit: HistoryLimit,
    before: z.union([z.string().max(255), CheckpointField]).optional(),
    metadata: AnyObject.nullish(),
    checkpoint: CheckpointField,
    select: Select.nullable(),
  }),
  answers: HISTORY,
  words: threadNotFound,
  handle: async ({ params, body, authorize, platform }) => {
    const { scope } = await authorize("threads", "read", { thread_id: params.thread_id });
    const { before } = body;
    const states = await platform.threads.history(scope, params.thread_id, {
      limit: body.limit,
      before: typeof before === "string" ? { checkpointId: before } : refOrNothing(before),
      at: refOrNothing(body.checkpoint),
      metadata: body.metadata ?? undefined,
    });
    return json(states.map((state) => selectedState(state, body.select ?? undefined)));
  },
});

const refOrNothing = (checkpoint: Checkpoint): CheckpointRef | undefined =>
  checkpoint === null || checkpoint === undefined ? undefined : refOf(checkpoint);

export const threadStateRoutes: readonly Route[] = [
  get,
  postAt,
  getAt,
  update,
  patch,
  getHistory,
  postHistory,
];
