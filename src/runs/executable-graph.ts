// The part of a compiled LangGraph graph that running it takes.
import type { RunnableConfig } from "@langchain/core/runnables";
import type { BaseCheckpointSaver, Command, StateSnapshot } from "@langchain/langgraph";

export type Saver = BaseCheckpointSaver<string | number>;

export interface ExecutableGraph {
  readonly nodes: Readonly<Record<string, unknown>>;
  stream(
    input: Record<string, unknown> | Command | null,
    config: RunnableConfig & {
      streamMode: ("custom" | "updates")[];
      durability: "sync" | "async" | "exit";
    },
  ): Promise<AsyncIterable<unknown>>;
  getState(config: RunnableConfig): Promise<StateSnapshot>;
}

/** Whether a loaded module exports something that can be run. */
export const isExecutableGraph = (value: unknown): value is ExecutableGraph =>
  value !== null &&
  typeof value === "object" &&
  "stream" in value &&
  "getState" in value &&
  "nodes" in value;

/**
 * The config of a thread: the host's saver per call, so that a shared graph is never mutated, and
 * strict resume, so that an answer lands on the question it names or nowhere.
 */
export const threadConfig = (saver: Saver | undefined, threadId: string): RunnableConfig => ({
  configurable: {
    thread_id: threadId,
    ...(saver === undefined ? {} : { __pregel_checkpointer: saver }),
    __pregel_strict_resume: true,
  },
});
