import { HumanMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { createAgent } from "langchain";
import { afterEach, expect, it } from "vitest";
import { z } from "zod";
import { guardModel, standardGuards } from "../../src/governance/index.ts";
import { askStructured, createModelRegistry } from "../../src/models/index.ts";
import {
  ASK_CLARIFICATION,
  ClarifyingForm,
  Plan,
  SUBMIT_PLAN,
  writeBriefing,
  type ColumnProfile,
  type PlannerBriefing,
} from "../../src/protocol/index.ts";
import { createModelBench, type ModelBench } from "../fakes/model-bench.ts";
import { answeringWith } from "../fakes/openai-llm.ts";
import { startOpenAIServer, type Script } from "../fakes/openai-server.ts";

const benches: ModelBench[] = [];
const bench = async (script: Script): Promise<ModelBench> => {
  const made = await createModelBench(script);
  benches.push(made);
  return made;
};
afterEach(async () => {
  for (const { server } of benches.splice(0)) await server.close();
});

const column = (name: string, more: Partial<ColumnProfile>): ColumnProfile => ({
  name,
  type: "text",
  role: "dimension",
  missing: 0,
  distinct: 3,
  examples: [],
  ...more,
});
const assignee = (name: string, produces: "tables" | "narrative" | "files", tools: string[]) => ({
  name,
  role: name,
  goal: name,
  tools,
  produces,
});
const briefing: PlannerBriefing = {
  role: "planner",
  goal: "Revenue by region",
  today: "2026-10-02",
  tables: [
    {
      name: "sales",
      file: "sales.csv",
      sha256: "a".repeat(64),
      rows: 100,
      issues: [],
      columns: [
        column("date", { type: "date", role: "time", min: "2026-01-01", max: "2026-09-30" }),
        column("region", { examples: ["North", "South", "East"] }),
        column("revenue", { type: "decimal", role: "measure", unit: "EUR", distinct: 90 }),
      ],
    },
  ],
  documents: [],
  assignees: [
    assignee("analyst", "tables", ["describe_tables", "sql"]),
    assignee("writer", "narrative", []),
    assignee("reporter", "files", ["chart", "workbook", "pdf", "dashboard"]),
  ],
  clarifications: {},
};
const tools = [
  { name: SUBMIT_PLAN, description: "The plan", schema: Plan },
  { name: ASK_CLARIFICATION, description: "A form", schema: ClarifyingForm },
] as const;

it("a model behind the scripted server gives the answer over the socket that it gives directly", async () => {
  const offline = await createModelRegistry().resolve("offline");
  const { server, model } = await bench(answeringWith(offline));
  const prompt = [new HumanMessage(writeBriefing(briefing))];
  const direct = await askStructured(offline, prompt, { tools });
  expect(direct.tool).toBe(SUBMIT_PLAN);
  expect(await askStructured(model, prompt, { tools })).toEqual(direct);
  expect(server.requests).toHaveLength(1);
});

it("the offline model works behind the guards and costs nothing", async () => {
  const offline = await createModelRegistry().resolve("offline");
  const { services, context, ledger, events } = await bench(() => ({ text: "unused" }));
  await ledger.limit("run", { microEur: 1, tokens: 50_000 });
  const guarded = guardModel(offline, standardGuards(services), context);
  const answer = await askStructured(guarded, [new HumanMessage(writeBriefing(briefing))], {
    tools,
  });
  expect(answer.tool).toBe(SUBMIT_PLAN);
  expect((await ledger.totals("run")).settled).toMatchObject({ microEur: 0, calls: 1 });
  expect(events).toMatchObject([{ type: "usage", usage: { costEur: 0, calls: 1 } }]);
});

it("conversations with tools cross the wire whole", async () => {
  // A second scripted server plays the model behind the first.
  const behind = await bench((request, n) =>
    n === 1
      ? {
          text: "Looking.",
          toolCalls: [{ name: "sql", args: { query: "SELECT 7" }, id: "call_x" }],
        }
      : { text: `I was told: ${JSON.stringify(request.messages.slice(-2))}` },
  );
  const { model, server } = await bench(answeringWith(behind.raw));
  const sql = tool(async ({ query }) => `ran ${query}`, {
    name: "sql",
    description: "Asks",
    schema: z.object({ query: z.string() }),
  });
  const agent = createAgent({ model, tools: [sql], systemPrompt: "Be brief." });
  const { messages } = await agent.invoke({ messages: "How many?" });
  expect(messages.at(-1)?.text).toContain("ran SELECT 7");
  expect(messages.at(-1)?.text).toContain("call_x");
  expect(behind.server.requests.at(-1)?.messages).toMatchObject([
    { role: "system", content: "Be brief." },
    { role: "user", content: "How many?" },
    { role: "assistant", content: "Looking.", tool_calls: [{ id: "call_x" }] },
    { role: "tool", content: "ran SELECT 7", tool_call_id: "call_x", name: "sql" },
  ]);
  expect(behind.server.requests[0]?.tools).toEqual(server.requests[0]?.tools);
});

it("what the model behind throws is a rejected request", async () => {
  const failing = await bench(() => ({ fault: "status", status: 401 }));
  const { model } = await bench(answeringWith(failing.raw));
  await expect(model.invoke("x")).rejects.toMatchObject({
    data: { cause: "rejected", status: 400 },
  });
});

it("the server lists its model and knows no other path", async () => {
  const server = await startOpenAIServer(() => ({ text: "x" }));
  const models = await fetch(`${server.url}/models`);
  expect(await models.json()).toMatchObject({ data: [{ id: "scripted" }] });
  expect((await fetch(`${server.url}/other`)).status).toBe(404);
  await server.close();
});
