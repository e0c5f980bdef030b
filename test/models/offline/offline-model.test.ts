import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  AIMessage,
  AIMessageChunk,
  HumanMessage,
  SystemMessage,
  ToolMessage,
  type BaseMessage,
} from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { createAgent } from "langchain";
import { z } from "zod";
import { OfflineModel } from "../../../src/models/offline/index.ts";
import type { TableSession } from "../../../src/ports/index.ts";
import {
  MetricQuery,
  Plan,
  Submissions,
  SUBMIT_PLAN,
  Task,
  writeBriefing,
  type SpecialistBriefing,
} from "../../../src/protocol/index.ts";
import { createBench, example, plannerBriefing, sha256, type Bench } from "./example-tables.ts";

const submitPlan = { name: SUBMIT_PLAN, description: "Hands over a plan.", schema: Plan };
const sql = { name: "sql", description: "", schema: z.object({ query: z.string() }) };
const submitTables = { name: "submit_tables", description: "", schema: Submissions.tables };
const searchDocuments = {
  name: "search_documents",
  description: "",
  schema: z.object({ query: z.string() }),
};
const submitPassages = { name: "submit_passages", description: "", schema: Submissions.passages };

let bench: Bench;
let session: TableSession;
let messages: BaseMessage[];
beforeAll(async () => {
  bench = await createBench();
  session = await bench.open({ "clinic.json": await example("clinic.json") });
  const briefing = plannerBriefing("No-show rate by department in September 2026", session);
  messages = [
    new SystemMessage("You plan."),
    new HumanMessage(`Plan.\n${writeBriefing(briefing)}`),
  ];
});
afterAll(() => bench.close());

describe("outside its competence", () => {
  test("it says what it is, and what to set", async () => {
    const answer = await new OfflineModel().invoke("Who are you?");
    expect(answer.text).toMatch(/^Tutti offline model: rules, not a language model\./);
    expect(answer.text).toMatch(/TUTTI_MODEL/);
    expect(answer.tool_calls).toEqual([]);
  });

  test("a task whose kind it does not know is refused in words, not submitted", async () => {
    const briefing = specialist({ expects: { kind: "data", description: "a list" } });
    const model = new OfflineModel().bindTools([
      { name: "submit_data", description: "", schema: Submissions.data },
    ]);
    const answer = await model.invoke([new HumanMessage(writeBriefing(briefing))]);
    expect(answer.tool_calls).toEqual([]);
    expect(answer.text).toMatch(/cannot do this task \(data\)/);
  });
});

describe("as a chat model", () => {
  test("the same messages get the same answer", async () => {
    const model = new OfflineModel().bindTools([submitPlan]);
    const [first, second] = [await model.invoke(messages), await model.invoke(messages)];
    expect(first.tool_calls).toEqual(second.tool_calls);
    expect(first.usage_metadata).toEqual(second.usage_metadata);
  });

  test("it counts tokens by a plain estimate", async () => {
    const { usage_metadata: usage } = await new OfflineModel()
      .bindTools([submitPlan])
      .invoke(messages);
    const letters = messages.reduce((sum, message) => sum + message.text.length, 0);
    expect(usage?.input_tokens).toBeGreaterThanOrEqual(Math.floor(letters / 4));
    expect(usage?.output_tokens).toBeGreaterThan(0);
    expect(usage?.total_tokens).toBe((usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0));
  });

  test("what is streamed adds up to what is answered at once, tool calls included", async () => {
    const model = new OfflineModel().bindTools([submitPlan]);
    let whole: AIMessageChunk | undefined;
    for await (const chunk of await model.stream(messages)) whole = whole?.concat(chunk) ?? chunk;
    const answer = await model.invoke(messages);
    expect(whole?.tool_calls).toEqual(answer.tool_calls);
    expect(whole?.usage_metadata).toMatchObject(answer.usage_metadata ?? {});
    expect(whole?.tool_call_chunks?.every(({ index }) => (index ?? 0) >= 1)).toBe(true);
  });

  test("text is streamed in pieces", async () => {
    const pieces: string[] = [];
    for await (const chunk of await new OfflineModel().stream("Hello")) pieces.push(chunk.text);
    expect(pieces.length).toBeGreaterThan(10);
    expect(pieces.join("")).toBe((await new OfflineModel().invoke("Hello")).text);
  });

  test("an agent runs it with real tools to the end", async () => {
    const plans: unknown[] = [];
    const submit = tool((args) => {
      plans.push(args);
      return JSON.stringify({ accepted: true });
    }, submitPlan);
    const agent = createAgent({ model: new OfflineModel(), tools: [submit] });
    const { messages: said } = await agent.invoke({ messages });
    expect(Plan.parse(plans[0]).tasks.map(({ id }) => id)).toEqual([
      "totals",
      "no-show-rate-by-department",
      "narrative",
      "report",
    ]);
    expect(said.at(-1)?.text).toBe("Done.");
  });

  test("the briefing counts, whatever reminders follow it", async () => {
    const model = new OfflineModel().bindTools([submitPlan]);
    const reminded = [
      ...messages,
      new AIMessage("Hm."),
      new HumanMessage("Only a call of submit_plan ends the task."),
    ];
    expect((await model.invoke(reminded)).tool_calls?.[0]?.args).toEqual(
      (await model.invoke(messages)).tool_calls?.[0]?.args,
    );
  });

  test("a refused submission is not repeated", async () => {
    const model = new OfflineModel().bindTools([submitPlan]);
    const first = await model.invoke(messages);
    const refusal = new ToolMessage({
      tool_call_id: first.tool_calls?.[0]?.id ?? "",
      content: JSON.stringify({ error: { code: "PLAN_INVALID", message: "no such assignee" } }),
    });
    const second = await model.invoke([...messages, first, refusal]);
    expect(second.tool_calls).toEqual([]);
    expect(second.text).toMatch(/no such assignee/);
  });
});

