// An answer is put in once, also when the attempt that carries it dies and is begun again. LangGraph adds an
// answer to those given before, so giving it twice would answer the next question too. Before the answer a
// mark is saved that says how many there were; whoever begins the run again sees whether one has come.
import type { CheckpointTuple } from "@langchain/langgraph-checkpoint";
import { TuttiError } from "../errors.ts";
import type { JsonObject } from "../storage/index.ts";
import type { FencedSaver } from "./fenced-saver.ts";

const RESUME = "__resume__";
const INTERRUPT = "__interrupt__";
const MARK = "__answering__";
const NO_TASK = "00000000-0000-0000-0000-000000000000";

/** Answers by interrupt id, or one for whatever asks next. */
export type Resume = { readonly by: JsonObject } | { readonly value: unknown };

/** Whether answers name the interrupts they are for. */
export const isResumeMap = (value: unknown): value is JsonObject =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  Object.keys(value).length > 0 &&
  Object.keys(value).every((key) => /^[0-9a-f]{32}$/.test(key));

export const resumeOf = (value: unknown): Resume =>
  isResumeMap(value) ? { by: value } : { value };

/** The one answer to the one question of a thread; undefined where there are more, or were before. */
export const onlyAnswer = (
  { pendingWrites = [] }: CheckpointTuple,
  resume: Resume,
): { readonly value: unknown } | undefined => {
  const asked = pendingWrites.filter(([, channel]) => channel === INTERRUPT);
  const isFirst = !pendingWrites.some(([, channel]) => channel === RESUME);
  if (asked.length !== 1 || !isFirst) return undefined;
  if (!("by" in resume)) return resume;
  const [value, ...others] = Object.values(resume.by);
  return others.length > 0 ? undefined : { value };
};

const tasksOf = (resume: Resume): string[] => ("by" in resume ? Object.keys(resume.by) : [NO_TASK]);

/** What the given answers are put after. */
const answersBefore = ({ pendingWrites = [] }: CheckpointTuple, resume: Resume): string => {
  const tasks = tasksOf(resume);
  const given = pendingWrites.filter(
    ([task, channel]) => channel === RESUME && tasks.includes(task),
  );
  return JSON.stringify(given.map(([task, , value]) => [task, value]).sort());
};

/** Whether an attempt of this run has put the answer in already. */
export const isAnswered = (head: CheckpointTuple, runId: string, resume: Resume): boolean => {
  const mark = head.pendingWrites?.find(([task, channel]) => task === runId && channel === MARK);
  return mark !== undefined && mark[2] !== answersBefore(head, resume);
};

const payloadOf = (head: CheckpointTuple, id: string): { value: unknown } | undefined =>
  head.pendingWrites
    ?.filter(([, channel]) => channel === INTERRUPT)
    .flatMap(([, , value]) => [value].flat() as ({ id?: string; value: unknown } | null)[])
    .find((item) => item?.id === id) ?? undefined;

const claimOne = async (
  saver: FencedSaver,
  thread: string,
  id: string,
  by: string,
  head: CheckpointTuple,
): Promise<void> => {
  const asked = payloadOf(head, id);
  const conflict = (cause?: unknown): TuttiError =>
    new TuttiError("CONFLICT", `interrupt ${id} is not open any more`, {
      hint: "look at the thread's interrupts again: this one was answered or asked anew",
      ...(cause === undefined ? {} : { cause }),
    });
  if (asked === undefined) throw conflict();
  const hashOf = (payload: unknown): string => JSON.stringify(payload) ?? "undefined";
  try {
    await saver.claim({ thread, interrupt: id, hash: hashOf(asked.value), by, hashOf });
  } catch (error) {
    if ((error as { code?: unknown }).code === "CHECKPOINT_CONFLICT") throw conflict(error);
    throw error;
  }
};

/**
 * Takes the interrupts for this run and marks where its answers go. Throws CONFLICT when another answer was
 * first.
 */
export const claimAnswers = async (
  saver: FencedSaver,
  head: CheckpointTuple,
  run: { readonly id: string; readonly thread: string; readonly token: number },
  resume: Resume,
): Promise<void> => {
  if ("by" in resume)
    for (const id of Object.keys(resume.by)) await claimOne(saver, run.thread, id, run.id, head);
  const configurable = {
    thread_id: run.thread,
    checkpoint_ns: "",
    checkpoint_id: head.checkpoint.id,
    fence: run.token,
  };
  await saver.putWrites({ configurable }, [[MARK, answersBefore(head, resume)]], run.id);
};
