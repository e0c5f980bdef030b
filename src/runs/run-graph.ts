// One attempt at a run: executes a deployed graph on a thread and says what happens in the API's events.
//
//   where the thread stands -> what goes in -> events … -> how the thread stands now
import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
import type { CheckpointTuple } from "@langchain/langgraph-checkpoint";
import { TuttiError } from "../errors.ts";
import type { Json, JsonObject, RunEnding, ThreadSummary } from "../storage/index.ts";
import { refuseMissingPlaces } from "./find-place.ts";
import { migrateThread } from "./graph-migrations.ts";
import { graphEvents } from "./graph-events.ts";
import { threadConfig } from "./executable-graph.ts";
import { claimAnswers, dueAnswers, onlyAnswer, resumeOf } from "./resume-once.ts";
import { checkpointIdOf, commandOf, durabilityOf, executionOptions } from "./run-input.ts";
import type { Attempt, RunEvent, RunGraph } from "./run-attempt.ts";
import { kwargsOf, type RunKwargs } from "./run-kwargs.ts";
import type { RunCommand } from "./run-service.ts";
import { threadKey } from "./thread-key.ts";
import { summaryOf, summaryOfTuple } from "./thread-summary.ts";
import { errorValue, wireText } from "./wire-values.ts";

export type { Attempt, RunEvent, RunGraph } from "./run-attempt.ts";

interface Start {
  readonly input: unknown;
  readonly isRepeated: boolean;
  /** Answers of an earlier attempt that no task has taken yet. */
  readonly due?: JsonObject;
}

const threadOf = ({ run }: Attempt): string => threadKey(run.tenant, run.threadId);

const tupleAt = (attempt: Attempt, id?: string): Promise<CheckpointTuple | undefined> =>
  attempt.saver.getTuple({
    configurable: {
      thread_id: threadOf(attempt),
      checkpoint_ns: "",
      ...(id === undefined ? {} : { checkpoint_id: id }),
    },
  });

/** Answers go in once, and only into a graph that still has the place they are for. */
const resumed = async (
  attempt: Attempt,
  command: RunCommand,
  head: CheckpointTuple,
): Promise<Start> => {
  const { run, saver } = attempt;
  const resume = resumeOf(command.resume);
  if (await moved(attempt, head)) {
    const only = onlyAnswer(head, resume);
    const input =
      only === undefined
        ? null
        : commandOf({ ...command, resume: only.value as Json }, attempt.deployed);
    return { input, isRepeated: true };
  }
  const owner = { id: run.id, thread: threadOf(attempt), token: run.token };
  const due = await dueAnswers(saver, head, owner, resume);
  if (due !== undefined) return { input: null, isRepeated: true, due };
  await claimAnswers(saver, head, owner, resume);
  return { input: commandOf(command, attempt.deployed), isRepeated: false };
};

/** Moves a thread that waits in nodes with new names. Throws GRAPH_CHANGED for nodes that are gone. */
const moved = async (attempt: Attempt, head: CheckpointTuple): Promise<boolean> => {
  const { run, saver, deployed } = attempt;
  const thread = { saver, key: threadOf(attempt), token: run.token };
  if (!(await refuseMissingPlaces(deployed, thread, head))) return false;
  await migrateThread(saver, thread, head, deployed.renamed);
  return true;
};

/** What the graph is started with, by where the thread stands. Throws GRAPH_CHANGED, CONFLICT. */
const begin = async (
  attempt: Attempt,
  kwargs: RunKwargs,
  head: CheckpointTuple | undefined,
): Promise<Start> => {
  const { command, input } = kwargs;
  const from = checkpointIdOf(kwargs);
  if (from !== undefined && (await tupleAt(attempt, from)) === undefined)
    throw new TuttiError("CHECKPOINT_NOT_FOUND", `the thread has no checkpoint ${from}`);
  const isOurs = (head?.metadata as { run_id?: unknown } | undefined)?.run_id === attempt.run.id;
  if (isOurs) return { input: null, isRepeated: true };
  const isAtHead = head !== undefined && from === undefined;
  if (isAtHead && command !== null && (command.resume ?? null) !== null)
    return resumed(attempt, command, head);
  if (command !== null) return { input: commandOf(command, attempt.deployed), isRepeated: false };
  if (isAtHead && input === null) await moved(attempt, head);
  return { input, isRepeated: false };
};

