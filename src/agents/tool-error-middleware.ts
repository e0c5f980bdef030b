// What becomes of an exception in a tool: an answer for the model to react to, unless it concerns the run.
import { ToolMessage } from "@langchain/core/messages";
import { isGraphBubbleUp } from "@langchain/langgraph";
import { createMiddleware } from "langchain";
import { type ErrorCode, messageOf, TuttiError } from "../errors.ts";
import type { ToolFailure } from "../protocol/index.ts";

/** Errors that are no tool's business: the run pauses, stops or fails by them. */
const RUN_ERRORS: readonly ErrorCode[] = [
  "LIMIT_REACHED",
  "CANCELLED",
  "MODEL_AUTH",
  "MODEL_UNAVAILABLE",
  "CHECKPOINT_CONFLICT",
  "CHECKPOINT_INVALID",
  "DATABASE",
  "INTERNAL",
];

/** A tool's exception as an answer that the model can react to; throws what is not a tool's own failure. */
const failureMessage = (
  error: unknown,
  call: { id?: string | undefined; name: string },
): ToolMessage => {
  if (isGraphBubbleUp(error)) throw error;
  const known = error instanceof TuttiError;
  if (known && RUN_ERRORS.includes(error.code)) throw error;
  const failure: ToolFailure = {
    error: {
      code: known ? error.code : "TOOL_FAILED",
      message: messageOf(error),
      ...(known && error.hint !== undefined ? { hint: error.hint } : {}),
    },
  };
  return new ToolMessage({
    name: call.name,
    tool_call_id: call.id ?? "",
    content: JSON.stringify(failure),
    status: "error",
  });
};

export const toolErrorMiddleware = (signal: AbortSignal | undefined) =>
  createMiddleware({
    name: "tool-errors",
    wrapToolCall: async (request, handler) => {
      try {
        return await handler(request);
      } catch (error) {
        if (signal?.aborted === true) throw error;
        return failureMessage(error, request.toolCall);
      }
    },
  });
