// Tells whoever watches the run of every call: its use, its repetitions, its text as it comes.
import { isGraphBubbleUp } from "@langchain/langgraph";
import { ToolFailure } from "../protocol/index.ts";
import type { ModelMeter } from "../ports/index.ts";
import type { CallContext, Guard, ModelCall, ModelPart } from "./guard.ts";
import { usageOfParts } from "./model-usage.ts";

export const recorded = (meter: ModelMeter): Guard => ({
  name: "recorded",
  async *model(call, context, next) {
    const { taskId } = context;
    if (call.attempt > 1) {
      const reason = call.retryReason ?? "unknown";
      context.emit({ type: "model-retry", taskId, attempt: call.attempt, reason });
    }
    const parts: ModelPart[] = [];
    for await (const part of next(call)) {
      parts.push(part);
      if ("chunk" in part && part.chunk.text !== "") {
        context.emit({ type: "model-delta", taskId, text: part.chunk.text });
      }
      yield part;
    }
    emitUsage(call, parts, meter, context);
  },
  async tool(call, context, next) {
    const { taskId } = context;
    const { name: tool } = call.tool;
    context.emit({ type: "tool-start", taskId, tool });
    try {
      const result = await next(call);
      context.emit({ type: "tool-end", taskId, tool, ok: !isFailure(result) });
      return result;
    } catch (error) {
      // A question to a person is no end: the tool starts again when it is answered.
      if (!isGraphBubbleUp(error)) context.emit({ type: "tool-end", taskId, tool, ok: false });
      throw error;
    }
  },
});

const emitUsage = (
  call: ModelCall,
  parts: readonly ModelPart[],
  meter: ModelMeter,
  context: CallContext,
): void => {
  const used = usageOfParts(parts) ?? { inputTokens: 0, outputTokens: 0 };
  const price = meter.cost(call.model, used);
  const cost = price.known ? { costEur: price.microEur / 1e6 } : {};
  const { inputTokens, outputTokens } = used;
  const usage = { inputTokens, outputTokens, ...cost, calls: 1 };
  context.emit({ type: "usage", taskId: context.taskId, usage });
};

/** Tools answer a failure as a result, for the model to react to. */
const isFailure = (result: unknown): boolean => {
  if (typeof result === "object" && result !== null) {
    if ("status" in result && result.status === "error") return true;
    if ("content" in result) return isFailure(result.content);
  }
  if (typeof result !== "string" || !result.startsWith('{"error"')) return false;
  try {
    return ToolFailure.safeParse(JSON.parse(result)).success;
  } catch (error) {
    if (error instanceof SyntaxError) return false; // text that only looks like it
    throw error;
  }
};
