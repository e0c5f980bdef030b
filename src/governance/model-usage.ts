// What a model says it used, and the answer itself for when it does not say.
import type { BaseMessage } from "@langchain/core/messages";
import type { ChatGenerationChunk } from "@langchain/core/outputs";
import type { TokenUsage } from "../ports/index.ts";
import type { ModelPart } from "./guard.ts";

/** The use an answer reports; undefined when the server does not count. */
export const usageOfParts = (parts: readonly ModelPart[]): TokenUsage | undefined => {
  const said = parts.flatMap((part) =>
    "chunk" in part
      ? (usageOf(part.chunk.message) ?? [])
      : part.result.generations.flatMap(({ message }) => usageOf(message) ?? []),
  );
  // Pieces of a stream add up: some providers report at the start and at the end.
  return said.length === 0 ? undefined : said.reduce(addUsage);
};

/** The messages of an answer, pieces put together. */
export const answerOfParts = (parts: readonly ModelPart[]): BaseMessage[] => {
  const chunks = parts.flatMap((part) => ("chunk" in part ? [part.chunk] : []));
  const whole = chunks.reduce<ChatGenerationChunk | undefined>(
    (all, chunk) => (all === undefined ? chunk : all.concat(chunk)),
    undefined,
  );
  if (whole !== undefined) return [whole.message];
  return parts.flatMap((part) =>
    "result" in part ? part.result.generations.map(({ message }) => message) : [],
  );
};

const usageOf = (message: BaseMessage): TokenUsage | undefined => {
  if (!("usage_metadata" in message)) return undefined;
  const found = message.usage_metadata as
    | {
        input_tokens?: number;
        output_tokens?: number;
        input_token_details?: { cache_read?: number };
      }
    | undefined;
  // A server that does not count leaves the object empty.
  if (found?.input_tokens === undefined && found?.output_tokens === undefined) return undefined;
  return {
    inputTokens: found.input_tokens ?? 0,
    outputTokens: found.output_tokens ?? 0,
    cachedTokens: found.input_token_details?.cache_read ?? 0,
  };
};

const addUsage = (a: TokenUsage, b: TokenUsage): TokenUsage => ({
  inputTokens: a.inputTokens + b.inputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  cachedTokens: (a.cachedTokens ?? 0) + (b.cachedTokens ?? 0),
});
