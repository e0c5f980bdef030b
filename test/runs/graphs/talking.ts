// A conversation with a scripted model that streams, and a tool it calls.
import { FakeStreamingChatModel } from "@langchain/core/utils/testing";
import { AIMessageChunk, type BaseMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { END, MessagesZodMeta, START, StateGraph } from "@langchain/langgraph";
import { withLangGraph } from "@langchain/langgraph/zod";
import { z } from "zod";

export const TalkingState = z.object({
  messages: withLangGraph(z.custom<BaseMessage[]>(), MessagesZodMeta),
});

const callsTool = new FakeStreamingChatModel({
  chunks: [
    new AIMessageChunk({ id: "m1", content: "let " }),
    new AIMessageChunk({ id: "m1", content: "me" }),
    new AIMessageChunk({
      id: "m1",
      content: "",
      tool_call_chunks: [{ index: 1, id: "call_1", name: "double", args: '{"of":21}' }],
    }),
  ],
});
const concludes = new FakeStreamingChatModel({
  chunks: [
    new AIMessageChunk({ id: "m2", content: "it " }),
    new AIMessageChunk({ id: "m2", content: "is 42" }),
  ],
});
const double = tool(({ of }) => String(of * 2), {
  name: "double",
  description: "doubles",
  schema: z.object({ of: z.number() }),
});

export const graph = new StateGraph(TalkingState)
  .addNode("model", async ({ messages }) => ({
    messages: [await (messages.length < 2 ? callsTool : concludes).invoke(messages)],
  }))
  .addNode("tools", async (_state, config) => {
    const { content } = await double.invoke(
      { name: "double", args: { of: 21 }, id: "call_1", type: "tool_call" },
      config,
    );
    return { messages: [new ToolMessage({ content, id: "t1", tool_call_id: "call_1" })] };
  })
  .addEdge(START, "model")
  .addConditionalEdges("model", ({ messages }) => (messages.length < 3 ? "tools" : END), [
    "tools",
    END,
  ])
  .addEdge("tools", "model")
  .compile();
