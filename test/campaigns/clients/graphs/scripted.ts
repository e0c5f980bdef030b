// A model that says what it is told to, piece by piece, as slowly as one that thinks.
import { randomUUID } from "node:crypto";
import { AIMessageChunk, type BaseMessage } from "@langchain/core/messages";
import { FakeStreamingChatModel } from "@langchain/core/utils/testing";
import { MessagesZodMeta } from "@langchain/langgraph";
import { withLangGraph } from "@langchain/langgraph/zod";
import { z } from "zod";

const BETWEEN_PIECES_MS = 60;

export const Conversation = z.object({
  messages: withLangGraph(z.custom<BaseMessage[]>(), MessagesZodMeta),
});

export interface Call {
  readonly id: string;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** Says the pieces, then asks for the tool. */
export const saying = (pieces: readonly string[], call?: Call): FakeStreamingChatModel => {
  const id = `said-${randomUUID()}`;
  const chunks = pieces.map((content) => new AIMessageChunk({ id, content }));
  if (call !== undefined)
    chunks.push(
      new AIMessageChunk({
        id,
        content: "",
        tool_call_chunks: [
          { index: 1, id: call.id, name: call.name, args: JSON.stringify(call.args) },
        ],
      }),
    );
  return new FakeStreamingChatModel({ chunks, sleep: BETWEEN_PIECES_MS });
};

/** Pieces of a text, blanks kept. */
export const pieces = (text: string): string[] => text.match(/\S+\s*/g) ?? [];
