// Runs on a thread.
import { z } from "zod";
import type { Scope } from "../../storage/index.ts";
import { json, noContent } from "../http/answer.ts";
import { type Call, invalidRequest, type Route, route, type Words } from "../http/define-route.ts";
import { Id, QueryFlag, QueryList, queryNumber, selected } from "../http/schema.ts";
import { WireRun, wireRun } from "../wire/run.ts";
import { joinStream, mayCancel } from "./join-stream.ts";
import { RunBody } from "./run-body.ts";
import { awaitRun, followRun, runPath, startRun } from "./start-run.ts";
import { threadNotFound } from "./threads.ts";

export const RUN_WORDS = {
  ASSISTANT_NOT_FOUND: ({ body }: { body: { assistant_id: string } }): Words => ({
    detail: `No assistant found for "${body.assistant_id}". Make sure the assistant ID is for a valid assistant or a valid graph ID.`,
  }),
  THREAD_BUSY: (): Words => ({
    detail:
      "Thread is already running a task. Wait for it to finish or choose a different multitask strategy.",
    status: 422,
  }),
};
export const EVENTS = {
  200: { description: "server-sent events, `metadata` first", mime: "text/event-stream" },
};
export const OUTCOME = {
  200: {
    description: "the final values; `{__error__}` when the run failed",
    schema: z.unknown(),
  },
};

const tag = "Runs";
const group = "runs";
const ThreadParams = z.object({ thread_id: Id });
const Params = ThreadParams.extend({ run_id: Id });
const NOT_FOUND = { 404: { description: "no such thread, run or assistant" } };
const startWords = { ...RUN_WORDS, ...threadNotFound };
const words = { ...threadNotFound, RUN_NOT_FOUND: () => ({ detail: "Run not found" }) };

const create = route({
  method: "post",
  path: "/threads/{thread_id}/runs",
  tag,
  group,
  summary: "Start a run",
  params: ThreadParams,
  body: RunBody,
  answers: { 200: { description: "the run, not yet started", schema: WireRun }, ...NOT_FOUND },
  words: startWords,
  handle: async (call) => {
    const { run } = await startRun(call, call.body, call.params.thread_id);
    return json(wireRun(run), { "content-location": runPath(run, false) });
  },
});

const stream = route({
  method: "post",
  path: "/threads/{thread_id}/runs/stream",
  tag,
  group,
  summary: "Start a run and follow its events",
  params: ThreadParams,
  body: RunBody,
  answers: { ...EVENTS, ...NOT_FOUND },
  words: startWords,
  handle: async (call) => {
    const { run, scope, request } = await startRun(call, call.body, call.params.thread_id);
    const at = runPath(run, false);
    return followRun(call, {
      scope,
      threadId: run.threadId,
      runId: run.id,
      after: 0,
      cancelWhenGone: request.onDisconnect === "cancel",
      headers: {
        "content-location": at,
        // Clients come back there by themselves after a cut.
        ...(request.streamResumable ? { location: `${at}/stream` } : {}),
      },
    });
  },
});

const wait = route({
  method: "post",
  path: "/threads/{thread_id}/runs/wait",
  tag,
  group,
  summary: "Start a run and wait for its end",
  params: ThreadParams,
  body: RunBody,
  answers: { ...OUTCOME, ...NOT_FOUND },
  words: startWords,
  handle: async (call) => {
    const { run, scope, request } = await startRun(call, call.body, call.params.thread_id);
    return awaitRun(call, {
      scope,
      threadId: run.threadId,
      runId: run.id,
      after: 0,
      cancelWhenGone: request.onDisconnect === "cancel",
      headers: { "content-location": runPath(run, false) },
    });
  },
});

const MAX_OFFSET = 2 ** 31 - 1;

const list = route({
  method: "get",
  path: "/threads/{thread_id}/runs",
  tag,
  group,
  summary: "List a thread's runs",
  params: ThreadParams,
  query: z.object({
    limit: queryNumber(z.int().min(1).max(1_000)).optional(),
    offset: queryNumber(z.int().min(0).max(MAX_OFFSET)).optional(),
    status: z.enum(["pending", "running", "error", "success", "timeout", "interrupted"]).optional(),
    select: QueryList,
  }),
  answers: { 200: { description: "the newest first", schema: z.array(WireRun) }, ...NOT_FOUND },
  words,
  handle: async ({ params, query, authorize, platform }) => {
    const { scope } = await authorize("threads", "search", {
      thread_id: params.thread_id,
      metadata: {},
      status: query.status ?? null,
    });
    const { threads, runs } = platform.records;
    await threads.get(scope, params.thread_id);
    const rows = await runs.list(scope, params.thread_id, {
      limit: query.limit ?? 10,
      offset: query.offset ?? 0,
      status: query.status,
    });
    return json(rows.map((row) => selected(wireRun(row), query.select)));
  },
});

