// The `agent` graph as it is deployed: real tools over a real file, with the model that needs no key.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HumanMessage } from "@langchain/core/messages";
import { MemorySaver } from "@langchain/langgraph";
import { createChatAgent } from "../../src/agents/index.ts";
import { projectFolder } from "../../src/compose/project.ts";
import { compose } from "../../src/compose/services.ts";
import { readSettings } from "../../src/compose/settings.ts";

const opened = await compose(
  readSettings({ TUTTI_DATA: mkdtempSync(join(tmpdir(), "tutti-chat-")) }),
);
afterAll(() => opened.close());

const talk = () => {
  const graph = createChatAgent(async () => ({ ...opened.chat, today: () => "2026-10-01" }));
  graph.checkpointer = new MemorySaver();
  const config = { configurable: { thread_id: crypto.randomUUID() } };
  return async (text: string, files: string[] = []) => {
    const { messages } = await graph.invoke({ messages: [new HumanMessage(text)], files }, config);
    const from = messages.findLastIndex((message) => message.getType() === "human");
    const turn = messages.slice(from + 1);
    return {
      text: turn.at(-1)?.text ?? "",
      tools: turn.flatMap(({ name, type }) => (type === "tool" && name ? [name] : [])),
      turn,
    };
  };
};
const sales = join(projectFolder, "examples/sales.csv");

describe("the agent graph without a key", () => {
  it("answers a question about a file by SQL, with the rows as the query gave them", async () => {
    const say = talk();
    const { text, tools, turn } = await say("What was revenue by region in September 2026?", [
      sales,
    ]);
    expect(tools).toEqual(["describe_tables", "sql"]);
    const { rows } = JSON.parse(turn.find(({ name }) => name === "sql")?.text ?? "{}") as {
      rows: [string, number][];
    };
    expect(rows.length).toBeGreaterThan(2);
    for (const [region, revenue] of rows)
      expect(text).toContain(
        `| ${region} | €${revenue.toLocaleString("en-GB", { minimumFractionDigits: 2, maximumFractionDigits: 2 })} |`,
      );
  });

  it("remembers the file in the next question", async () => {
    const say = talk();
    await say("Revenue by region in September 2026?", [sales]);
    const { tools, text } = await say("And units by product in August 2026?");
    expect(tools).toEqual(["describe_tables", "sql"]);
    expect(text).toContain("Quantity by product, August 2026");
  });

  it("says that a file is needed, or that the question is not about the tables", async () => {
    const say = talk();
    expect((await say("Revenue by region?")).text).toContain("none was given");
    expect((await say("Who won the cup?", [sales])).text).toContain("TUTTI_MODEL");
  });
});
