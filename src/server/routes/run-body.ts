// The body of everything that starts a run, and the RunRequest it stands for.
import { z } from "zod";
import { type RunRequest, STREAM_MODES, type StreamMode } from "../../runs/index.ts";
import type { Json, JsonObject } from "../../storage/index.ts";
import { graphUser, type Principal } from "../access.ts";
import { AnyJson, AnyObject, CheckpointField, Name } from "../http/schema.ts";

const Jump = z.union([z.string(), z.object({ node: z.string(), input: AnyJson.optional() })]);

export const CommandField = z.object({
  resume: AnyJson.optional(),
  update: z
    .union([AnyObject, z.array(z.tuple([z.string(), AnyJson]))])
    .nullish()
    .describe("a patch of the state, or [key, value] pairs"),
  goto: z.union([Jump, z.array(Jump)]).nullish(),
});

const ConfigField = z
  .looseObject({
    tags: z.array(z.string()).optional(),
    recursion_limit: z.int().min(1).max(1_000_000).optional(),
    configurable: AnyObject.optional(),
  })
  .transform((value): JsonObject => value as JsonObject);

// Clients also send `lifecycle`, which is no mode of the engine: it is passed over.
const Mode = z.enum([...STREAM_MODES, "lifecycle"]);
export const StreamModeField = z.union([Mode, z.array(Mode)]);
const Places = z.union([z.literal("*"), z.array(z.string())]);

