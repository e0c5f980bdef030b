// Executes a thread until it ends or pauses, and says how. One door for every host: command line,
// server, worker.
import { Command, type StateSnapshot } from "@langchain/langgraph";
import { readAnswer } from "../governance/index.ts";
import { asTuttiError, TuttiError } from "../errors.ts";
import { RunEvent } from "../protocol/index.ts";
import { type ExecutableGraph, type Saver, threadConfig } from "./executable-graph.ts";
import { type OpenQuestion, openQuestions } from "./open-questions.ts";

export interface RunEnd {
  /** `waiting`: for a person; `limit`: at a budget; `paused`: stopped by the signal, goes on when resumed. */
  status: "finished" | "failed" | "waiting" | "limit" | "paused";
  questions: OpenQuestion[];
  values: Record<string, unknown>;
  error?: TuttiError;
}

export interface Execution {
  graph: ExecutableGraph;
  /** Absent where the graph keeps its own, as on a server. */
  saver: Saver | undefined;
  threadId: string;
  signal?: AbortSignal | undefined;
  onEvent?: ((event: RunEvent) => void) | undefined;
  /** More for `configurable`, e.g. a fence. */
  configurable?: Record<string, unknown> | undefined;
}

/** Answers by the interrupt's id. */
export type Answers = Readonly<Record<string, unknown>>;

const configOf = ({ saver, threadId, signal, configurable }: Execution) => {
  const config = threadConfig(saver, threadId);
  return {
    ...config,
    // Limits of time count from here: days in which a person was asked are not work.
    configurable: { ...configurable, ...config.configurable, started_at: Date.now() },
    ...(signal === undefined ? {} : { signal }),
  };
};

/** A deploy may have removed the node a thread stands at; LangGraph alone would end it in silence. */
const refuseChangedGraph = (graph: ExecutableGraph, state: StateSnapshot): void => {
  const gone = state.next.filter((node) => !Object.hasOwn(graph.nodes, node));
  if (gone.length === 0) return;
  throw new TuttiError(
    "GRAPH_CHANGED",
    `the thread stands at ${gone.join(", ")}, which this version of the graph does not have`,
    { hint: "deploy the version it began with, or start a new thread; nothing has changed" },
  );
};

/** Where the thread stands. */
export const stateOf = (execution: Execution): Promise<StateSnapshot> =>
  execution.graph.getState(threadConfig(execution.saver, execution.threadId));

const kindOfPause = (questions: readonly OpenQuestion[]): RunEnd["status"] => {
  const kinds = questions.map(({ payload }) => payload?.kind);
  if (kinds.every((kind) => kind === "limit")) return "limit";
  return kinds.every((kind) => kind === "failure") ? "failed" : "waiting";
};

const failureOf = (questions: readonly OpenQuestion[]): TuttiError | undefined => {
  const payload = questions.find((question) => question.payload?.kind === "failure")?.payload;
  const { code, message } = payload?.actionRequests[0]?.args ?? {};
  return payload === undefined
    ? undefined
    : asTuttiError(
        new TuttiError(code as TuttiError["code"], String(message), {
          hint: "mend the cause, then resume the thread: it goes on where it stands",
          retryable: true,
        }),
      );
};

/** How the thread stands, after a run or at any time. `next: []` alone does not prove that it finished. */
export const endOf = (state: StateSnapshot): RunEnd => {
  const values = state.values as Record<string, unknown>;
  const questions = openQuestions(state);
  if (questions.length > 0) {
    const status = kindOfPause(questions);
    const error = status === "failed" ? failureOf(questions) : undefined;
    return { status, questions, values, ...(error === undefined ? {} : { error }) };
  }
  if (state.next.length > 0) return { status: "paused", questions, values };
  const outcome = values["outcome"] as
    | { status: "finished" | "failed"; message: string; code?: string; hint?: string }
    | null
    | undefined;
  if (outcome?.status === "failed") {
    const hint = outcome.hint === undefined ? {} : { hint: outcome.hint };
    const error = new TuttiError(
      (outcome.code ?? "INTERNAL") as TuttiError["code"],
      outcome.message,
      hint,
    );
    return { status: "failed", questions, values, error };
  }
  return { status: "finished", questions, values };
};

const consume = async (
  execution: Execution,
  input: Record<string, unknown> | Command | null,
): Promise<RunEnd> => {
  const { graph, signal, onEvent } = execution;
  try {
    const chunks = await graph.stream(input, {
      ...configOf(execution),
      streamMode: ["custom", "updates"],
      // Effects of a step must not run before the step before it is saved.
      durability: "sync",
    });
    for await (const chunk of chunks) {
      if (!Array.isArray(chunk) || chunk[0] !== "custom") continue;
      const event = RunEvent.safeParse(chunk[1]);
      if (event.success) onEvent?.(event.data);
    }
  } catch (caught) {
    if (signal?.aborted === true) return { ...endOf(await stateOf(execution)), status: "paused" };
    const state = await stateOf(execution);
    return {
      status: "failed",
      questions: openQuestions(state),
      values: state.values as Record<string, unknown>,
      error: asTuttiError(caught),
    };
  }
  return endOf(await stateOf(execution));
};

/** Starts a thread, or tells a finished one something new. */
export const start = async (
  execution: Execution,
  input: Record<string, unknown>,
): Promise<RunEnd> => {
  const state = await stateOf(execution);
  refuseChangedGraph(execution.graph, state);
  if (state.next.length > 0)
    throw new TuttiError("THREAD_BUSY", "the thread is not finished: it waits or was stopped", {
      hint: "`tutti resume` goes on with it",
    });
  return await consume(execution, input);
};

/** Goes on with a thread that was stopped or whose process died. */
export const proceed = async (execution: Execution): Promise<RunEnd> => {
  const state = await stateOf(execution);
  refuseChangedGraph(execution.graph, state);
  if (openQuestions(state).length > 0 || state.next.length === 0) return endOf(state);
  return await consume(execution, null);
};

/**
 * Answers open questions. Everything is checked before anything is saved: a bad answer throws
 * ANSWER_INVALID, an answer to nothing THREAD_NOT_PAUSED, and the thread stays as it was.
 */
export const answer = async (execution: Execution, answers: Answers): Promise<RunEnd> => {
  const state = await stateOf(execution);
  refuseChangedGraph(execution.graph, state);
  const open = openQuestions(state);
  if (open.length === 0)
    throw new TuttiError("THREAD_NOT_PAUSED", "the thread asks nothing: there is no open question");
  const resume = Object.entries(answers).map(([id, raw]): [string, unknown] => {
    const question = open.find(({ interruptId }) => interruptId === id);
    if (question === undefined)
      throw new TuttiError("ANSWER_INVALID", `the thread does not ask ${id} (any more)`, {
        hint: "look at its open questions again: this one was answered or asked anew",
      });
    return [id, question.payload === undefined ? raw : readAnswer(question.payload, raw)];
  });
  return await consume(execution, new Command({ resume: Object.fromEntries(resume) }));
};
