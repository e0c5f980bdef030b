// What each command of protocol v2 does.
import { z } from "zod";
import { TuttiError } from "../../errors.ts";
import type { RunRequest } from "../../runs/index.ts";
import type { Json, JsonObject, RunRow, Scope, ThreadRow } from "../../storage/index.ts";
import { AnyJson, AnyObject } from "../http/schema.ts";
import { CommandField, RunBody, runRequest } from "../routes/run-body.ts";
import { createRun, type RunCall } from "../routes/start-run.ts";
import type { Call } from "../http/define-route.ts";
import { agentTree } from "./agent-tree.ts";
import { type Command, failureOf, ProtocolError, success } from "./command.ts";

/** Who sends commands to which thread. */
export interface CommandContext {
  readonly call: RunCall & Pick<Call<unknown, unknown, unknown>, "authorize">;
  readonly threadId: string;
}

type Handler = (context: CommandContext, params: unknown) => Promise<JsonObject>;

const parse = <Output>(schema: z.ZodType<Output>, params: unknown): Output => {
  const parsed = schema.safeParse(params ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ProtocolError(
    "invalid_argument",
    `params.${issue?.path.map(String).join(".") ?? ""}: ${issue?.message ?? "wrong"}`,
  );
};

const scopeOf = async ({ call, threadId }: CommandContext): Promise<Scope> =>
  (await call.authorize("threads", "read", { thread_id: threadId })).scope;

const threadOf = async (
  { call, threadId }: CommandContext,
  scope: Scope,
): Promise<ThreadRow | undefined> => {
  try {
    return await call.platform.records.threads.get(scope, threadId);
  } catch (error) {
    if (error instanceof TuttiError && error.code === "THREAD_NOT_FOUND") return undefined;
    throw error;
  }
};

const openInterrupts = (thread: ThreadRow | undefined): string[] =>
  Object.values(thread?.interrupts ?? {})
    .flat()
    .flatMap(({ id }) => (typeof id === "string" ? [id] : []));

interface Asked {
  readonly assistantId: string;
  readonly input?: Json | undefined;
  readonly command?: RunRequest["command"];
  readonly config?: JsonObject | undefined;
  readonly metadata?: JsonObject | undefined;
  readonly multitaskStrategy?: RunRequest["multitaskStrategy"] | undefined;
}

const start = async ({ call, threadId }: CommandContext, asked: Asked): Promise<RunRow> => {
  const body = parse(RunBody, {
    assistant_id: asked.assistantId,
    input: asked.input ?? null,
    config: asked.config,
    metadata: asked.metadata,
    multitask_strategy: asked.multitaskStrategy,
    stream_subgraphs: true,
    stream_resumable: true,
    // Who answers only has no threads to make.
    if_not_exists: asked.command === null || asked.command === undefined ? "create" : "reject",
  });
  const request = runRequest(body, threadId, call.principal, call.context.req.raw.headers);
  const { run } = await createRun(call, {
    ...request,
    command: asked.command ?? null,
    protocol: "v2",
  });
  return run;
};

const RunStart = z.object({
  assistant_id: z.string().min(1, "run.start requires an assistant_id."),
  input: AnyJson.optional(),
  config: AnyObject.nullish(),
  metadata: AnyObject.nullish(),
  multitaskStrategy: z.unknown().optional(),
  multitask_strategy: z.unknown().optional(),
});

const Strategy = z.enum(["reject", "enqueue", "interrupt", "rollback"]);

const runStart: Handler = async (context, raw) => {
  if (typeof raw !== "object" || raw === null || !("assistant_id" in raw))
    throw new ProtocolError("invalid_argument", "run.start requires an assistant_id.");
  const params = parse(RunStart, raw);
  const strategy = Strategy.safeParse(params.multitaskStrategy ?? params.multitask_strategy);
  const thread = await threadOf(context, await scopeOf(context));
  const input = params.input ?? null;
  const isAnswer = input !== null && openInterrupts(thread).length > 0;
  const run = await start(context, {
    assistantId: params.assistant_id,
    input: isAnswer ? null : input,
    command: isAnswer ? { resume: input } : null,
    config: params.config ?? undefined,
    metadata: params.metadata ?? undefined,
    multitaskStrategy: strategy.success ? strategy.data : "enqueue",
  });
  return { run_id: run.id };
};

const Respond = z.object({
  interrupt_id: z.string().optional(),
  response: AnyJson.optional(),
  responses: z
    .array(z.object({ interrupt_id: z.unknown().optional(), response: AnyJson.optional() }))
    .optional(),
  update: CommandField.shape.update,
  goto: CommandField.shape.goto,
  config: AnyObject.nullish(),
  metadata: AnyObject.nullish(),
});

const answersIn = ({ interrupt_id, response, responses }: z.infer<typeof Respond>): JsonObject => {
  if (responses === undefined) {
    if (interrupt_id === undefined)
      throw new ProtocolError("invalid_argument", "input.respond requires an interrupt_id.");
    return { [interrupt_id]: response ?? null };
  }
  if (responses.length === 0)
    throw new ProtocolError("invalid_argument", "input.respond requires at least one response.");
  return Object.fromEntries(
    responses.map((entry): [string, Json] => {
      if (typeof entry.interrupt_id !== "string")
        throw new ProtocolError(
          "invalid_argument",
          "input.respond responses entries require an interrupt_id.",
        );
      return [entry.interrupt_id, entry.response ?? null];
    }),
  );
};

/** The assistant that a thread works with, whichever process or client chose it. */
const assistantOf = async (
  { call, threadId }: CommandContext,
  scope: Scope,
  thread: ThreadRow,
): Promise<string> => {
  const known = thread.metadata["assistant_id"];
  if (typeof known === "string") return known;
  const [run] = await call.platform.records.runs.list(scope, threadId, { limit: 1, offset: 0 });
  if (run === undefined)
    throw new ProtocolError("no_such_run", "Thread has no active assistant; call run.start first.");
  return run.assistantId;
};

const inputRespond: Handler = async (context, raw) => {
  const params = parse(Respond, raw);
  const resume = answersIn(params);
  const scope = await scopeOf(context);
  const thread = await threadOf(context, scope);
  if (thread === undefined)
    throw new ProtocolError("no_such_run", "No interrupted run is bound to this thread.");
  const open = openInterrupts(thread);
  if (open.length === 0)
    throw new ProtocolError(
      "invalid_argument",
      "input.respond can only be used while the run is interrupted.",
    );
  const unknown = Object.keys(resume).find((id) => !open.includes(id));
  if (unknown !== undefined)
    throw new ProtocolError("no_such_interrupt", `The thread does not ask ${unknown} (any more).`);
  const { update, goto } = params;
  await start(context, {
    assistantId: await assistantOf(context, scope, thread),
    command: {
      resume,
      ...(update === null || update === undefined ? {} : { update: update as Json }),
      ...(goto === null || goto === undefined ? {} : { goto: goto as Json }),
    },
    config: params.config ?? undefined,
    metadata: params.metadata ?? undefined,
  });
  return {};
};

const GetTree = z.object({ run_id: z.string().optional() });

const getTree: Handler = async (context, raw) => {
  const { run_id } = parse(GetTree, raw);
  const scope = await scopeOf(context);
  const { records } = context.call.platform;
  const noRun = new ProtocolError("no_such_run", "No active run is bound to this thread.");
  if ((await threadOf(context, scope)) === undefined) throw noRun;
  const run =
    run_id === undefined
      ? (await records.runs.list(scope, context.threadId, { limit: 1, offset: 0 }))[0]
      : await records.runs.get(scope, context.threadId, run_id);
  if (run === undefined) throw noRun;
  return { tree: await agentTree(records, run) };
};

const Segments = z.array(z.string()).optional();
const StateGet = z.object({ namespace: Segments, keys: z.array(z.string()).optional() });

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const placeOf = (checkpoint: unknown): JsonObject | undefined =>
  isObject(checkpoint) && typeof checkpoint["checkpoint_id"] === "string"
    ? {
        id: checkpoint["checkpoint_id"],
        ...(typeof checkpoint["checkpoint_ns"] === "string"
          ? { ns: checkpoint["checkpoint_ns"] }
          : {}),
      }
    : undefined;

const atNamespace = (namespace: readonly string[] | undefined) =>
  namespace === undefined || namespace.length === 0 ? {} : { checkpointNs: namespace.join("|") };

const stateGet: Handler = async (context, raw) => {
  const { namespace, keys } = parse(StateGet, raw);
  const scope = await scopeOf(context);
  const { threads } = context.call.platform;
  const at = atNamespace(namespace);
  const state = await threads.state(scope, context.threadId, at, { subgraphs: false });
  const { values = null } = state;
  const kept =
    keys === undefined || !isObject(values)
      ? values
      : Object.fromEntries(Object.entries(values).filter(([key]) => keys.includes(key)));
  const checkpoint = placeOf(state["checkpoint"]);
  return { values: kept, ...(checkpoint === undefined ? {} : { checkpoint }) };
};

const ListCheckpoints = z.object({
  namespace: Segments,
  limit: z.int().min(1).max(1_000).default(10),
  before: z.string().optional(),
});

const listCheckpoints: Handler = async (context, raw) => {
  const { namespace, limit, before } = parse(ListCheckpoints, raw);
  const scope = await scopeOf(context);
  const states = await context.call.platform.threads.history(scope, context.threadId, {
    limit,
    before: before === undefined ? undefined : { checkpointId: before },
    at: namespace === undefined || namespace.length === 0 ? undefined : atNamespace(namespace),
  });
  return {
    checkpoints: states.map((state) => ({
      id: placeOf(state["checkpoint"])?.["id"] ?? null,
      timestamp: state["created_at"] ?? null,
      step: isObject(state["metadata"]) ? (state["metadata"]["step"] ?? null) : null,
      metadata: state["metadata"] ?? {},
    })),
  };
};

const Fork = z.object({
  checkpoint_id: z.string().min(1),
  input: AnyJson.optional(),
  config: AnyObject.nullish(),
});

const stateFork: Handler = async (context, raw) => {
  const params = parse(Fork, raw);
  const scope = await scopeOf(context);
  const thread = await threadOf(context, scope);
  if (thread === undefined) throw new ProtocolError("no_such_run", "There is no such thread.");
  const configurable = params.config?.["configurable"];
  const run = await start(context, {
    assistantId: await assistantOf(context, scope, thread),
    input: params.input ?? null,
    config: {
      ...params.config,
      configurable: {
        ...(isObject(configurable) ? configurable : {}),
        checkpoint_id: params.checkpoint_id,
      },
    },
  });
  return { run_id: run.id, thread_id: context.threadId };
};

const notSupported =
  (message: string): Handler =>
  () =>
    Promise.reject(new ProtocolError("not_supported", message));

const HANDLERS: Readonly<Record<string, Handler>> = {
  "run.start": runStart,
  "input.respond": inputRespond,
  "input.inject": notSupported("A message reaches a running graph as a new run: use run.start."),
  "agent.getTree": getTree,
  "state.get": stateGet,
  "state.listCheckpoints": listCheckpoints,
  "state.fork": stateFork,
  "subscription.subscribe": notSupported(
    "Over HTTP a subscription is a connection: POST …/stream/events.",
  ),
  "subscription.unsubscribe": notSupported("Over HTTP closing the connection unsubscribes."),
  "subscription.reconnect": notSupported("Subscribe again: the latest runs are replayed."),
};

/** Never throws: what goes wrong is the answer. */
export const runCommand = async (
  context: CommandContext,
  command: Command,
): Promise<JsonObject> => {
  try {
    const handler = Object.hasOwn(HANDLERS, command.method) ? HANDLERS[command.method] : undefined;
    if (handler === undefined)
      throw new ProtocolError("unknown_command", `Unknown protocol command: ${command.method}`);
    return success(command.id, context.threadId, await handler(context, command.params));
  } catch (error) {
    const answer = failureOf(command.id, error);
    if (answer["error"] === "unknown_error")
      context.call.platform.logger.error(
        { err: error, method: command.method },
        "a command failed",
      );
    return answer;
  }
};
