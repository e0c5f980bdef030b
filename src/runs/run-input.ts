// What a graph is started with: the request of a run in LangGraph's terms.
import type { Command, CommandParams, Send } from "@langchain/langgraph";
import engine from "@langchain/langgraph/package.json" with { type: "json" };
import type { Json, JsonObject, RunRow } from "../storage/index.ts";
import type { DeployedGraph } from "./graph-catalog.ts";
import type { LanggraphCopy } from "./langgraph-copy.ts";
import type { Attempt } from "./run-attempt.ts";
import { isReservedKey } from "./run-config.ts";
import type { RunKwargs } from "./run-kwargs.ts";
import type { Durability, RunCommand } from "./run-service.ts";
import { StampedSaver } from "./stamped-saver.ts";
import { threadKey } from "./thread-key.ts";

const LANGGRAPH = {
  langgraph_version: engine.version,
  langgraph_plan: "developer",
  langgraph_host: "self-hosted",
} as const;

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const gotoOf = (
  goto: Json | undefined,
  copy: Pick<LanggraphCopy, "Send">,
): (string | Send)[] | undefined => {
  if (goto === undefined || goto === null) return undefined;
  const places = Array.isArray(goto) ? (goto as Json[]) : [goto as Json];
  return places.map((place) =>
    isObject(place)
      ? new copy.Send(place["node"] as string, place["input"] ?? null)
      : (place as string),
  );
};

/** As an instance that the graph's own LangGraph knows. */
export const commandOf = (
  { resume, update, goto }: RunCommand,
  { langgraph }: Pick<DeployedGraph, "langgraph">,
): Command => {
  const places = gotoOf(goto, langgraph);
  return new langgraph.Command({
    ...(resume === undefined || resume === null ? {} : { resume }),
    ...(update === undefined || update === null ? {} : { update }),
    ...(places === undefined ? {} : { goto: places }),
  } as CommandParams);
};

/** The durability a run gets: `sync` wherever a node may act on the outside. */
export const durabilityOf = (
  requested: Durability | null,
  deployed: Pick<DeployedGraph, "hasEffects">,
): Durability => (deployed.hasEffects ? "sync" : (requested ?? "sync"));

/** A client's configurable without what only the host may set. */
const ownFields = (configurable: Json | undefined): JsonObject =>
  isObject(configurable)
    ? Object.fromEntries(Object.entries(configurable).filter(([key]) => !isReservedKey(key)))
    : {};

const authFields = (user: JsonObject | null): JsonObject =>
  user === null
    ? {}
    : {
        langgraph_auth_user: user,
        langgraph_auth_user_id: user["identity"] ?? null,
        langgraph_auth_permissions: user["permissions"] ?? [],
        ...(typeof user["identity"] === "string" ? { user_id: user["identity"] } : {}),
      };

/** The checkpoint a run starts from, when it names one; `thread_id` is always the run's own. */
const startFields = (kwargs: RunKwargs, isRepeated: boolean): JsonObject => {
  const { checkpoint_id, checkpoint_ns, checkpoint_map } = {
    ...ownFields(kwargs.config["configurable"]),
    ...kwargs.checkpoint,
  };
  if (isRepeated) return {};
  return {
    ...(checkpoint_id ? { checkpoint_id } : {}),
    ...(checkpoint_ns ? { checkpoint_ns } : {}),
    ...(checkpoint_map ? { checkpoint_map } : {}),
  };
};

const stampOf = (run: RunRow, thread: string): Record<string, unknown> => ({
  ...run.metadata,
  run_id: run.id,
  thread_id: thread,
  assistant_id: run.assistantId,
  graph_id: run.graphId,
  run_attempt: run.attempts,
});

/** Where the run starts: a checkpoint it names, or the thread's newest. */
export const checkpointIdOf = (kwargs: RunKwargs): string | undefined => {
  const id = startFields(kwargs, false)["checkpoint_id"];
  return typeof id === "string" ? id : undefined;
};

export interface Execution {
  readonly kwargs: RunKwargs;
  /** The run's input is in the thread already: it goes on where it stands. */
  readonly isRepeated: boolean;
  /** Answers by interrupt id that are put in without a command. */
  readonly due?: JsonObject;
}

/** Options of one execution, stream modes aside. Nothing of it is the graph's: that is shared. */
export const executionOptions = (
  { run, deployed, saver, store, signal, control }: Attempt,
  { kwargs, isRepeated, due }: Execution,
): Record<string, unknown> => {
  const { config, context } = kwargs;
  const thread = threadKey(run.tenant, run.threadId);
  const {
    checkpoint_id: _id,
    checkpoint_ns: _ns,
    checkpoint_map: _map,
    ...own
  } = ownFields(config["configurable"]);
  const stamp = stampOf(run, run.threadId);
  return {
    configurable: {
      ...own,
      ...authFields(kwargs.user),
      ...startFields(kwargs, isRepeated),
      run_id: run.id,
      thread_id: thread,
      graph_id: run.graphId,
      assistant_id: run.assistantId,
      fence: run.token,
      answer: run.id,
      graph: { id: deployed.id, version: deployed.version, topology: deployed.topology },
      started_at: run.updatedAt,
      __pregel_checkpointer: new StampedSaver(saver, stamp),
      __pregel_strict_resume: true,
      ...(due === undefined ? {} : { __pregel_resume_map: due }),
    },
    metadata: { ...stamp, thread_id: thread, ...LANGGRAPH },
    durability: durabilityOf(kwargs.durability, deployed),
    runId: run.id,
    store,
    signal,
    control,
    ...(Array.isArray(config["tags"]) ? { tags: config["tags"] } : {}),
    ...(typeof config["recursion_limit"] === "number"
      ? { recursionLimit: config["recursion_limit"] }
      : {}),
    ...(context === null ? {} : { context }),
    ...(kwargs.interruptBefore === null ? {} : { interruptBefore: kwargs.interruptBefore }),
    ...(kwargs.interruptAfter === null ? {} : { interruptAfter: kwargs.interruptAfter }),
  };
};
