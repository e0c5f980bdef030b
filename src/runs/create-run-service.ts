// Creates runs, and lets callers wait for them, follow them and cancel them, wherever they are executed.
import type { Clock } from "../clock.ts";
import { TuttiError } from "../errors.ts";
import type {
  AssistantRow,
  CreatedRun,
  Json,
  JsonObject,
  LoggedEvent,
  NewRun,
  Records,
  RunRow,
  Scope,
  ThreadRow,
  ThreadTtl,
} from "../storage/index.ts";
import type { EventHub } from "./event-hub.ts";
import { fieldsOf, inheritedConfig, mergeConfigs, mergeContext } from "./run-config.ts";
import type {
  RunCommand,
  RunRequest,
  RunResult,
  RunService,
  StreamOptions,
} from "./run-service.ts";
import type { SignalBus } from "./signals.ts";
import { createThreadStream } from "./thread-stream.ts";
import { uuidv7 } from "./uuid.ts";

export interface CheckedAnswers {
  /** In the form it is executed. */
  readonly command: RunCommand;
  /** Where the thread stood, to the write: two checks that say the same saw the same questions. */
  readonly place: string;
}

/**
 * Checks answers to the open interrupts of a thread before anything is saved. Throws ANSWER_INVALID,
 * CONFLICT, GRAPH_CHANGED.
 */
export type CheckAnswers = (
  scope: Scope,
  thread: ThreadRow,
  run: { readonly graphId: string; readonly config: JsonObject; readonly command: RunCommand },
) => Promise<CheckedAnswers>;

export interface RunServiceOptions {
  readonly records: Pick<Records, "assistants" | "threads" | "runs" | "events">;
  readonly hub: EventHub;
  readonly signals: Pick<SignalBus, "on" | "onCatchUp">;
  readonly checkAnswers: CheckAnswers;
  readonly clock: Clock;
  /** Of threads that runs make; default: they live until they are deleted. */
  readonly threadTtl?: ThreadTtl | null | undefined;
}

/** The thread of a stateless run stays so long after its end, so that whoever waits still reads the result. */
const STATELESS_TTL: ThreadTtl = { strategy: "delete", minutes: 2 };

const isPending = ({ status }: RunRow): boolean => status === "pending" || status === "running";

const assistantOf = async (
  records: RunServiceOptions["records"],
  scope: Scope,
  id: string,
): Promise<AssistantRow> => {
  try {
    // What the auth handlers filter are threads; an assistant of the tenant may be used by all of it.
    return await records.assistants.get({ tenant: scope.tenant }, id);
  } catch (error) {
    if (!(error instanceof TuttiError) || error.code !== "ASSISTANT_NOT_FOUND") throw error;
    throw new TuttiError(
      "ASSISTANT_NOT_FOUND",
      `No assistant found for "${id}". Make sure the assistant ID is for a valid assistant or a valid graph ID.`,
      { hint: "POST /assistants/search lists them", cause: error },
    );
  }
};

/** The thread as it is; undefined when it is not there (for the caller). */
const threadOf = async (
  records: RunServiceOptions["records"],
  scope: Scope,
  id: string,
): Promise<ThreadRow | undefined> => {
  try {
    return await records.threads.get(scope, id);
  } catch (error) {
    if (error instanceof TuttiError && error.code === "THREAD_NOT_FOUND") return undefined;
    throw error;
  }
};

const kwargsOf = (request: RunRequest, rest: JsonObject): JsonObject => {
  const {
    assistantId: _assistant,
    threadId: _thread,
    metadata: _metadata,
    multitaskStrategy: _strategy,
    ifNotExists: _exists,
    afterSeconds: _after,
    priority: _priority,
    onceKey: _once,
    ...kwargs
  } = request;
  return { ...(JSON.parse(JSON.stringify(kwargs)) as JsonObject), ...rest };
};

/** Tries of an answer that comes while the run that asked has yet to be put on record as ended. */
const ANSWER_TRIES = 5;

const isConflict = (error: unknown): boolean =>
  error instanceof TuttiError && error.code === "CONFLICT";

