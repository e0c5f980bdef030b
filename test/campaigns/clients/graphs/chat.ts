// A conversation: "double N" takes a tool, "count N" a long answer, anything else is said back.
import { randomUUID } from "node:crypto";
import { type AIMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { END, START, StateGraph } from "@langchain/langgraph";
import { z } from "zod";
import { Conversation, pieces, saying } from "./scripted.ts";

const double = tool(({ of }) => String(of * 2), {
  name: "double",
  description: "doubles",
  schema: z.object({ of: z.number() }),
});

const answerTo = (question: string) => {
  const [, word, number = "0"] = /^(double|count) (\d+)/.exec(question) ?? [];
  if (word === "double")
    return saying(pieces("let me see "), {
      id: `call-${randomUUID()}`,
      name: "double",
      args: { of: Number(number) },
    });
  if (word === "count")
    return saying(Array.from({ length: Number(number) }, (_, at) => `n${at + 1} `));
  return saying(pieces(`you said ${question}`));
};

const callsOf = (message: unknown) => (message as AIMessage | undefined)?.tool_calls ?? [];

export const graph = new StateGraph(Conversation)
  .addNode("model", async ({ messages }) => {
    const last = messages.at(-1);
    const model =
      last?.getType() === "tool"
        ? saying(pieces(`it is ${last.text}`))
        : answerTo(last?.text ?? "");
    return { messages: [await model.invoke(messages)] };
  })
  .addNode("tools", async ({ messages }, config) => {
    const done = await Promise.all(
      callsOf(messages.at(-1)).map(async ({ id = "", name, args }) => {
        const call = { id, name, args, type: "tool_call" as const };
        const { content } = await double.invoke(call, config);
        return new ToolMessage({ id: `result-${id}`, content, tool_call_id: id, name });
      }),
    );
    return { messages: done };
  })
  .addEdge(START, "model")
  .addConditionalEdges(
    "model",
    ({ messages }) => (callsOf(messages.at(-1)).length > 0 ? "tools" : END),
    ["tools", END],
  )
  .addEdge("tools", "model")
  .compile();
