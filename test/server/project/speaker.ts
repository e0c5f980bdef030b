// A scripted model that streams; says afterwards what it was configured with.
import { AIMessageChunk, type BaseMessage } from "@langchain/core/messages";
import { FakeStreamingChatModel } from "@langchain/core/utils/testing";
import { END, MessagesZodMeta, START, StateGraph } from "@langchain/langgraph";
import { withLangGraph } from "@langchain/langgraph/zod";
import { z } from "zod";

const Spoken = z.object({
  messages: withLangGraph(z.custom<BaseMessage[]>(), MessagesZodMeta),
  voice: z.string().optional(),
  audience: z.string().optional(),
});

const model = new FakeStreamingChatModel({
  chunks: ["good ", "morning"].map((content) => new AIMessageChunk({ id: "m", content })),
});

export const graph = new StateGraph(Spoken, z.object({ audience: z.string().optional() }))
  .addNode("speak", async ({ messages }, { configurable, context }) => ({
    messages: [await model.invoke(messages)],
    voice: (configurable as { voice?: string } | undefined)?.voice,
    audience: context?.audience,
  }))
  .addEdge(START, "speak")
  .addEdge("speak", END)
  .compile();
