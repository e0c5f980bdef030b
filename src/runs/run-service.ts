// What the server, the crons and the command line ask of runs: create, cancel, wait, stream.
import type {
  CancelAction,
  Json,
  JsonObject,
  LoggedEvent,
  MultitaskStrategy,
  RunRow,
  RunStatus,
  Scope,
} from "../storage/index.ts";

export const STREAM_MODES = [
  "values",
  "updates",
  "messages",
  "messages-tuple",
  "events",
  "tasks",
  "checkpoints",
  "debug",
  "custom",
  "tools",
] as const;
export type StreamMode = (typeof STREAM_MODES)[number];
export type Durability = "exit" | "async" | "sync";

/** LangGraph's Command as it comes over the wire. */
export interface RunCommand {
  readonly resume?: Json;
  readonly update?: Json;
  readonly goto?: Json;
}

/** A run as asked for: validated, in camelCase, with the API's defaults filled in. */
export interface RunRequest {
  /** Id of an assistant, or of a graph. */
  readonly assistantId: string;
  /** Null: a thread is made for the run. */
  readonly threadId: string | null;
  readonly input: Json;
  readonly command: RunCommand | null;
  readonly config: JsonObject;
  readonly context: Json;
  readonly metadata: JsonObject;
  readonly streamModes: readonly StreamMode[];
  readonly streamSubgraphs: boolean;
  readonly streamResumable: boolean;
  readonly interruptBefore: "*" | readonly string[] | null;
  readonly interruptAfter: "*" | readonly string[] | null;
  readonly checkpoint: JsonObject | null;
  readonly multitaskStrategy: MultitaskStrategy;
  readonly ifNotExists: "create" | "reject";
  /** Of the thread of a stateless run. */
  readonly onCompletion: "delete" | "keep";
  readonly onDisconnect: "cancel" | "continue";
  readonly afterSeconds: number;
  readonly durability: Durability | null;
  readonly webhook: string | null;
  readonly feedbackKeys: readonly string[] | null;
  readonly priority: number;
  /** Who asks, as the graph sees it in `configurable.langgraph_auth_user`. */
  readonly user: JsonObject | null;
  /**
   * The log holds protocol v2's events instead of the stream modes': `<method>|<namespace…>` with the data of
   * `graph.streamEvents(input, { version: "v3" })` as they come. Kept in the run's kwargs.
   */
  readonly protocol?: "v2" | undefined;
  /** Of two requests with one key only the first makes a run (crons, triggers, an Idempotency-Key). */
  readonly onceKey?: string | undefined;
}

export interface RunSelection {
  readonly threadId?: string | undefined;
  readonly runIds?: readonly string[] | undefined;
  readonly status?: "pending" | "running" | "all" | undefined;
}

export interface RunResult {
  readonly status: RunStatus;
  /** The state's values in wire form; with `__interrupt__` when it paused. */
  readonly values: Json;
  /** `{error, message}` when it failed. */
  readonly error: JsonObject | null;
}

export interface StreamOptions {
  /** Events after this number; 0 is from the start, absent is from now on. */
  readonly after?: number | undefined;
  readonly signal: AbortSignal;
}

export interface RunService {
  /**
   * The row is committed when this returns. An answer to interrupts is read and checked before anything is
   * saved. Throws ASSISTANT_NOT_FOUND, THREAD_NOT_FOUND, THREAD_BUSY, ANSWER_INVALID, CONFLICT, GRAPH_CHANGED.
   */
  create(scope: Scope, request: RunRequest): Promise<RunRow>;
  /** `wait`: returns when the runs have ended. */
  cancel(
    scope: Scope,
    which: RunSelection,
    action: CancelAction,
    options: { wait: boolean; signal?: AbortSignal },
  ): Promise<RunRow[]>;
  /** Waits for the end of a run, also on another machine. */
  join(
    scope: Scope,
    threadId: string | undefined,
    runId: string,
    signal: AbortSignal,
  ): Promise<RunResult>;
  /**
   * Every event of a run in order, without gap or repeat, until it ends. Each reader has a cursor of its
   * own: a slow one neither slows the run nor grows memory.
   */
  stream(
    scope: Scope,
    threadId: string | undefined,
    runId: string,
    options: StreamOptions,
  ): AsyncIterable<LoggedEvent>;
  /**
   * Events of all runs of a thread, from now on (or after `after`, `<runId>:<seq>`: the rest of that run, then
   * the runs begun after it), until the signal. A thread that is not there (yet) is silent. The `end` of a run
   * comes when its row is final.
   */
  threadStream(
    scope: Scope,
    threadId: string,
    options: { after?: string | undefined; signal: AbortSignal },
  ): AsyncIterable<LoggedEvent & { readonly runId: string }>;
}
