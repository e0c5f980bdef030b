// The config that a thread's state is read and changed with: the host's saver per call, and what a graph
// that is made for each use reads of the thread's own config.
import type { RunnableConfig } from "@langchain/core/runnables";
import type { JsonObject } from "../storage/index.ts";
import type { Saver } from "./executable-graph.ts";
import { fieldsOf } from "./run-config.ts";
import type { CheckpointRef } from "./thread-service.ts";

export const readConfig = (
  saver: Saver,
  key: string,
  config: JsonObject,
  at: CheckpointRef = {},
): RunnableConfig => ({
  configurable: {
    ...fieldsOf(config["configurable"]),
    thread_id: key,
    checkpoint_ns: at.checkpointNs ?? "",
    ...(at.checkpointId === undefined ? {} : { checkpoint_id: at.checkpointId }),
    ...(at.checkpointMap === undefined ? {} : { checkpoint_map: at.checkpointMap }),
    __pregel_checkpointer: saver,
  },
});