/** Some clients name the newest checkpoint with an answer: it is one to what is asked now, and no fork. */
const fromHead = (kwargs: RunKwargs, head: CheckpointTuple | undefined): RunKwargs => {
  const isAnswer = (kwargs.command?.resume ?? null) !== null;
  return isAnswer && head !== undefined && checkpointIdOf(kwargs) === head.checkpoint.id
    ? { ...kwargs, checkpoint: null }
    : kwargs;
};

/** A fault of the platform, not of the graph: the run goes on elsewhere, or another worker has it. */
const isFault = (error: unknown): boolean => {
  const { name, code } = error as { name?: unknown; code?: unknown };
  return name === "CheckpointError" && (code === "DATABASE" || code === "CHECKPOINT_CONFLICT");
};

/** Of whichever copy of LangGraph, which the name tells. */
const isDrained = (error: unknown): boolean =>
  (error as { name?: unknown } | undefined)?.name === "GraphDrained";

const standing = async (attempt: Attempt): Promise<ThreadSummary> => {
  const { deployed, saver } = attempt;
  const { configurable } = threadConfig(saver, threadOf(attempt));
  return summaryOf(await deployed.graph.getState({ configurable: { ...configurable } }));
};

const asError = (summary: ThreadSummary, error: ThreadSummary["error"]): ThreadSummary => ({
  ...summary,
  status: "error",
  error,
});

/** Refused before anything was saved: the thread stands as it stood. */
const refused = async (
  attempt: Attempt,
  error: TuttiError,
  head: CheckpointTuple | undefined,
): Promise<Omit<RunEnding, "delivery">> => {
  const isChanged = error.code === "GRAPH_CHANGED" && head !== undefined;
  const thread = isChanged ? summaryOfTuple(head) : await standing(attempt);
  return { status: "error", error: { ...errorValue(error) }, thread };
};

const errorEvent = (error: unknown): RunEvent => ({
  event: "error",
  data: wireText(errorValue(error)),
});

const metadataOf = (attempt: Attempt, { durability }: RunKwargs): RunEvent => {
  const { run, deployed } = attempt;
  const raised = durabilityOf(durability, deployed);
  const isRaised = durability !== null && durability !== raised;
  const data = {
    run_id: run.id,
    attempt: run.attempts,
    ...(isRaised ? { durability: raised } : {}),
  };
  return { event: "metadata", data: JSON.stringify(data) };
};

export const runGraph: RunGraph = async function* (attempt) {
  const { run, signal } = attempt;
  const request = kwargsOf(run);
  yield metadataOf(attempt, request);
  const head = await tupleAt(attempt);
  const kwargs = fromHead(request, head);
  let start: Start;
  try {
    start = await begin(attempt, kwargs, head);
  } catch (error) {
    if (!(error instanceof TuttiError)) throw error;
    yield errorEvent(error);
    return refused(attempt, error, head);
  }
  const options = executionOptions(attempt, { ...start, kwargs });
  try {
    // Whatever started the worker, be it a node of another run, is no parent of this one.
    const events = AsyncLocalStorageProviderSingleton.runWithConfig(
      {},
      () => graphEvents(attempt, kwargs, start.input, options),
      true,
    );
    yield* events;
  } catch (caught) {
    if (signal.aborted || isDrained(caught))
      return { status: "interrupted", error: null, thread: await standing(attempt) };
    if (isFault(caught)) throw caught;
    yield errorEvent(caught);
    const error = { ...errorValue(caught) };
    return { status: "error", error, thread: asError(await standing(attempt), error) };
  }
  return { status: "success", error: null, thread: await standing(attempt) };
};
