// Asks a person before it acts, in the shape of LangChain's human-in-the-loop middleware.
import { END, interrupt, START, StateGraph } from "@langchain/langgraph";
import { Conversation, pieces, saying } from "./scripted.ts";

interface Decision {
  readonly type: string;
  readonly message?: string;
}
interface Answer {
  readonly decisions: readonly Decision[];
}

const QUESTION = {
  action_requests: [
    { name: "send_mail", args: { to: "ann@example.com" }, description: "Send the report to Ann?" },
  ],
  review_configs: [{ action_name: "send_mail", allowed_decisions: ["approve", "edit", "reject"] }],
};

export const graph = new StateGraph(Conversation)
  .addNode("draft", async ({ messages }) => ({
    messages: [await saying(pieces("a mail is ready ")).invoke(messages)],
  }))
  .addNode("ask", async ({ messages }) => {
    const { decisions } = interrupt<typeof QUESTION, Answer>(QUESTION);
    const [{ type, message = "" } = { type: "none" }] = decisions;
    const text = type === "approve" ? "the mail is sent" : `not sent: ${type} ${message}`;
    return { messages: [await saying(pieces(text)).invoke(messages)] };
  })
  .addEdge(START, "draft")
  .addEdge("draft", "ask")
  .addEdge("ask", END)
  .compile();
