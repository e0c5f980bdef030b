// Starting a run and following it: shared by the routes of threads and the stateless ones.
import type { RunRequest } from "../../runs/index.ts";
import type { JsonObject, LoggedEvent, RunRow, Scope } from "../../storage/index.ts";
import type { Principal } from "../access.ts";
import type { Server } from "../http/define-route.ts";
import { eventStream, type Frame } from "../http/event-stream.ts";
import { keptAlive } from "../http/keep-alive.ts";
import { type RunBody, runRequest } from "./run-body.ts";

/** What a handler that starts or follows runs has at hand. */
export interface RunCall extends Server {
  readonly principal: Principal;
  readonly caller: string;
  readonly context: { readonly req: { readonly raw: Request } };
  authorize(
    resource: "threads",
    action: "create_run",
    value: JsonObject,
  ): Promise<{ scope: Scope; value: JsonObject }>;
}

export interface Started {
  readonly run: RunRow;
  readonly scope: Scope;
  readonly request: RunRequest;
}

/** What the auth handlers see of a run that is to be made; they may change its metadata. */
const authValue = (request: RunRequest): JsonObject => ({
  thread_id: request.threadId,
  assistant_id: request.assistantId,
  metadata: request.metadata,
  multitask_strategy: request.multitaskStrategy,
  if_not_exists: request.ifNotExists,
  after_seconds: request.afterSeconds,
  status: "pending",
  prevent_insert_if_inflight: request.multitaskStrategy === "reject",
  kwargs: {
    input: request.input,
    command: request.command as JsonObject | null,
    config: request.config,
    context: request.context,
    interrupt_before: request.interruptBefore,
    interrupt_after: request.interruptAfter,
    checkpoint: request.checkpoint,
    webhook: request.webhook,
  },
});

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const createRun = async (call: RunCall, request: RunRequest): Promise<Started> => {
  const { scope, value } = await call.authorize("threads", "create_run", authValue(request));
  const { metadata } = value;
  const allowed = isObject(metadata) ? { ...request, metadata } : request;
  return { run: await call.platform.runs.create(scope, allowed), scope, request: allowed };
};

export const startRun = (call: RunCall, body: RunBody, threadId: string | null): Promise<Started> =>
  createRun(call, runRequest(body, threadId, call.principal, call.context.req.raw.headers));

/** Where a run is found; a stateless one has no thread that a client knows. */
export const runPath = (run: RunRow, isStateless: boolean): string =>
  isStateless ? `/runs/${run.id}` : `/threads/${run.threadId}/runs/${run.id}`;

const LATE = /^(?:-1|\d{1,15})$/;

/** Ids on the wire count from 0, numbers of the log from 1; `-1` is from the start. */
export const cursorOf = (lastEventId: string | undefined): number | undefined =>
  lastEventId !== undefined && LATE.test(lastEventId) ? Number(lastEventId) + 1 : undefined;

/** The mode an event belongs to: `messages/partial` is of `messages`, `messages|ns` of `messages-tuple`. */
const modeOf = (event: string): string => {
  const name = event.split("|", 1)[0] ?? event;
  if (name.startsWith("messages/")) return "messages";
  return name === "messages" ? "messages-tuple" : name;
};

const ALWAYS: ReadonlySet<string> = new Set(["metadata", "error"]);

/** `end` is for the log's readers inside; clients know the end by the stream's. */
export async function* framesOf(
  events: AsyncIterable<LoggedEvent>,
  modes: ReadonlySet<string> | undefined,
): AsyncGenerator<Frame> {
  for await (const { seq, event, data } of events) {
    if (event === "end") continue;
    if (modes !== undefined && !ALWAYS.has(event) && !modes.has(modeOf(event))) continue;
    yield { id: String(seq - 1), event, data };
  }
}

export interface FollowOptions {
  readonly scope: Scope;
  readonly threadId: string | undefined;
  readonly runId: string;
  readonly after: number;
  readonly modes?: ReadonlySet<string> | undefined;
  readonly cancelWhenGone: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

const cancelled =
  (call: Server, { scope, threadId, runId }: FollowOptions) =>
  (): void => {
    const { runs, logger } = call.platform;
    runs
      .cancel(scope, { threadId, runIds: [runId] }, "interrupt", { wait: false })
      .catch((error: unknown) => {
        logger.warn({ err: error, runId }, "a run outlives its client: it could not be cancelled");
      });
  };

export const followRun = (
  call: Server & { readonly caller: string },
  options: FollowOptions,
): Response => {
  const stop = new AbortController();
  const events = call.platform.runs.stream(options.scope, options.threadId, options.runId, {
    after: options.after,
    signal: stop.signal,
  });
  return eventStream(call, framesOf(events, options.modes), {
    caller: call.caller,
    headers: options.headers,
    stop,
    onGone: options.cancelWhenGone ? cancelled(call, options) : undefined,
  });
};

/** The final values, or `{__error__}`, kept alive until they are there. */
export const awaitRun = (
  call: Server & { readonly caller: string },
  options: FollowOptions,
): Response => {
  const stop = new AbortController();
  const outcome = async (): Promise<unknown> => {
    const { runs } = call.platform;
    const { values, error } = await runs.join(
      options.scope,
      options.threadId,
      options.runId,
      stop.signal,
    );
    return error === null ? values : { __error__: error };
  };
  return keptAlive(call, outcome, {
    caller: call.caller,
    headers: options.headers,
    stop,
    onGone: options.cancelWhenGone ? cancelled(call, options) : undefined,
  });
};
