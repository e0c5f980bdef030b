// An answer is put in once, also when the attempt that carries it dies and is begun again. LangGraph holds
// an answer in memory until the question is asked again, and gives one that was taken already to the next
// question too. So a mark is saved before the answer goes in: how many answers each asking task had taken.
// Whoever begins the run again sees which answers are still due.
import type { CheckpointTuple } from "@langchain/langgraph-checkpoint";
import { TuttiError } from "../errors.ts";
import type { JsonObject } from "../storage/index.ts";
import type { FencedSaver } from "./fenced-saver.ts";

const RESUME = "__resume__";
const INTERRUPT = "__interrupt__";
const MARK = "__answering__";

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

type Writes = NonNullable<CheckpointTuple["pendingWrites"]>;

const asks = ([, channel, value]: Writes[number], id: string): boolean =>
  channel === INTERRUPT &&
  ([value].flat() as ({ id?: string } | null)[]).some((item) => item?.id === id);

/** How many answers the task that asks has taken; undefined when no task asks it (any more). */
const takenBy = (tuples: readonly CheckpointTuple[], id: string): number | undefined => {
  for (const { pendingWrites = [] } of tuples) {
    const task = pendingWrites.find((write) => asks(write, id))?.[0];
    if (task === undefined) continue;
    return pendingWrites
      .filter(([owner, channel]) => owner === task && channel === RESUME)
      .flatMap(([, , value]) => value).length;
  }
  return undefined;
};

/** The newest checkpoints of the step the thread stands in, those of subgraphs first. */
const standing = async (
  saver: FencedSaver,
  thread: string,
  head: CheckpointTuple,
): Promise<CheckpointTuple[]> => {
  const inner: CheckpointTuple[] = [];
  const { id } = head.checkpoint;
  for await (const tuple of saver.list({ configurable: { thread_id: thread } }, { limit: 50 }))
    if (tuple.checkpoint.id > id && tuple.config.configurable?.["checkpoint_ns"] !== "")
      inner.push(tuple);
  return [...inner, head];
};

/**
 * Answers of this run that an earlier attempt claimed and no task has taken yet; undefined when no attempt
 * got that far.
 */
export const dueAnswers = async (
  saver: FencedSaver,
  head: CheckpointTuple,
  run: { readonly id: string; readonly thread: string },
  resume: Resume,
): Promise<JsonObject | undefined> => {
  const mark = head.pendingWrites?.find(([task, channel]) => task === run.id && channel === MARK);
  if (mark === undefined || !("by" in resume)) return undefined;
  const taken = mark[2] as Readonly<Record<string, number>>;
  const tuples = await standing(saver, run.thread, head);
  return Object.fromEntries(
    Object.entries(resume.by).filter(([id]) => takenBy(tuples, id) === taken[id]),
  );
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
  if (!("by" in resume)) return;
  const ids = Object.keys(resume.by);
  for (const id of ids) await claimOne(saver, run.thread, id, run.id, head);
  const tuples = await standing(saver, run.thread, head);
  const mark = Object.fromEntries(ids.map((id) => [id, takenBy(tuples, id) ?? 0]));
  const configurable = {
    thread_id: run.thread,
    checkpoint_ns: "",
    checkpoint_id: head.checkpoint.id,
    fence: run.token,
  };
  await saver.putWrites({ configurable }, [[MARK, mark]], run.id);
};
