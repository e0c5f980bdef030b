// Runs that start by the clock.
import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { CronSort, JsonObject } from "../../storage/index.ts";
import { graphUser, type Principal } from "../access.ts";
import { json, noContent } from "../http/answer.ts";
import { type Call, type Route, route } from "../http/define-route.ts";
import { paginationOf } from "../http/pagination.ts";
import {
  AnyObject,
  Id,
  Limit,
  mapped,
  Name,
  Offset,
  Select,
  selected,
  SortOrder,
} from "../http/schema.ts";
import { WireCron, wireCron } from "../wire/cron.ts";
import { headersForGraphs, runFields, sharedRequest, withConfigurable } from "./run-body.ts";
import { RUN_WORDS } from "./runs.ts";
import { threadNotFound } from "./threads.ts";

const tag = "Crons";
const group = "runs";
const Params = z.object({ cron_id: Id });
const NOT_FOUND = { 404: { description: "no such cron" } };
const words = { CRON_NOT_FOUND: () => ({ detail: "Cron not found" }) };

const Time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const CronFields = {
  ...runFields,
  timezone: z.string().max(100).nullish().describe("IANA name; UTC when absent"),
  end_time: Time.nullish(),
  enabled: z.boolean().nullish(),
  on_run_completed: z.enum(["delete", "keep"]).nullish(),
};
const CronBody = z.object({
  assistant_id: Name,
  schedule: z.string().min(1).max(255).describe("five or six fields of a cron expression"),
  ...CronFields,
});
const CronPatch = z.object({
  assistant_id: Name.nullish(),
  schedule: z.string().min(1).max(255).nullish(),
  ...CronFields,
});

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The run's request without who and where: those are columns. */
const payloadOf = (
  body: Omit<z.infer<typeof CronBody>, "assistant_id" | "schedule">,
  headers: Headers,
  principal: Principal,
): JsonObject => {
  const shared = sharedRequest(body);
  return {
    ...shared,
    metadata: body.metadata ?? {},
    config: withConfigurable(shared.config, headersForGraphs(headers)),
    user: graphUser(principal),
  };
};

/** Nothing comes after the end. */
const dueBefore = (next: number | null, end: number | null): number | null =>
  next !== null && end !== null && next > end ? null : next;

/** Runs by the clock are runs: the rules for new runs decide about them, and mark them as the user's. */
const allowedRuns = async (
  { authorize }: Pick<Call<unknown, unknown, unknown>, "authorize">,
  threadId: string | null,
  assistantId: string,
  payload: JsonObject,
) => {
  const { scope, value } = await authorize("threads", "create_run", {
    thread_id: threadId,
    assistant_id: assistantId,
    metadata: payload["metadata"] ?? {},
    status: "pending",
    if_not_exists: threadId === null ? "create" : "reject",
    multitask_strategy: payload["multitaskStrategy"] ?? "enqueue",
    kwargs: payload,
  });
  const { metadata } = value;
  return { scope, payload: isObject(metadata) ? { ...payload, metadata } : payload };
};

const createCron = async (
  call: Call<{ thread_id: string } | undefined, unknown, z.infer<typeof CronBody>>,
): Promise<Response> => {
  const { body, platform, principal } = call;
  const threadId = call.params?.thread_id ?? null;
  const id = randomUUID();
  const payload = payloadOf(body, call.context.req.raw.headers, principal);
  const { scope, value } = await call.authorize("crons", "create", {
    cron_id: id,
    thread_id: threadId,
    schedule: body.schedule,
    payload: { assistant_id: body.assistant_id, ...payload },
    metadata: body.metadata ?? {},
    end_time: body.end_time ?? null,
  });
  // A cron that could never start anything is refused now, not at three in the morning.
  const assistant = await platform.records.assistants.get(
    { tenant: scope.tenant },
    body.assistant_id,
  );
  const runs = await allowedRuns(call, threadId, assistant.id, payload);
  if (threadId !== null) await platform.records.threads.get(runs.scope, threadId);
  const timezone = body.timezone ?? null;
  const endTime = body.end_time ?? null;
  const next = platform.cronNext(body.schedule, timezone, platform.clock.now());
  const row = await platform.records.crons.create(scope, {
    id,
    assistantId: assistant.id,
    threadId,
    schedule: body.schedule,
    timezone,
    endTime,
    payload: runs.payload,
    metadata: isObject(value["metadata"]) ? value["metadata"] : {},
    userId: principal.user === null ? null : principal.id,
    enabled: body.enabled ?? true,
    onRunCompleted: body.on_run_completed ?? "delete",
    nextRunAt: dueBefore(next, endTime),
  });
  return json(wireCron(row));
};

