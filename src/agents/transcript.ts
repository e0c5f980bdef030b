// What an agent did, read off its own messages: the only record that survives a crash.
import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { ToolFailure } from "../protocol/index.ts";

/** One tool call and its answer. */
export interface Call {
  readonly tool: string;
  readonly callId: string;
  readonly args: Record<string, unknown>;
  /** Text of the answer; absent while there is none. */
  readonly answer?: string;
  /** Answered, and not with a failure. */
  readonly ok: boolean;
}

/** Text as JSON, or undefined when it is none. */
export const tryJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

const isFailure = (message: ToolMessage): boolean =>
  message.status === "error" || ToolFailure.safeParse(tryJson(message.text)).success;

/** Calls in order. Ids count within one turn only: some servers number them anew in each answer. */
export const readCalls = (messages: readonly BaseMessage[]): Call[] => {
  const calls: Call[] = [];
  let turn = 0; // index of the first call of the current turn
  for (const message of messages) {
    if (AIMessage.isInstance(message)) {
      turn = calls.length;
      for (const { name, id, args } of message.tool_calls ?? [])
        calls.push({ tool: name, callId: id ?? "", args, ok: false });
    } else if (ToolMessage.isInstance(message)) {
      const at = calls.findIndex(
        (call, index) =>
          index >= turn && call.callId === message.tool_call_id && call.answer === undefined,
      );
      const call = calls[at];
      if (call) calls[at] = { ...call, answer: message.text, ok: !isFailure(message) };
    }
  }
  return calls;
};

export const countModelCalls = (messages: readonly BaseMessage[]): number =>
  messages.filter((message) => AIMessage.isInstance(message)).length;

/** How often the agent was reminded: every human message after the first is a reminder. */
export const countReminders = (messages: readonly BaseMessage[]): number =>
  Math.max(0, messages.filter((message) => HumanMessage.isInstance(message)).length - 1);
