// ThreadState of the API, from LangGraph's snapshot.
import type { StateSnapshot } from "@langchain/langgraph";
import type { Json, JsonObject } from "../storage/index.ts";
import { checkpointOf, publicFields, taskCheckpointOf } from "./public-config.ts";
import type { WireState } from "./thread-service.ts";
import { errorValue, toWire } from "./wire-values.ts";

type Task = StateSnapshot["tasks"][number];

const isSnapshot = (state: Task["state"]): state is StateSnapshot =>
  state !== undefined && "values" in state && "next" in state;

const messageOfError = (error: unknown): string | null =>
  error === undefined || error === null ? null : errorValue(error).message;

const taskOf = (task: Task, tenant: string): JsonObject => ({
  id: task.id,
  name: task.name,
  path: toWire(task.path),
  error: messageOfError(task.error),
  interrupts: toWire(task.interrupts),
  checkpoint: isSnapshot(task.state) ? null : taskCheckpointOf(task.state, tenant),
  state: isSnapshot(task.state) ? wireState(task.state, tenant) : null,
  result: toWire(task.result ?? null),
});

/** The thread's id is the one it is read by: a copy keeps the checkpoints of its original. */
const metadataOf = ({ metadata, config }: StateSnapshot, tenant: string): JsonObject => {
  const { checkpoint_ns, ...rest } = publicFields(metadata ?? {}, tenant);
  const thread = checkpointOf(config, tenant)?.["thread_id"];
  return {
    ...(toWire(rest) as JsonObject),
    ...(checkpoint_ns === undefined || checkpoint_ns === ""
      ? {}
      : { checkpoint_ns: checkpoint_ns as Json }),
    ...(thread === undefined ? {} : { thread_id: thread }),
  };
};

export const wireState = (snapshot: StateSnapshot, tenant: string): WireState => ({
  values: toWire(snapshot.values ?? {}),
  next: snapshot.next,
  tasks: snapshot.tasks.map((task) => taskOf(task, tenant)),
  ...(snapshot.metadata === undefined ? {} : { metadata: metadataOf(snapshot, tenant) }),
  created_at: snapshot.createdAt === undefined ? null : new Date(snapshot.createdAt).toISOString(),
  checkpoint: checkpointOf(snapshot.config, tenant),
  parent_checkpoint: checkpointOf(snapshot.parentConfig, tenant),
});

/** Of a thread that no graph has run on. */
export const EMPTY_STATE: WireState = {
  values: {},
  next: [],
  tasks: [],
  created_at: null,
  checkpoint: null,
  parent_checkpoint: null,
};
