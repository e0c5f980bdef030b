// A double click or a retry sends an answer twice. The second one waits while the first is carried out,
// and would then answer the next question, unseen. An answer sent before its question was asked is none.
//
// Hosts like LangGraph's own server name no question in an answer, but they tell when it was sent: the
// run's id is a UUID of version 7, the id of the checkpoint that the question stands at one of version 6,
// and both hold their time of creation.
import { getConfig, type LangGraphRunnableConfig } from "@langchain/langgraph";
import { timeOfUuid } from "../time-of-uuid.ts";

/** Taken into the record in place of a late answer, so that it stays refused whenever it is read again. */
const LATE = { late: true } as const;

export const LATE_REASON =
  "it was sent before this was asked (a double click, or a retry); read this and answer again";

const wasSentBefore = ({ configurable, executionInfo }: LangGraphRunnableConfig): boolean => {
  const sent = timeOfUuid(configurable?.["run_id"]);
  const asked = timeOfUuid(executionInfo?.checkpointId);
  return sent !== undefined && asked !== undefined && sent < asked;
};

/** The answers of the running node, in the order it asks: LangGraph's own list, which a replay reads. */
const answersOf = ({ configurable }: LangGraphRunnableConfig): unknown[] =>
  (configurable?.["__pregel_scratchpad"] as { resume: unknown[] } | undefined)?.resume ?? [];

/** Whether the running node was asked something before, or is being answered now; false outside of a graph. */
export const hasAnswers = (): boolean => {
  const config: LangGraphRunnableConfig | undefined = getConfig();
  if (config === undefined) return false;
  const pad = config.configurable?.["__pregel_scratchpad"] as { nullResume?: unknown } | undefined;
  return answersOf(config).length > 0 || pad?.nullResume !== undefined;
};

/** Replaces the answer taken last in LangGraph's record of the node. */
const recordAsLate = (config: LangGraphRunnableConfig): void => {
  const answers = answersOf(config);
  answers[answers.length - 1] = LATE;
  const send = config.configurable?.["__pregel_send"] as (writes: [string, unknown][]) => void;
  send([["__resume__", answers]]);
};

const isLate = (value: unknown): boolean =>
  value !== null && typeof value === "object" && Object.keys(value).join() === "late";

/**
 * Runs `interrupt`; undefined for a late answer, now and when a later answer replays the node. (LangGraph
 * keeps the last answer that names no question, so whoever resumes with no input at all gives it anew.)
 */
export const inTime = (interrupt: () => unknown): { value: unknown } | undefined => {
  const config = getConfig();
  const known = answersOf(config).length;
  const value = interrupt();
  // The list grows only by an answer that names no question; what names one cannot hit another.
  const isNew = answersOf(config).length > known;
  if (isNew && wasSentBefore(config)) {
    recordAsLate(config);
    return undefined;
  }
  return isLate(value) ? undefined : { value };
};