const readable = async (
  call: Pick<Call<z.infer<typeof Params>, unknown, unknown>, "authorize" | "params">,
): Promise<Scope> =>
  (await call.authorize("threads", "read", { thread_id: call.params.thread_id })).scope;

const get = route({
  method: "get",
  path: "/threads/{thread_id}/runs/{run_id}",
  tag,
  group,
  summary: "Get a run",
  params: Params,
  answers: { 200: { description: "the run", schema: WireRun }, ...NOT_FOUND },
  words,
  handle: async (call) => {
    const { thread_id, run_id } = call.params;
    return json(
      wireRun(await call.platform.records.runs.get(await readable(call), thread_id, run_id)),
    );
  },
});

const remove = route({
  method: "delete",
  path: "/threads/{thread_id}/runs/{run_id}",
  tag,
  group,
  summary: "Delete a run",
  params: Params,
  answers: {
    204: { description: "it is gone" },
    ...NOT_FOUND,
    409: { description: "it is running: cancel it first" },
  },
  words,
  handle: async ({ params, authorize, platform }) => {
    const { scope } = await authorize("threads", "delete", { ...params });
    await platform.records.runs.delete(scope, params.thread_id, params.run_id);
    return noContent();
  },
});

const join = route({
  method: "get",
  path: "/threads/{thread_id}/runs/{run_id}/join",
  tag,
  group,
  summary: "Wait for the end of a run",
  params: Params,
  query: z.object({ cancel_on_disconnect: QueryFlag }),
  answers: { ...OUTCOME, ...NOT_FOUND },
  words,
  handle: async (call) => {
    const scope = await readable(call);
    const { thread_id: threadId, run_id: runId } = call.params;
    await call.platform.records.runs.get(scope, threadId, runId);
    if (call.query.cancel_on_disconnect ?? false) await mayCancel(call, threadId, runId);
    return awaitRun(call, {
      scope,
      threadId,
      runId,
      after: 0,
      cancelWhenGone: call.query.cancel_on_disconnect ?? false,
    });
  },
});

const follow = route({
  method: "get",
  path: "/threads/{thread_id}/runs/{run_id}/stream",
  tag,
  group,
  summary: "Follow a run's events",
  description:
    "From the start, or after the event named by the header `Last-Event-ID` (`-1`: from the start), also when the run has ended.",
  params: Params,
  query: z.object({
    cancel_on_disconnect: QueryFlag,
    stream_mode: QueryList,
    namespace: QueryList,
    checkpoint_id: z.string().max(255).optional(),
  }),
  answers: EVENTS,
  handle: async (call) => {
    const scope = await readable(call);
    return joinStream(call, scope, call.params.thread_id, call.params.run_id, call.query);
  },
});

const cancel = route({
  method: "post",
  path: "/threads/{thread_id}/runs/{run_id}/cancel",
  tag,
  group,
  summary: "Cancel a run",
  params: Params,
  query: z.object({
    wait: QueryFlag,
    action: z.enum(["interrupt", "rollback"]).default("interrupt"),
    reason: z.string().max(1_000).optional(),
  }),
  answers: {
    204: { description: "it was told to stop, or has stopped with `wait`" },
    ...NOT_FOUND,
  },
  words,
  handle: async ({ params, query, authorize, platform, signal }) => {
    const { thread_id: threadId, run_id: runId } = params;
    const { scope } = await authorize("threads", "update", {
      thread_id: threadId,
      action: query.action,
      metadata: { run_ids: [runId], status: "pending" },
    });
    await platform.records.runs.get(scope, threadId, runId);
    await platform.runs.cancel(scope, { threadId, runIds: [runId] }, query.action, {
      wait: query.wait ?? false,
      signal,
    });
    return noContent();
  },
});

const cancelMany = route({
  method: "post",
  path: "/runs/cancel",
  tag,
  group,
  summary: "Cancel runs",
  body: z.object({
    thread_id: Id.nullish(),
    run_ids: z.array(Id).max(1_000).nullish(),
    status: z.enum(["pending", "running", "all"]).nullish(),
  }),
  query: z.object({ action: z.enum(["interrupt", "rollback"]).default("interrupt") }),
  answers: { 204: { description: "they were told to stop" } },
  handle: async ({ body, query, authorize, platform }) => {
    const { scope } = await authorize("threads", "update", {
      thread_id: body.thread_id ?? null,
      action: query.action,
      metadata: { run_ids: body.run_ids ?? [], status: body.status ?? "all" },
    });
    const which = {
      threadId: body.thread_id ?? undefined,
      runIds: body.run_ids ?? undefined,
      status: body.status ?? undefined,
    };
    if (which.threadId === undefined && which.runIds === undefined && which.status === undefined)
      throw invalidRequest([{ field: "body", message: "name a thread, runs or a status" }]);
    await platform.runs.cancel(scope, which, query.action, { wait: false });
    return noContent();
  },
});

export const runRoutes: readonly Route[] = [
  create,
  stream,
  wait,
  list,
  get,
  remove,
  join,
  follow,
  cancel,
  cancelMany,
];
