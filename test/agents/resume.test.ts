import type { BaseMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { Command, MemorySaver } from "@langchain/langgraph";
import { z } from "zod";
import { TuttiError } from "../../src/errors.ts";
import { Question, type SqlResult } from "../../src/protocol/index.ts";
import { script, type ScriptedReply } from "../fakes/scripted-model.ts";
import { configOf, declare, openWorkshop, runAttempt } from "./workshop.ts";

/** Says when the saver has the answer of some tool. */
class WatchedSaver extends MemorySaver {
  readonly has = Promise.withResolvers<void>();

  override async putWrites(...args: Parameters<MemorySaver["putWrites"]>): Promise<void> {
    await super.putWrites(...args);
    if (JSON.stringify(args[1]).includes("resultId")) this.has.resolve();
  }
}

// A tool whose call is the moment the process dies: once the answer of its neighbour is saved.
let dies: Promise<void> | undefined;
const fragile = tool(
  async () => {
    if (dies === undefined) return "alive";
    await dies;
    throw new TuttiError("INTERNAL", "the process was killed");
  },
  { name: "fragile", description: "May die.", schema: z.object({}) },
);
const workshop = await openWorkshop([fragile]);
afterAll(() => workshop.close());
beforeEach(() => {
  dies = undefined;
  for (const name of Object.keys(workshop.ran)) delete workshop.ran[name];
});

const SQL = "SELECT region, sum(revenue) AS revenue FROM sales GROUP BY region";
const sql: ScriptedReply = { calls: [{ name: "sql", args: { query: SQL } }] };
const submit = (messages: BaseMessage[]): ScriptedReply => {
  const found = messages.findLast((message) => message.name === "sql");
  const { resultId, columns } = JSON.parse(found?.text ?? "{}") as SqlResult;
  const described = columns.map(({ name }) => ({
    name,
    label: name,
    role: "label",
    format: "text",
  }));
  const table = { id: "by-region", title: "T", resultId, columns: described };
  return { calls: [{ name: "submit_tables", args: { summary: "Done.", tables: [table] } }] };
};
const ask = (question: string, id: string) => ({ name: "ask_person", args: { question }, id });
const asker = declare({ tools: ["sql", "ask_person"] });

describe("a specialist's question waits for a person", () => {
  it("as an interrupt of its graph, and a new process goes on with the answer", async () => {
    const saver = new MemorySaver();
    const steps = script([
      {
        calls: [
          { name: "ask_person", args: { question: "Net or gross?", options: ["net", "gross"] } },
        ],
      },
      sql,
      submit,
    ]);
    const context = workshop.context();
    const paused = await runAttempt(workshop.specialist(asker, steps), context, { saver });
    const [interrupt] = paused.state.tasks.flatMap((task) => task.interrupts);
    const question = Question.parse(interrupt?.value);
    expect(question).toMatchObject({
      id: "by-region",
      kind: "task",
      taskId: "by-region",
      args: { question: "Net or gross?", options: ["net", "gross"] },
    });
    expect(question.description).toContain("Net or gross?");
    expect(question.description).toContain("- gross");

    const another = workshop.specialist(asker, steps); // a new graph object, as a new process builds it
    const input = new Command({
      resume: { [interrupt?.id ?? ""]: { type: "respond", value: "net" } },
    });
    const { values, messages } = await runAttempt(another, context, { saver, input });
    expect(messages.find(({ name }) => name === "ask_person")?.text).toBe('{"answer":"net"}');
    const handOver = await another.handOver(values, context);
    expect(handOver.status).toBe("done");
    expect(handOver.evidence.map(({ tool: name }) => name)).toEqual(["ask_person", "sql"]);
    expect(steps.prompts).toHaveLength(3);
  });

  it("a refusal is an answer too, and so is any value of a host that knows no Answer", async () => {
    for (const [given, told] of [
      [{ type: "reject", message: "not mine" }, '{"answer":"No answer: not mine. Do without it."}'],
      [{ type: "approve" }, '{"answer":"yes"}'],
      ["gross", '{"answer":"gross"}'],
    ] as const) {
      const saver = new MemorySaver();
      const steps = script([{ calls: [ask("?", "a")] }, { text: "no" }, { text: "no" }]);
      const agent = workshop.specialist(asker, steps);
      await runAttempt(agent, workshop.context(), { saver });
      const input = new Command({ resume: given });
      const { messages } = await runAttempt(agent, workshop.context(), { saver, input });
      expect(messages.find(({ name }) => name === "ask_person")?.text).toBe(told);
    }
  });

  it("what ran beside a question is not run again by its answer", async () => {
    const saver = new MemorySaver();
    const steps = script([
      { calls: [...(sql.calls ?? []), ask("1?", "a"), ask("2?", "b")] },
      submit,
    ]);
    const agent = workshop.specialist(asker, steps);
    const context = workshop.context();
    const paused = await runAttempt(agent, context, { saver });
    const asked = paused.state.tasks.flatMap((task) => task.interrupts);
    expect(asked).toHaveLength(2);
    const idOf = (text: string) =>
      asked.find(({ value }) => Question.parse(value).description.includes(text))?.id ?? "";
    const answer = (id: string, value: string) =>
      new Command({ resume: { [id]: { type: "respond", value } } });
    await runAttempt(agent, context, { saver, input: answer(idOf("2?"), "two") });
    const { messages, values } = await runAttempt(workshop.specialist(asker, steps), context, {
      saver,
      input: answer(idOf("1?"), "one"),
    });
    const told = messages.filter(({ name }) => name === "ask_person").map(({ text }) => text);
    expect(told).toEqual(['{"answer":"one"}', '{"answer":"two"}']);
    expect(workshop.ran["sql"]).toBe(1);
    expect((await agent.handOver(values, context)).status).toBe("done");
  });
});

describe("after a crash a new process goes on, and finished tool calls are not repeated", () => {
  it("between a tool call and the submission", async () => {
    const saver = new MemorySaver();
    const context = workshop.context();
    const first = script([sql, { error: new TuttiError("MODEL_UNAVAILABLE", "connection lost") }]);
    await expect(
      runAttempt(workshop.specialist(declare(), first), context, { saver }),
    ).rejects.toThrow("connection lost");
    const agent = workshop.specialist(declare(), script([submit]));
    const { values } = await runAttempt(agent, context, { saver, input: null });
    expect((await agent.handOver(values, context)).status).toBe("done");
    expect(workshop.ran["sql"]).toBe(1);
  });

  it("between two parallel tool calls", async () => {
    const saver = new WatchedSaver();
    const context = workshop.context();
    const declaration = declare({ tools: ["sql", "fragile"] });
    const first = script([{ calls: [...(sql.calls ?? []), { name: "fragile", args: {} }] }]);
    dies = saver.has.promise;
    await expect(
      runAttempt(workshop.specialist(declaration, first), context, { saver }),
    ).rejects.toThrow("killed");
    dies = undefined;
    const agent = workshop.specialist(declaration, script([submit]));
    const { values } = await runAttempt(agent, context, { saver, input: null });
    expect((await agent.handOver(values, context)).evidence.map(({ ok }) => ok)).toEqual([
      true,
      true,
    ]);
    expect(workshop.ran).toEqual({ sql: 1, fragile: 2 });
  });

  it("before the first step was saved: the input stands, the model is asked once more", async () => {
    const saver = new MemorySaver();
    const context = workshop.context();
    const first = script([{ error: new TuttiError("MODEL_AUTH", "no key") }]);
    await expect(
      runAttempt(workshop.specialist(declare(), first), context, { saver }),
    ).rejects.toThrow("no key");
    const agent = workshop.specialist(declare(), script([sql, submit]));
    const { values } = await runAttempt(agent, context, { saver, input: null });
    expect((await agent.handOver(values, context)).status).toBe("done");
  });
});

describe("errors that stop a run are not swallowed by the agent's loop", () => {
  const throwing = (error: Error) => (): string => {
    throw error;
  };
  const thrower = (error: Error) =>
    tool(throwing(error), {
      name: "thrower",
      description: "Fails.",
      schema: z.object({}),
    });
  const callOnce = script([
    { calls: [{ name: "thrower", args: {} }] },
    { text: "no" },
    { text: "no" },
  ]);

  it.each(["LIMIT_REACHED", "CANCELLED", "DATABASE", "CHECKPOINT_CONFLICT"] as const)(
    "%s from a tool stops the graph, unchanged",
    async (code) => {
      const error = new TuttiError(code, "stop here", { data: { limit: "tokens" } });
      const shop = await openWorkshop([thrower(error)]);
      const agent = shop.specialist(declare({ tools: ["thrower"] }), script(callOnce.steps));
      await expect(runAttempt(agent, shop.context())).rejects.toBe(error);
      await shop.close();
    },
  );

  it("any other exception is an answer the model can react to", async () => {
    const shop = await openWorkshop([thrower(new Error("disk on fire"))]);
    const agent = shop.specialist(declare({ tools: ["thrower"] }), script(callOnce.steps));
    const { messages } = await runAttempt(agent, shop.context());
    const answer = messages.find(({ name }) => name === "thrower")?.text ?? "";
    expect(JSON.parse(answer)).toEqual({ error: { code: "TOOL_FAILED", message: "disk on fire" } });
    await shop.close();
  });

  it("an aborted signal stops the graph", async () => {
    const stop = new AbortController();
    const aborter = tool(
      () => {
        stop.abort();
        throw new Error("stopped");
      },
      { name: "aborter", description: "Aborts.", schema: z.object({}) },
    );
    const shop = await openWorkshop([aborter]);
    const steps = script([{ calls: [{ name: "aborter", args: {} }] }, sql]);
    const agent = shop.specialist(declare({ tools: ["aborter"] }), steps);
    await expect(runAttempt(agent, shop.context({ signal: stop.signal }))).rejects.toThrow(
      /abort|stopped/i,
    );
    expect(steps.prompts).toHaveLength(1);
    await shop.close();
  });
});

describe("a specialist's graph streams", () => {
  it("the words of its model as they come", async () => {
    const steps = script([{ text: "Looking at sales.", ...sql }, submit]);
    const context = workshop.context();
    const agent = workshop.specialist(declare(), steps);
    const graph = await agent.graph(context);
    const input = agent.input(context, { tables: [], findings: [] });
    const words: string[] = [];
    for await (const chunk of await graph.stream(input, {
      ...configOf(context),
      streamMode: "messages",
    })) {
      const [message] = chunk as [BaseMessage];
      if (message.getType() === "ai" && message.text !== "") words.push(message.text);
    }
    expect(words).toEqual(["Looking ", "at ", "sales."]);
  });
});