const CREATED = {
  200: { description: "the cron", schema: WireCron },
  404: { description: "no such assistant or thread" },
};

const create = route({
  method: "post",
  path: "/runs/crons",
  tag,
  group,
  summary: "Start runs by a schedule, each on a new thread",
  body: CronBody,
  answers: CREATED,
  words: { ASSISTANT_NOT_FOUND: RUN_WORDS.ASSISTANT_NOT_FOUND },
  handle: (call) => createCron(call),
});

const createOnThread = route({
  method: "post",
  path: "/threads/{thread_id}/runs/crons",
  tag,
  group,
  summary: "Start runs on a thread by a schedule",
  params: z.object({ thread_id: Id }),
  body: CronBody,
  answers: CREATED,
  words: { ASSISTANT_NOT_FOUND: RUN_WORDS.ASSISTANT_NOT_FOUND, ...threadNotFound },
  handle: (call) => createCron(call),
});

/** Which part of the request each field of a change stands for. */
const PAYLOAD_FIELDS: Readonly<Record<string, string>> = {
  input: "input",
  config: "config",
  context: "context",
  webhook: "webhook",
  interrupt_before: "interruptBefore",
  interrupt_after: "interruptAfter",
  multitask_strategy: "multitaskStrategy",
  stream_mode: "streamModes",
  stream_subgraphs: "streamSubgraphs",
  stream_resumable: "streamResumable",
  durability: "durability",
  checkpoint_during: "durability",
  priority: "priority",
};

/**
 * The payload with the parts that a change names, null taking back what there was. Who changes what a cron
 * does is who its runs are made by: nobody has another's name for work of their own.
 */
const changedPayload = (
  body: z.infer<typeof CronPatch>,
  before: JsonObject,
  call: Pick<Call<unknown, unknown, unknown>, "context" | "principal">,
): JsonObject => {
  const named = Object.entries(body).flatMap(([field, value]) => {
    const part = PAYLOAD_FIELDS[field];
    return part === undefined || value === undefined ? [] : [part];
  });
  const isSameWork = named.length === 0 && typeof body.assistant_id !== "string";
  if (isSameWork) return before;
  const whole = payloadOf(body, call.context.req.raw.headers, call.principal);
  const changed = Object.entries(whole).filter(([part]) => named.includes(part));
  return { ...before, ...Object.fromEntries(changed), user: graphUser(call.principal) };
};

const patch = route({
  method: "patch",
  path: "/runs/crons/{cron_id}",
  tag,
  group,
  summary: "Change a cron",
  params: Params,
  body: CronPatch,
  answers: { 200: { description: "the cron", schema: WireCron }, ...NOT_FOUND },
  words,
  handle: async (call) => {
    const { params, body, platform } = call;
    const { scope, value } = await call.authorize("crons", "update", {
      cron_id: params.cron_id,
      ...(body.metadata === null || body.metadata === undefined ? {} : { metadata: body.metadata }),
    });
    const { crons, assistants } = platform.records;
    const before = await crons.get(scope, params.cron_id);
    const schedule = body.schedule ?? before.schedule;
    const timezone = body.timezone === undefined ? before.timezone : body.timezone;
    const endTime = body.end_time === undefined ? before.endTime : body.end_time;
    const next = platform.cronNext(schedule, timezone, platform.clock.now());
    const assistantId =
      typeof body.assistant_id === "string"
        ? (await assistants.get({ tenant: scope.tenant }, body.assistant_id)).id
        : before.assistantId;
    const payload = changedPayload(body, before.payload, call);
    const runs = await allowedRuns(call, before.threadId, assistantId, payload);
    const row = await crons.patch(scope, params.cron_id, {
      assistantId,
      schedule,
      timezone,
      endTime,
      nextRunAt: dueBefore(next, endTime),
      ...("metadata" in value && isObject(value["metadata"])
        ? { metadata: value["metadata"] }
        : {}),
      ...(typeof body.enabled === "boolean" ? { enabled: body.enabled } : {}),
      ...(typeof body.on_run_completed === "string"
        ? { onRunCompleted: body.on_run_completed }
        : {}),
      payload: runs.payload,
    });
    return json(wireCron(row));
  },
});