const QUERY = MetricQuery.parse({
  kind: "aggregate",
  table: "clinic",
  measures: [{ as: "visits", format: "integer", aggregate: "count" }],
  dimensions: ["department"],
});

const specialist = (task: Partial<Task>): SpecialistBriefing => ({
  role: "specialist",
  agent: "ada",
  goal: "Visits by department, according to the policy",
  task: Task.parse({
    id: "visits-by-department",
    title: "Visits by department",
    instructions: "Compute. Look for: opening hours.",
    assignee: "ada",
    expects: { kind: "tables", description: "a table" },
    checks: ["schema"],
    ...task,
  }),
  tables: [...session.profiles],
  documents: [],
  inputs: { tables: [], passages: [], files: [], data: {} },
  caveats: [],
  findings: [],
});

const answered = (message: AIMessage, contents: readonly unknown[]): BaseMessage[] => [
  message,
  ...(message.tool_calls ?? []).map(
    ({ id, name }, at) =>
      new ToolMessage({ tool_call_id: id ?? "", name, content: JSON.stringify(contents[at]) }),
  ),
];

describe("as an analyst", () => {
  const model = new OfflineModel().bindTools([sql, submitTables]);
  const start = (): BaseMessage[] => [
    new HumanMessage(writeBriefing(specialist({ query: QUERY }))),
  ];
  const failure = { error: { code: "TABLE_QUERY", message: "Casting value out of range" } };

  test("it submits the result of its own query by resultId, typing no figure", async () => {
    const first = await model.invoke(start());
    const result = {
      resultId: sha256("r"),
      rowCount: 1,
      truncated: false,
      rows: [["Cardiology", 12]],
      columns: [
        { name: "department", type: "text" },
        { name: "visits", type: "integer" },
      ],
    };
    const second = await model.invoke([...start(), ...answered(first, [result])]);
    const submission = Submissions.tables.parse(second.tool_calls?.[0]?.args);
    expect(submission.tables).toEqual([
      {
        id: "visits-by-department",
        title: "Visits by department",
        resultId: sha256("r"),
        columns: [
          { name: "department", label: "Department", role: "label", format: "text" },
          { name: "visits", label: "Visits", role: "figure", format: "integer" },
        ],
      },
    ]);
    expect(JSON.stringify(submission)).not.toContain("12");
  });

  test("a failed query gets one other attempt, then an honest end", async () => {
    const first = await model.invoke(start());
    const second = await model.invoke([...start(), ...answered(first, [failure])]);
    expect(second.tool_calls?.[0]?.name).toBe("sql");
    const third = await model.invoke([
      ...start(),
      ...answered(first, [failure]),
      ...answered(second, [failure]),
    ]);
    expect(third.tool_calls).toEqual([]);
    expect(third.text).toMatch(/failed: Casting value out of range/);
  });

  test.each([
    [
      "cut",
      {
        columns: [
          { name: "department", type: "text" },
          { name: "visits", type: "integer" },
        ],
        truncated: true,
      },
      /longer than the tool returns/,
    ],
    [
      "of other columns",
      { columns: [{ name: "n", type: "integer" }], truncated: false },
      /has the columns n/,
    ],
  ])("a result that is %s is not handed over", async (_, part, reason) => {
    const first = await model.invoke(start());
    const result = { resultId: sha256("r"), rowCount: 1, rows: [], ...part };
    const second = await model.invoke([...start(), ...answered(first, [result])]);
    expect(second.tool_calls).toEqual([]);
    expect(second.text).toMatch(reason);
  });
});

describe("as a researcher", () => {
  const model = new OfflineModel().bindTools([searchDocuments, submitPassages]);
  const start = (): BaseMessage[] => [
    new HumanMessage(
      writeBriefing(specialist({ expects: { kind: "passages", description: "passages" } })),
    ),
  ];

  test("it submits what was found and has to do with the task", async () => {
    const first = await model.invoke(start());
    const passages = [
      {
        id: "policy-1",
        text: "The opening hours of a department are set by its head.",
        file: "policy.pdf",
        page: 3,
      },
      { id: "policy-2", text: "Lunch is at noon.", file: "policy.pdf", page: 4 },
    ];
    const contents = (first.tool_calls ?? []).map(() => ({ passages }));
    const second = await model.invoke([...start(), ...answered(first, contents)]);
    expect(second.tool_calls?.[0]).toMatchObject({
      name: "submit_passages",
      args: { passageIds: ["policy-1"] },
    });
  });

  test("when nothing is found it says so", async () => {
    const first = await model.invoke(start());
    const contents = (first.tool_calls ?? []).map(() => ({ passages: [] }));
    const second = await model.invoke([...start(), ...answered(first, contents)]);
    expect(second.tool_calls).toEqual([]);
    expect(second.text).toMatch(/hold nothing on/);
  });
});
