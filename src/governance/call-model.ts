/* oxlint-disable no-underscore-dangle -- LangChain's names for what a model overrides */
// The end of the chain: the call itself.
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import type { ChatGenerationChunk } from "@langchain/core/outputs";
import { AIMessageChunk } from "@langchain/core/messages";
import type { ModelCall, ModelPart } from "./guard.ts";

type Options = BaseChatModel["ParsedCallOptions"];

/** Calls the model directly: the wrapper's callbacks have been told already. */
export async function* callModel(call: ModelCall): AsyncGenerator<ModelPart> {
  const { model, signal, runManager } = call;
  const messages = [...call.messages];
  const options = { ...defaultOptionsOf(model), ...call.options } as Options;
  signal?.throwIfAborted();
  if (!call.stream) {
    yield { result: await untilAborted(model._generate(messages, options, runManager), signal) };
    return;
  }
  const number = callNumbering();
  const chunks = model._streamResponseChunks(messages, options, runManager);
  for (;;) {
    const next = await untilAborted(chunks.next(), signal);
    if (next.done === true) return;
    yield { chunk: number(next.value) };
  }
}

/** ChatOpenAI keeps what was bound with `withConfig` in a field that only its own `invoke` reads. */
const defaultOptionsOf = (model: BaseChatModel): object =>
  "defaultOptions" in model ? { ...(model.defaultOptions as object | undefined) } : {};

/** At once, also when the model does not listen to its signal. */
const untilAborted = <T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
};

/**
 * Pieces of tool calls are put together by their index. Where a model gives none, each new id gets
 * the next one; from 1, since index 0 would be merged with text that comes beside it.
 */
const callNumbering = (): ((chunk: ChatGenerationChunk) => ChatGenerationChunk) => {
  let last = 0;
  return (chunk) => {
    if (!AIMessageChunk.isInstance(chunk.message)) return chunk;
    for (const piece of chunk.message.tool_call_chunks ?? []) {
      if (piece.index !== undefined) continue;
      if (piece.id !== undefined || last === 0) last += 1;
      piece.index = last;
    }
    return chunk;
  };
};