const remove = route({
  method: "delete",
  path: "/runs/crons/{cron_id}",
  tag,
  group,
  summary: "Delete a cron",
  params: Params,
  answers: { 204: { description: "it is gone" }, ...NOT_FOUND },
  words,
  handle: async ({ params, authorize, platform }) => {
    const { scope } = await authorize("crons", "delete", { cron_id: params.cron_id });
    await platform.records.crons.delete(scope, params.cron_id);
    return noContent();
  },
});

const Filter = z.object({
  assistant_id: Name.nullish(),
  thread_id: Id.nullish(),
  enabled: z.boolean().nullish(),
  metadata: AnyObject.nullish(),
});

const SORT: Readonly<Record<string, CronSort>> = {
  cron_id: "id",
  assistant_id: "assistantId",
  thread_id: "threadId",
  created_at: "createdAt",
  updated_at: "updatedAt",
  next_run_date: "nextRunAt",
};

const searched = async (
  call: Call<unknown, unknown, z.infer<typeof Filter>>,
  page: { limit: number; offset: number },
) => {
  const { body } = call;
  const { scope } = await call.authorize("crons", "search", {
    assistant_id: body.assistant_id ?? null,
    thread_id: body.thread_id ?? null,
    ...page,
  });
  const query = {
    assistantId: body.assistant_id ?? undefined,
    threadId: body.thread_id ?? undefined,
    enabled: body.enabled ?? undefined,
    metadata: body.metadata ?? undefined,
  };
  return { scope, query };
};

const search = route({
  method: "post",
  path: "/runs/crons/search",
  tag,
  group,
  summary: "Search crons",
  body: Filter.extend({
    limit: Limit,
    offset: Offset,
    sort_by: z
      .enum(["cron_id", "assistant_id", "thread_id", "created_at", "updated_at", "next_run_date"])
      .nullish(),
    sort_order: SortOrder.nullable(),
    select: Select.nullable(),
  }),
  answers: { 200: { description: "the newest first", schema: z.array(WireCron) } },
  handle: async (call) => {
    const { body, platform } = call;
    const { limit, offset } = body;
    const { scope, query } = await searched(call, { limit, offset });
    const { crons } = platform.records;
    const [rows, total] = await Promise.all([
      crons.search(scope, query, {
        limit,
        offset,
        sortBy: mapped(SORT, body.sort_by ?? undefined),
        sortOrder: body.sort_order ?? undefined,
      }),
      crons.count(scope, query),
    ]);
    return json(
      rows.map((row) => selected(wireCron(row), body.select ?? undefined)),
      paginationOf(body, total),
    );
  },
});

const count = route({
  method: "post",
  path: "/runs/crons/count",
  tag,
  group,
  summary: "Count crons",
  body: Filter,
  answers: { 200: { description: "how many", schema: z.int() } },
  handle: async (call) => {
    const { scope, query } = await searched(call, { limit: 0, offset: 0 });
    return json(await call.platform.records.crons.count(scope, query));
  },
});

export const cronRoutes: readonly Route[] = [create, createOnThread, search, count, patch, remove];
