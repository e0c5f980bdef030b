// Specialists with an OpenAI-compatible server on a real socket: what providers demand of a
// conversation holds, whether answers are streamed or come whole.
import { createSpecialist } from "../../src/agents/index.ts";
import { createOpenAIModel } from "../../src/models/openai-model.ts";
import type { HandOver, SqlResult } from "../../src/protocol/index.ts";
import {
  type ChatRequest,
  type OpenAIServer,
  type Reply,
  startOpenAIServer,
} from "../fakes/openai-server.ts";
import { configOf, declare, handOverOf, openWorkshop, taskOf } from "./workshop.ts";

const workshop = await openWorkshop();
let server: OpenAIServer | undefined;
afterEach(() => server?.close());
afterAll(() => workshop.close());

type Step = Reply | ((request: ChatRequest) => Reply);
const broken: string[] = [];

/** OpenAI refuses a conversation in which a tool call has no answer, or an answer no call. */
const checkConversation = ({ messages }: ChatRequest): void => {
  let open = new Set<string>();
  for (const { role, tool_calls: calls, tool_call_id: id } of messages) {
    if (role === "tool" && !open.delete(id ?? "")) broken.push(`answer without a call: ${id}`);
    if (role !== "tool" && open.size > 0) broken.push(`no answer to ${[...open].join()}`);
    if (role === "assistant") open = new Set((calls ?? []).map((call) => call.id));
  }
};

const run = async (
  steps: readonly Step[],
  streaming: boolean,
  produces: "tables" | "data" = "tables",
  task = taskOf(),
): Promise<HandOver> => {
  server = await startOpenAIServer((request, n) => {
    checkConversation(request);
    const step = steps[n - 1] ?? { text: "the script has ended" };
    return typeof step === "function" ? step(request) : step;
  });
  const model = createOpenAIModel({
    name: "openai:scripted",
    model: "scripted",
    apiKey: "none",
    baseUrl: server.url,
    timeoutMs: 5000,
  });
  const agent = createSpecialist({
    declaration: declare({ produces, tools: ["sql", "ask_person"] }),
    toolset: workshop.toolset,
    models: async () => model,
    artifacts: workshop.store,
  });
  const context = workshop.context({ task });
  if (!streaming) return await handOverOf(agent, context);
  const graph = await agent.graph(context);
  const config = configOf(context);
  const input = agent.input(context, { tables: [], findings: [] });
  // Reading messages is what makes LangChain ask for a stream.
  for await (const _ of await graph.stream(input, { ...config, streamMode: "messages" }));
  expect(server.requests[0]?.stream).toBe(true);
  return await agent.handOver((await graph.getState(config)).values, context);
};

const sql: Reply = {
  text: "Let me look.",
  toolCalls: [{ name: "sql", args: { query: "SELECT count(*) AS rows FROM sales" } }],
};
const submit = ({ messages }: ChatRequest): Reply => {
  const answers = messages
    .filter(({ role }) => role === "tool")
    .map(({ content }) => JSON.parse(content as string) as Partial<SqlResult>);
  const resultId = answers.find((answer) => answer.resultId !== undefined)?.resultId;
  const columns = [{ name: "rows", label: "Rows", role: "figure", format: "integer" }];
  const tables = [{ id: "by-region", title: "Rows", resultId, columns }];
  return { toolCalls: [{ name: "submit_tables", args: { summary: "Counted.", tables } }] };
};

describe.each([
  ["streamed", true],
  ["whole", false],
])("answers that come %s", (_how, streaming) => {
  beforeEach(() => {
    broken.length = 0;
  });

  it("end in a hand-over", async () => {
    const handOver = await run([sql, submit], streaming);
    expect(handOver).toMatchObject({ status: "done", tables: [{ rows: [[3]] }] });
    expect(broken).toEqual([]);
  });

  it("a malformed tool call is repaired without an unanswered call in the conversation", async () => {
    const malformed: Reply = { toolCalls: [{ name: "sql", args: '{"query": "SELEC' }] };
    const handOver = await run([malformed, sql, submit], streaming);
    expect(handOver.status).toBe("done");
    expect(broken).toEqual([]);
  });

  it("a malformed call beside a good one does not stop the good one", async () => {
    const both: Reply = { toolCalls: [...(sql.toolCalls ?? []), { name: "sql", args: '{"que' }] };
    const handOver = await run([both, submit], streaming);
    expect(handOver.status).toBe("done");
    expect(broken).toEqual([]);
  });

  it("an invalid submission and prose are each sent back in order", async () => {
    const invalid: Reply = { toolCalls: [{ name: "submit_tables", args: { tables: [] } }] };
    const handOver = await run([{ text: "Three rows." }, sql, invalid, submit], streaming);
    expect(handOver.status).toBe("done");
    expect(broken).toEqual([]);
  });
});

it("tools are offered with the schemas a provider needs", async () => {
  const schema = {
    type: "object",
    required: ["score"],
    properties: { score: { type: "integer" } },
  };
  const data: Reply = {
    toolCalls: [{ name: "submit_data", args: { summary: "Scored.", data: { score: 5 } } }],
  };
  const task = taskOf({ expects: { kind: "data", description: "a score", schema } });
  const handOver = await run([data], false, "data", task);
  expect(handOver.data).toEqual({ score: 5 });
  const tools = server?.requests[0]?.tools ?? [];
  expect(tools.map((tool) => tool.function.name)).toEqual(["sql", "ask_person", "submit_data"]);
  const parameters = tools.map((tool) => tool.function.parameters);
  expect(parameters[0]).toMatchObject({ type: "object", required: ["query"] });
  expect(parameters[2]).toMatchObject({ properties: { data: schema } });
});
