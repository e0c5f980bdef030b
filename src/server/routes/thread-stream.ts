// Everything that happens on a thread, over its runs.
import { z } from "zod";
import type { JsonObject, LoggedEvent } from "../../storage/index.ts";
import { type Route, route } from "../http/define-route.ts";
import { eventStream, type Frame } from "../http/event-stream.ts";
import { Id, QueryList } from "../http/schema.ts";
import { threadNotFound } from "./threads.ts";

const MODES = ["run_modes", "lifecycle", "state_update"] as const;
type ThreadMode = (typeof MODES)[number];

/** `<run id>:<number>`: an id on the wire is a place in the log of one run. */
const PLACE = /^[\da-f-]{36}:\d{1,15}$/i;

const lifecycle = (event: LoggedEvent & { runId: string }): JsonObject | undefined => {
  if (event.event === "metadata") return { event: "run_start", run_id: event.runId };
  if (event.event === "end") return { event: "run_end", run_id: event.runId };
  return undefined;
};

/** The frames that one event of the log becomes for who asked for these modes. */
const framesFor = (
  event: LoggedEvent & { runId: string },
  modes: ReadonlySet<ThreadMode>,
): Frame[] => {
  const frames: Frame[] = [];
  const id = `${event.runId}:${event.seq}`;
  const change = modes.has("lifecycle") ? lifecycle(event) : undefined;
  if (change !== undefined) frames.push({ id, event: "lifecycle", data: JSON.stringify(change) });
  if (event.event === "end") return frames;
  if (modes.has("run_modes")) frames.push({ id, event: event.event, data: event.data });
  else if (modes.has("state_update") && event.event === "values")
    frames.push({ id, event: "state_update", data: event.data });
  return frames;
};

async function* framesOf(
  events: AsyncIterable<LoggedEvent & { runId: string }>,
  modes: ReadonlySet<ThreadMode>,
): AsyncGenerator<Frame> {
  for await (const event of events) yield* framesFor(event, modes);
}

const Mode = z.enum(MODES);

const follow = route({
  method: "get",
  path: "/threads/{thread_id}/stream",
  tag: "Threads",
  group: "threads",
  summary: "Follow a thread over its runs",
  description:
    "`run_modes` (default): the events of each run; `lifecycle`: their starts and ends; `state_update`: new values. The header `Last-Event-ID` goes on behind an event.",
  params: z.object({ thread_id: Id }),
  query: z.object({ stream_mode: QueryList.pipe(z.array(Mode).optional()) }),
  answers: {
    200: { description: "server-sent events, until the client leaves", mime: "text/event-stream" },
    404: { description: "no such thread" },
  },
  words: threadNotFound,
  handle: async (call) => {
    const { thread_id: threadId } = call.params;
    const { scope } = await call.authorize("threads", "read", { thread_id: threadId });
    await call.platform.records.threads.get(scope, threadId);
    const last = call.context.req.header("last-event-id");
    const stop = new AbortController();
    const events = call.platform.runs.threadStream(scope, threadId, {
      after: last !== undefined && PLACE.test(last) ? last : undefined,
      signal: stop.signal,
    });
    const asked = call.query.stream_mode ?? [];
    const modes = new Set<ThreadMode>(asked.length === 0 ? ["run_modes"] : asked);
    return eventStream(call, framesOf(events, modes), { caller: call.caller, stop });
  },
});

export const threadStreamRoutes: readonly Route[] = [follow];
