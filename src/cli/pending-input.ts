// What a thread was told is kept in its record until a checkpoint holds it. A process that is killed in
// between has lost nothing: resume finds it and begins there.
import type { StateSnapshot } from "@langchain/langgraph";
import type { ThreadRecord } from "../storage/index.ts";

const messageIds = (input: Readonly<Record<string, unknown>>): unknown[] => {
  const { messages } = input;
  return Array.isArray(messages) ? messages.map((one: { id?: unknown }) => one.id) : [];
};

/** The input that no checkpoint of the thread holds yet, or undefined. */
export const pendingInput = (
  { input }: Pick<ThreadRecord, "input">,
  state: Pick<StateSnapshot, "config" | "values">,
): Readonly<Record<string, unknown>> | undefined => {
  if (input === null) return undefined;
  if (state.config.configurable?.["checkpoint_id"] === undefined) return input;
  const saved = new Set(messageIds(state.values as Record<string, unknown>));
  return messageIds(input).every((id) => saved.has(id)) ? undefined : input;
};
