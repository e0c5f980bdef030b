// Runs without a thread of the client's: one is made, and forgotten after the end unless it is kept.
import { z } from "zod";
import { json } from "../http/answer.ts";
import { type Route, route } from "../http/define-route.ts";
import { Id, QueryFlag, QueryList } from "../http/schema.ts";
import { WireRun, wireRun } from "../wire/run.ts";
import { joinStream } from "./join-stream.ts";
import { RunBody } from "./run-body.ts";
import { EVENTS, OUTCOME, RUN_WORDS } from "./runs.ts";
import { awaitRun, followRun, runPath, startRun } from "./start-run.ts";

const tag = "Stateless runs";
const group = "runs";
const NOT_FOUND = { 404: { description: "no such assistant" } };

const create = route({
  method: "post",
  path: "/runs",
  tag,
  group,
  summary: "Start a run without a thread",
  body: RunBody,
  answers: { 200: { description: "the run", schema: WireRun }, ...NOT_FOUND },
  words: RUN_WORDS,
  handle: async (call) => {
    const { run } = await startRun(call, call.body, null);
    return json(wireRun(run), { "content-location": runPath(run, true) });
  },
});

const stream = route({
  method: "post",
  path: "/runs/stream",
  tag,
  group,
  summary: "Start a run without a thread and follow its events",
  body: RunBody,
  answers: { ...EVENTS, ...NOT_FOUND },
  words: RUN_WORDS,
  handle: async (call) => {
    const { run, scope, request } = await startRun(call, call.body, null);
    const at = runPath(run, true);
    return followRun(call, {
      scope,
      threadId: undefined,
      runId: run.id,
      after: 0,
      cancelWhenGone: request.onDisconnect === "cancel",
      headers: {
        "content-location": at,
        ...(request.streamResumable ? { location: `${at}/stream` } : {}),
      },
    });
  },
});

const wait = route({
  method: "post",
  path: "/runs/wait",
  tag,
  group,
  summary: "Start a run without a thread and wait for its end",
  body: RunBody,
  answers: { ...OUTCOME, ...NOT_FOUND },
  words: RUN_WORDS,
  handle: async (call) => {
    const { run, scope, request } = await startRun(call, call.body, null);
    return awaitRun(call, {
      scope,
      threadId: undefined,
      runId: run.id,
      after: 0,
      cancelWhenGone: request.onDisconnect === "cancel",
      headers: { "content-location": runPath(run, true) },
    });
  },
});

/** Some clients send the items of a batch in camelCase. */
const snakeCased = (item: unknown): unknown =>
  typeof item !== "object" || item === null || Array.isArray(item)
    ? item
    : Object.fromEntries(
        Object.entries(item).map(([name, value]: [string, unknown]) => [
          name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
          value,
        ]),
      );

const MAX_BATCH = 1_000;

const batch = route({
  method: "post",
  path: "/runs/batch",
  tag,
  group,
  summary: "Start many runs without a thread",
  body: z.array(z.preprocess(snakeCased, RunBody)).min(1).max(MAX_BATCH),
  answers: { 200: { description: "the runs", schema: z.array(WireRun) }, ...NOT_FOUND },
  handle: async (call) => {
    const runs = [];
    // One after the other: the order of the batch is the order of the queue.
    for (const body of call.body) runs.push((await startRun(call, body, null)).run);
    return json(runs.map(wireRun));
  },
});

const follow = route({
  method: "get",
  path: "/runs/{run_id}/stream",
  tag,
  group,
  summary: "Follow a run's events",
  params: z.object({ run_id: Id }),
  query: z.object({ cancel_on_disconnect: QueryFlag, stream_mode: QueryList }),
  answers: EVENTS,
  handle: async (call) => {
    const { scope } = await call.authorize("threads", "read", { run_id: call.params.run_id });
    return joinStream(call, scope, undefined, call.params.run_id, call.query);
  },
});

export const statelessRunRoutes: readonly Route[] = [create, stream, wait, batch, follow];
