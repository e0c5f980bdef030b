// Sends letters to be signed by a person. What waits in the thread are instances of LangGraph's and
// LangChain's classes: after a restart they must be those of the copy that this file imports.
import { Document } from "@langchain/core/documents";
import { HumanMessage } from "@langchain/core/messages";
import { Command, END, interrupt, Send, START, StateGraph } from "@langchain/langgraph";
import { withLangGraph } from "@langchain/langgraph/zod";
import { z } from "zod";

const lines = z.array(z.string());
const Letters = z.object({
  log: withLangGraph(lines, {
    reducer: { schema: lines, fn: (before: string[], more: string[]) => [...before, ...more] },
    default: (): string[] => [],
    jsonSchemaExtra: { langgraph_type: "prompt" },
  }),
});
interface Letter {
  readonly to: string;
  readonly text?: HumanMessage;
  readonly enclosed?: Document;
}

const isOwn = ({ text, enclosed }: Letter): boolean =>
  text?.constructor === HumanMessage && enclosed?.constructor === Document;

const builder = new StateGraph(Letters)
  .addNode("draft", () => ({ log: ["drafted"] }))
  .addNode(
    "sign",
    (state: unknown) => {
      const letter = state as Letter;
      const by = interrupt(`sign for ${letter.to}?`) as string;
      const line = `${letter.to}, signed by ${by}, ${isOwn(letter) ? "own" : "foreign"} classes`;
      return new Command({ goto: "post", update: { log: [line] } });
    },
    { ends: ["post"] },
  )
  .addNode("post", () => ({ log: ["posted"] }))
  .addNode("note", (state: unknown) => ({ log: [`noted ${(state as Letter).to}`] }))
  .addEdge(START, "draft")
  .addConditionalEdges(
    "draft",
    () =>
      ["Ann", "Bob"].map((to) => {
        const enclosed = new Document({ pageContent: "list" });
        return new Send("sign", { to, text: new HumanMessage(`Dear ${to}`), enclosed });
      }),
    ["sign", "note"],
  )
  .addEdge("post", END)
  .addEdge("note", END);

export const graph = builder.compile();
