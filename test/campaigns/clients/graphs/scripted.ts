// A model that says what it is told to, piece by piece, as slowly as one that thinks.
import { setTimeout as wait } from "node:timers/promises";
import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessageChunk, type BaseMessage } from "@langchain/core/messages";
import { ChatGenerationChunk, type ChatResult } from "@langchain/core/outputs";
import { MessagesZodMeta } from "@langchain/langgraph";
import { withLangGraph } from "@langchain/langgraph/zod";
import { z } from "zod";

const BETWEEN_PIECES_MS = 60;

export const Conversation = z.object({
  messages: withLangGraph(z.custom<BaseMessage[]>(), MessagesZodMeta),
});

interface Call {
  readonly id: string;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

class Scripted extends BaseChatModel {
  readonly #chunks: readonly AIMessageChunk[];

  constructor(chunks: readonly AIMessageChunk[]) {
    super({});
    this.#chunks = chunks;
  }

  _llmType(): string {
    return "scripted";
  }

  async _generate(): Promise<ChatResult> {
    const message = this.#chunks.reduce((left, right) => left.concat(right));
    return { generations: [{ text: message.text, message }] };
  }

  override async *_streamResponseChunks(
    _messages: BaseMessage[],
    { signal }: this["ParsedCallOptions"],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    for (const message of this.#chunks) {
      await wait(BETWEEN_PIECES_MS, undefined, { signal });
      const chunk = new ChatGenerationChunk({ message, text: message.text });
      yield chunk;
      await runManager?.handleLLMNewToken(chunk.text, undefined, undefined, undefined, undefined, {
        chunk,
      });
    }
  }
}

/** Says the pieces, then asks for the tool. */
export const saying = (pieces: readonly string[], call?: Call): BaseChatModel => {
  const chunks = pieces.map((content) => new AIMessageChunk({ content }));
  if (call !== undefined)
    chunks.push(
      new AIMessageChunk({
        content: "",
        tool_call_chunks: [
          { index: 1, id: call.id, name: call.name, args: JSON.stringify(call.args) },
        ],
      }),
    );
  return new Scripted(chunks);
};

/** Pieces of a text, blanks kept. */
export const pieces = (text: string): string[] => text.match(/\S+\s*/g) ?? [];
