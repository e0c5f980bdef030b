// A task is a graph on a thread of its own: it has its own checkpoints, its questions do not hold back
// its siblings, and after a crash it goes on from its own last step.
import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
import {
  type BaseCheckpointSaver,
  Command,
  type LangGraphRunnableConfig,
} from "@langchain/langgraph";
import { TuttiError } from "../errors.ts";
import type { AssigneeGraph } from "../ports/index.ts";
import { childThreadId, threadOf } from "./run-context.ts";

export type ChildEnd =
  | { kind: "question"; interruptId: string; value: unknown; checkpoint: string | null }
  | { kind: "finished"; values: Record<string, unknown>; checkpoint: string | null };

interface ChildRun {
  graph: AssigneeGraph;
  thread: string;
  input: Record<string, unknown>;
  /** The answer to the question the child stands at. */
  answer?: { interruptId: string; value: unknown } | undefined;
  /** Config of the parent's node: lends its checkpointer, fence and signal. */
  parent: LangGraphRunnableConfig;
}

/** The checkpoint saver that the host gave the run; undefined without one. */
const saverOf = (config: LangGraphRunnableConfig): BaseCheckpointSaver | undefined => {
  const saver: unknown = config.configurable?.["__pregel_checkpointer"];
  return saver === undefined || saver === false ? undefined : (saver as BaseCheckpointSaver);
};

/**
 * The first attempt, from `from` on, whose thread is unused. Attempts count up, so it is `from` itself,
 * unless the run was taken back to an earlier checkpoint: then the threads of the branch that was left
 * are not touched, and their results never taken for those of the new one.
 */
export const unusedAttempt = async (
  config: LangGraphRunnableConfig,
  taskId: string,
  from: number,
): Promise<number> => {
  const saver = saverOf(config);
  for (let attempt = from; ; attempt += 1) {
    const thread = childThreadId(threadOf(config), taskId, attempt);
    const configurable = { thread_id: thread, checkpoint_ns: "" };
    if ((await saver?.getTuple({ configurable })) === undefined) return attempt;
  }
};

/** The parent's configurable without LangGraph's bookkeeping, which would tie the child to the parent. */
const inheritable = (configurable: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(configurable).filter(
      ([key]) => !key.startsWith("__pregel_") && !key.startsWith("checkpoint_"),
    ),
  );

const childConfig = ({ parent, thread }: ChildRun): LangGraphRunnableConfig => {
  const configurable = parent.configurable ?? {};
  const saver = saverOf(parent);
  if (saver === undefined)
    throw new TuttiError("USAGE", "the orchestrator needs a checkpointer to run its tasks", {
      hint: "run it through tutti, a LangGraph server, or compile with a saver of your own",
    });
  return {
    configurable: {
      ...inheritable(configurable),
      thread_id: thread,
      __pregel_checkpointer: saver,
      __pregel_strict_resume: true,
    },
    ...(parent.signal === undefined ? {} : { signal: parent.signal }),
  };
};

/** What the child is to be invoked with, by where its thread stands; undefined when it has ended. */
const nextInput = async (
  child: ChildRun,
  config: LangGraphRunnableConfig,
): Promise<Record<string, unknown> | Command | null | undefined> => {
  const state = await child.graph.getState(config);
  const started = state.config.configurable?.["checkpoint_id"] !== undefined;
  if (!started) return child.input;
  const pending = state.tasks.flatMap((task) => task.interrupts);
  if (pending.length > 0) {
    const { answer } = child;
    const asked = pending.some((interrupt) => interrupt.id === answer?.interruptId);
    // Without an answer the child runs into its question again and reports it.
    return answer !== undefined && asked
      ? new Command({ resume: { [answer.interruptId]: answer.value } })
      : null;
  }
  return state.next.length > 0 ? null : undefined;
};

const endOf = async (child: ChildRun, config: LangGraphRunnableConfig): Promise<ChildEnd> => {
  const state = await child.graph.getState(config);
  const at: unknown = state.config.configurable?.["checkpoint_id"];
  const checkpoint = typeof at === "string" ? at : null;
  const [interrupt] = state.tasks.flatMap((task) => task.interrupts);
  if (interrupt?.id !== undefined)
    return { kind: "question", interruptId: interrupt.id, value: interrupt.value, checkpoint };
  if (state.next.length > 0)
    throw new TuttiError(
      "INTERNAL",
      `the thread ${child.thread} stopped before ${state.next.join()}`,
    );
  return { kind: "finished", values: state.values as Record<string, unknown>, checkpoint };
};

/** Starts the child, or goes on where it stood; a finished one is not run again. */
export const runChild = (child: ChildRun): Promise<ChildEnd> => {
  const config = childConfig(child);
  const run = async (): Promise<ChildEnd> => {
    const input = await nextInput(child, config);
    if (input !== undefined) await child.graph.invoke(input, { ...config, durability: "sync" });
    return await endOf(child, config);
  };
  // Without this LangGraph would take the child for a subgraph of the node it is called in.
  return AsyncLocalStorageProviderSingleton.runWithConfig({}, run, true);
};
