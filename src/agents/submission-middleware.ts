// Ends an agent's loop at a valid submission, and bounds how long it may take to get there:
//   submission accepted, twice refused, or no model calls left -> end
//   prose, or a tool call that is no JSON -> one reminder -> end
import { AIMessage, type BaseMessage, HumanMessage } from "@langchain/core/messages";
import { createMiddleware } from "langchain";
import { type OutputKind, submitToolFor } from "../protocol/index.ts";
import { acceptedSubmission, rejectedSubmissions } from "./submission.ts";
import { countModelCalls, countReminders, readCalls } from "./transcript.ts";

/** A refused submission may be repaired once. */
export const MAX_REFUSALS = 2;
export const MAX_REMINDERS = 1;

export interface LoopBounds {
  readonly kind: OutputKind;
  readonly modelCalls: number;
}

const isOver = (messages: readonly BaseMessage[], { kind, modelCalls }: LoopBounds): boolean => {
  const calls = readCalls(messages);
  return (
    acceptedSubmission(kind, calls) !== undefined ||
    rejectedSubmissions(kind, calls).length >= MAX_REFUSALS ||
    countModelCalls(messages) >= modelCalls
  );
};

const reminder = (kind: OutputKind, malformed: boolean): HumanMessage =>
  new HumanMessage(
    malformed
      ? `Your tool call was no valid JSON and was not run. Send it again, complete and well-formed.`
      : `Only a call of ${submitToolFor(kind)} ends the task; text alone is not handed over. Submit now, ` +
          `or go on with your tools. If the task cannot be done, say why in one sentence.`,
  );

/**
 * A malformed call cannot stay in the conversation: providers want an answer to each call. The
 * message is replaced, under the same id, by one that says what was there.
 */
const withoutMalformedCalls = (message: AIMessage): AIMessage =>
  new AIMessage({
    ...(message.id === undefined ? {} : { id: message.id }),
    content: [message.text, "(a tool call that was no valid JSON)"].filter(Boolean).join("\n"),
    ...(message.usage_metadata === undefined ? {} : { usage_metadata: message.usage_metadata }),
    response_metadata: message.response_metadata,
  });

const remind = (messages: readonly BaseMessage[], bounds: LoopBounds) => {
  const last = messages.at(-1);
  if (!AIMessage.isInstance(last) || (last.tool_calls ?? []).length > 0) return undefined;
  if (countReminders(messages) >= MAX_REMINDERS || countModelCalls(messages) >= bounds.modelCalls)
    return undefined;
  const malformed = (last.invalid_tool_calls ?? []).length > 0;
  return {
    messages: [
      ...(malformed ? [withoutMalformedCalls(last)] : []),
      reminder(bounds.kind, malformed),
    ],
    jumpTo: "model" as const,
  };
};

export const submissionMiddleware = (bounds: LoopBounds) =>
  createMiddleware({
    name: "submission",
    beforeModel: {
      canJumpTo: ["end"],
      hook: ({ messages }) => (isOver(messages, bounds) ? { jumpTo: "end" as const } : undefined),
    },
    afterModel: {
      canJumpTo: ["model"],
      hook: ({ messages }) => remind(messages, bounds),
    },
  });
