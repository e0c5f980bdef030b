// Someone a task can be given to, as the orchestrator sees it: an agent today, a crew or a workflow
// tomorrow. Whoever it is, it is a child graph on a thread of its own.
import type { BaseCheckpointSaver, Command, StateSnapshot } from "@langchain/langgraph";
import type { RunnableConfig } from "@langchain/core/runnables";
import type { AssigneeCard, Finding, HandOver, TableProfile } from "../protocol/index.ts";
import type { TaskContext } from "./task-context.ts";

/** What the briefing says beyond the task's context. */
export interface BriefingExtras {
  /** Loaded tables, for those who query. */
  readonly tables: readonly TableProfile[];
  /** Why the attempt before this one was not accepted. */
  readonly findings: readonly Finding[];
}

/**
 * The part of a compiled LangGraph graph that running a task takes. It has no checkpointer: set one
 * (the graph belongs to the caller alone) or pass one in the config. Its `recursionLimit` is set already.
 */
export interface AssigneeGraph {
  checkpointer?: BaseCheckpointSaver | boolean | undefined;
  /** `null` goes on where the thread stands; a `Command` with `resume` answers interrupts. */
  invoke(
    input: AssigneeInput,
    config?: RunnableConfig & { durability?: "sync" | "async" | "exit" },
  ): Promise<Record<string, unknown>>;
  stream(
    input: AssigneeInput,
    config?: RunnableConfig & { streamMode?: "values" | "updates" | "messages" | "custom" },
  ): Promise<AsyncIterable<unknown>>;
  getState(config: RunnableConfig): Promise<StateSnapshot>;
}
export type AssigneeInput = Record<string, unknown> | Command | null;

export interface Assignee {
  readonly card: AssigneeCard;
  /**
   * The graph of one attempt, built the same each time, so that a new process goes on with it. Its
   * interrupts are the task's questions: values are protocol Questions of kind `task`.
   */
  graph(context: TaskContext): Promise<AssigneeGraph>;
  /** What the graph is started with. */
  input(context: TaskContext, extras: BriefingExtras): Record<string, unknown>;
  /**
   * The hand-over, from the state values of the finished graph. What the agent got wrong is a
   * hand-over with status `failed` that says so; throws only when the artifact store does.
   */
  handOver(state: Record<string, unknown>, context: TaskContext): Promise<HandOver>;
}