const creator = (options: RunServiceOptions) => {
  const { records, clock, checkAnswers } = options;
  const create = async (
    scope: Scope,
    request: RunRequest,
    earlier?: {
      readonly place: string | undefined;
      readonly tries: number;
      readonly error: unknown;
    },
  ): Promise<CreatedRun> => {
    const { threadId, command } = request;
    const [assistant, thread] = await Promise.all([
      assistantOf(records, scope, request.assistantId),
      threadId === null ? undefined : threadOf(records, scope, threadId),
    ]);
    const { graphId } = assistant;
    const config = mergeConfigs(assistant.config, thread?.config ?? {}, request.config);
    const isAnswer = command?.resume !== undefined && command.resume !== null;
    const checked =
      isAnswer && thread !== undefined
        ? await checkAnswers(scope, thread, { graphId, config, command })
        : undefined;
    // What was asked since is another question, even one that reads the same.
    if (earlier !== undefined && checked?.place !== earlier.place) throw earlier.error;
    const isStateless = threadId === null && request.onCompletion === "delete";
    const metadata = { ...assistant.metadata, ...request.metadata };
    const run: NewRun = {
      id: uuidv7(clock),
      threadId: threadId ?? uuidv7(clock),
      assistantId: assistant.id,
      graphId,
      metadata,
      kwargs: kwargsOf(request, {
        config,
        context: mergeContext(assistant.context, request.context),
        command: (checked?.command ?? command) as Json,
      }),
      multitaskStrategy: request.multitaskStrategy,
      priority: request.priority,
      availableAt: clock.now() + Math.max(0, request.afterSeconds) * 1_000,
      isStateless,
      isResumable: request.streamResumable,
      webhook: request.webhook,
      ifThreadMissing: threadId === null ? "create" : request.ifNotExists,
      threadMetadata: metadata,
      threadConfig: inheritedConfig(config),
      threadTtl: isStateless ? STATELESS_TTL : (options.threadTtl ?? null),
      expectThreadVersion: isAnswer ? thread?.version : undefined,
      onceKey: request.onceKey,
    };
    try {
      return await records.runs.create(scope, run);
    } catch (error) {
      const tries = (earlier?.tries ?? 0) + 1;
      // The question is out before its run has ended, and that end changes the thread too.
      if (checked === undefined || thread?.status !== "busy" || !isConflict(error)) throw error;
      if (tries >= ANSWER_TRIES) throw error;
      return await create(scope, request, { place: checked.place, tries, error });
    }
  };
  return (scope: Scope, request: RunRequest) => create(scope, request);
};

const resultOf = async (
  records: RunServiceOptions["records"],
  scope: Scope,
  run: RunRow,
): Promise<RunResult> => {
  const thread = await threadOf(records, scope, run.threadId);
  const values = thread?.values ?? null;
  const open = Object.values(thread?.interrupts ?? {}).flat();
  return {
    status: run.status,
    values: open.length > 0 ? { ...fieldsOf(values), __interrupt__: open } : values,
    error: run.error,
  };
};

/** The event that tells followers of a run why there is no more; `last` is what they saw before. */
const errorAfter = (run: RunRow, last: LoggedEvent | undefined): LoggedEvent | undefined =>
  run.status !== "error" || run.error === null || last?.event === "error"
    ? undefined
    : { seq: (last?.seq ?? 0) + 1, event: "error", data: JSON.stringify(run.error) };

export const createRunService = (options: RunServiceOptions): RunService => {
  const { records, hub } = options;
  const create = creator(options);

  /** The row, also after a rollback has removed it: then as it was. */
  const rowOf = async (scope: Scope, run: RunRow): Promise<RunRow> => {
    try {
      return await records.runs.get(scope, run.threadId, run.id);
    } catch (error) {
      if (error instanceof TuttiError && error.code === "RUN_NOT_FOUND")
        return { ...run, status: "interrupted" };
      throw error;
    }
  };

  const stream = async function* (
    scope: Scope,
    threadId: string | undefined,
    runId: string,
    { after, signal }: StreamOptions,
  ): AsyncGenerator<LoggedEvent, void, void> {
    const run = await records.runs.get(scope, threadId, runId);
    let last: LoggedEvent | undefined;
    for await (const event of hub.read({ tenant: run.tenant, runId }, { after, signal })) {
      yield event;
      last = event;
    }
    if (signal.aborted) return;
    // A run that stopped its workers has no error in its log: nobody was left to write it. Who comes back
    // behind the last event in the log has not been told; who comes back behind that, has.
    const isBack = last === undefined && after !== undefined && after > 0;
    if (isBack) [last] = await records.events.read(runId, after - 1, 1);
    if (isBack && last === undefined) return;
    const error = errorAfter(await rowOf(scope, run), last);
    if (error !== undefined) yield error;
  };

  return {
    async create(scope, request) {
      return (await create(scope, request)).run;
    },
    async cancel(scope, which, action, { wait, signal = new AbortController().signal }) {
      const rows = await records.runs.cancel(scope, which, action, "cancelled by request");
      if (!wait) return rows;
      const running = rows.filter(isPending);
      await Promise.all(running.map(({ tenant, id }) => hub.ended({ tenant, runId: id }, signal)));
      return await Promise.all(rows.map((run) => rowOf(scope, run)));
    },
    async join(scope, threadId, runId, signal) {
      let run: RunRow | undefined;
      const look = async (): Promise<boolean> => {
        run = await records.runs.get(scope, threadId, runId);
        return !isPending(run);
      };
      await hub.ended({ tenant: scope.tenant, runId }, signal, look);
      if (signal.aborted || run === undefined)
        throw new TuttiError("CANCELLED", "the wait for the run was given up", { retryable: true });
      return await resultOf(records, scope, isPending(run) ? await rowOf(scope, run) : run);
    },
    stream,
    threadStream: createThreadStream(options, stream),
  };
};