/** An address, or a path of the server itself. Whether it may be called is decided when it is. */
const Webhook = z
  .string()
  .max(2_048)
  .refine(
    (text) => text.startsWith("/") || (/^https?:\/\//i.test(text) && URL.canParse(text)),
    "neither an http or https URL nor a path",
  );

const MAX_SECONDS = 10 * 365 * 24 * 3_600;

/** Fields that runs and crons share. */
export const runFields = {
  input: AnyJson.optional(),
  config: ConfigField.nullish(),
  context: AnyJson.optional(),
  metadata: AnyObject.nullish(),
  webhook: Webhook.nullish(),
  interrupt_before: Places.nullish(),
  interrupt_after: Places.nullish(),
  multitask_strategy: z.enum(["reject", "enqueue", "interrupt", "rollback"]).nullish(),
  stream_mode: StreamModeField.nullish(),
  stream_subgraphs: z.boolean().nullish(),
  stream_resumable: z.boolean().nullish(),
  durability: z.enum(["exit", "async", "sync"]).nullish(),
  checkpoint_during: z.boolean().nullish(),
  priority: z
    .int()
    .min(-100)
    .max(100)
    .nullish()
    .describe("of runs that wait, those with a higher number start first; 0 when absent"),
};

export const RunBody = z.object({
  assistant_id: Name.describe("id of an assistant, or of a graph"),
  ...runFields,
  command: CommandField.nullish(),
  checkpoint: CheckpointField,
  checkpoint_id: z.string().max(255).nullish(),
  on_disconnect: z.enum(["cancel", "continue"]).nullish(),
  on_completion: z
    .string()
    .max(32)
    .nullish()
    .describe("delete or keep: what becomes of the thread of a stateless run"),
  if_not_exists: z.enum(["create", "reject"]).nullish(),
  after_seconds: z.number().min(0).max(MAX_SECONDS).nullish(),
  feedback_keys: z.array(z.string()).nullish(),
  strict_resume: z.boolean().nullish(),
  langsmith_tracer: AnyObject.nullish(),
});
export type RunBody = z.infer<typeof RunBody>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

type SharedFields = Omit<RunBody, "assistant_id">;

const streamModesOf = (mode: RunBody["stream_mode"]): StreamMode[] => {
  const asked = Array.isArray(mode) ? mode : mode === null || mode === undefined ? [] : [mode];
  const known = asked.filter((name) => name !== "lifecycle");
  return known.length === 0 ? ["values"] : [...new Set(known)];
};

const durabilityOf = (body: SharedFields): RunRequest["durability"] => {
  if (body.durability !== null && body.durability !== undefined) return body.durability;
  return body.checkpoint_during === false ? "exit" : null;
};

const PLACE_KEYS: ReadonlySet<string> = new Set([
  "thread_id",
  "checkpoint_id",
  "checkpoint_ns",
  "checkpoint_map",
]);

const checkpointOf = (body: SharedFields): JsonObject | null => {
  const at: Record<string, Json> = {};
  const configurable = body.config?.["configurable"];
  const inConfig = isObject(configurable) ? configurable["checkpoint_id"] : undefined;
  const id = body.checkpoint?.checkpoint_id ?? body.checkpoint_id ?? inConfig;
  if (typeof id === "string") at["checkpoint_id"] = id;
  const ns = body.checkpoint?.checkpoint_ns;
  if (typeof ns === "string") at["checkpoint_ns"] = ns;
  const map = body.checkpoint?.checkpoint_map;
  if (map !== null && map !== undefined) at["checkpoint_map"] = map;
  return Object.keys(at).length === 0 ? null : at;
};

/** What runs and crons have in common, in our names, defaults filled in. */
export const sharedRequest = (body: SharedFields) => ({
  input: body.input ?? null,
  config: body.config ?? {},
  context: body.context ?? null,
  streamModes: streamModesOf(body.stream_mode),
  streamSubgraphs: body.stream_subgraphs ?? false,
  streamResumable: body.stream_resumable ?? false,
  interruptBefore: body.interrupt_before ?? null,
  interruptAfter: body.interrupt_after ?? null,
  multitaskStrategy: body.multitask_strategy ?? ("enqueue" as const),
  durability: durabilityOf(body),
  webhook: body.webhook ?? null,
});

const commandOf = (command: RunBody["command"]): RunRequest["command"] =>
  command === null || command === undefined
    ? null
    : {
        ...(command.resume === undefined ? {} : { resume: command.resume }),
        ...(command.update === null || command.update === undefined
          ? {}
          : { update: command.update as Json }),
        ...(command.goto === null || command.goto === undefined
          ? {}
          : { goto: command.goto as Json }),
      };

// Credentials of whatever name must not reach the run's row, where readers of the run see them.
const SECRET_HEADER = /key|secret|token|passw|auth|cookie|credential|signature/;
const MAX_HEADER_LENGTH = 4_096;

/** `x-…` headers and the user agent reach graphs as `configurable`, as clients of the API expect. */
export const headersForGraphs = (headers: Headers): JsonObject =>
  Object.fromEntries(
    [...headers].filter(
      ([name, value]) =>
        (name.startsWith("x-") || name === "user-agent") &&
        !SECRET_HEADER.test(name) &&
        !name.startsWith("x-forwarded-") &&
        value.length <= MAX_HEADER_LENGTH,
    ),
  );

/** Keys the engine and the platform keep for themselves are not taken from clients. */
const isReserved = (key: string): boolean =>
  key.startsWith("__") || key.startsWith("langgraph_auth_") || PLACE_KEYS.has(key);

export const withConfigurable = (config: JsonObject, headers: JsonObject): JsonObject => {
  const given = config["configurable"];
  const own = isObject(given) ? given : {};
  const configurable = Object.fromEntries(
    Object.entries({ ...headers, ...own }).filter(([key]) => !isReserved(key)),
  );
  return Object.keys(configurable).length === 0 && given === undefined
    ? config
    : { ...config, configurable };
};

export const runRequest = (
  body: RunBody,
  threadId: string | null,
  principal: Principal,
  headers: Headers,
): RunRequest => {
  const shared = sharedRequest(body);
  return {
    ...shared,
    assistantId: body.assistant_id,
    threadId,
    command: commandOf(body.command),
    config: withConfigurable(shared.config, headersForGraphs(headers)),
    metadata: body.metadata ?? {},
    checkpoint: checkpointOf(body),
    ifNotExists: body.if_not_exists ?? (threadId === null ? "create" : "reject"),
    onCompletion: ["keep", "continue"].includes(body.on_completion ?? "delete") ? "keep" : "delete",
    onDisconnect: body.on_disconnect ?? "continue",
    afterSeconds: body.after_seconds ?? 0,
    feedbackKeys: body.feedback_keys ?? null,
    priority: body.priority ?? 0,
    user: graphUser(principal),
  };
};
