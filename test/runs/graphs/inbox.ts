// Asks in the shape its input names, and keeps the answer.
import { END, interrupt, START, StateGraph } from "@langchain/langgraph";
import { z } from "zod";

const InboxState = z.object({
  shape: z.enum(["inbox", "langchain", "call", "plain"]),
  answer: z.unknown().optional(),
});

export const QUESTIONS = {
  inbox: [
    {
      action_request: { action: "send", args: { to: "ann" } },
      config: { allow_ignore: true, allow_respond: true, allow_edit: true, allow_accept: true },
      description: "**Send** it?",
    },
  ],
  langchain: {
    actionRequests: [{ name: "sql", args: { text: "select 1" }, description: "Run it?" }],
    reviewConfigs: [{ actionName: "sql", allowedDecisions: ["approve", "edit", "reject"] }],
  },
  call: { type: "tool_approval", tool_call_id: "call_sql", name: "sql", args: {} },
  plain: "which colour?",
} as const;

export const graph = new StateGraph(InboxState)
  .addNode("ask", ({ shape }) => ({ answer: interrupt(QUESTIONS[shape]) }))
  .addNode("act", () => ({}))
  .addEdge(START, "ask")
  .addEdge("ask", "act")
  .addEdge("act", END)
  .compile();
