// How a thread stands, as its record keeps it.
import type { StateSnapshot } from "@langchain/langgraph";
import type { CheckpointTuple } from "@langchain/langgraph-checkpoint";
import type { JsonObject, ThreadSummary } from "../storage/index.ts";
import { toWire } from "./wire-values.ts";

/** Open interrupts by task. Until its step ends LangGraph lists answered ones too; those are left out. */
export const openInterrupts = (snapshot: StateSnapshot): ThreadSummary["interrupts"] =>
  Object.fromEntries(
    snapshot.tasks
      .filter(({ result, interrupts }) => result === undefined && interrupts.length > 0)
      .map(({ id, interrupts }) => [id, toWire(interrupts) as readonly JsonObject[]]),
  );

/** `next` empty is no proof of an end, and a pause between two steps has no interrupt: both are asked. */
export const summaryOf = (
  snapshot: StateSnapshot,
  error: JsonObject | null = null,
): ThreadSummary => {
  const interrupts = openInterrupts(snapshot);
  const isWaiting = Object.keys(interrupts).length > 0 || snapshot.next.length > 0;
  return {
    status: error === null ? (isWaiting ? "interrupted" : "idle") : "error",
    values: toWire(snapshot.values ?? {}),
    interrupts,
    error,
  };
};

const isInternal = (channel: string): boolean => /^(?:branch:|join:|__)/.test(channel);

/** The same from the record alone, for a thread whose place the deployed graph does not have. */
export const summaryOfTuple = (tuple: CheckpointTuple): ThreadSummary => {
  const interrupts: Record<string, JsonObject[]> = {};
  for (const [task, channel, value] of tuple.pendingWrites ?? []) {
    if (channel === "__interrupt__") interrupts[task] = toWire([value].flat()) as JsonObject[];
  }
  const values = Object.entries(tuple.checkpoint.channel_values).filter(
    ([name]) => !isInternal(name),
  );
  return {
    status: "interrupted",
    values: toWire(Object.fromEntries(values)),
    interrupts,
    error: null,
  };
};
