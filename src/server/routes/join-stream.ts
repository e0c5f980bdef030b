// Following a run that was started elsewhere.
import { TuttiError } from "../../errors.ts";
import type { Scope } from "../../storage/index.ts";
import type { Call } from "../http/define-route.ts";
import { eventStream, type Frame } from "../http/event-stream.ts";
import { cursorOf, followRun } from "./start-run.ts";

interface JoinQuery {
  readonly cancel_on_disconnect?: boolean | undefined;
  readonly stream_mode?: readonly string[] | undefined;
}

/** Clients of the API read a stream here whatever happened: what is not there is an event that says so. */
async function* notFound(): AsyncGenerator<Frame> {
  yield {
    event: "error",
    data: JSON.stringify({ error: "Error", message: "404: Run not found" }),
  };
}

/** To read a run is not to stop it. Throws FORBIDDEN, or RUN_NOT_FOUND for what may not be changed. */
export const mayCancel = async (
  { authorize, platform }: Pick<Call<unknown, unknown, unknown>, "authorize" | "platform">,
  threadId: string | undefined,
  runId: string,
): Promise<void> => {
  const { scope } = await authorize("threads", "update", {
    thread_id: threadId ?? null,
    action: "interrupt",
    metadata: { run_ids: [runId], status: "pending" },
  });
  await platform.records.runs.get(scope, threadId, runId);
};

export const joinStream = async (
  call: Call<unknown, JoinQuery, unknown>,
  scope: Scope,
  threadId: string | undefined,
  runId: string,
  query: JoinQuery,
): Promise<Response> => {
  try {
    await call.platform.records.runs.get(scope, threadId, runId);
    if (query.cancel_on_disconnect ?? false) await mayCancel(call, threadId, runId);
  } catch (error) {
    const isMissing =
      error instanceof TuttiError && ["RUN_NOT_FOUND", "THREAD_NOT_FOUND"].includes(error.code);
    if (!isMissing) throw error;
    return eventStream(call, notFound(), { caller: call.caller, stop: new AbortController() });
  }
  const modes = query.stream_mode;
  return followRun(call, {
    scope,
    threadId,
    runId,
    after: cursorOf(call.context.req.header("last-event-id")) ?? 0,
    modes: modes === undefined || modes.length === 0 ? undefined : new Set(modes),
    cancelWhenGone: query.cancel_on_disconnect ?? false,
  });
};
