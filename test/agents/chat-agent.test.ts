import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BaseMessage } from "@langchain/core/messages";
import { HumanMessage } from "@langchain/core/messages";
import { Command, MemorySaver } from "@langchain/langgraph";
import { createChatAgent, type Toolset } from "../../src/agents/index.ts";
import { copyInput } from "../../src/compose/copy-input.ts";
import type { TaskContext } from "../../src/ports/index.ts";
import { Question } from "../../src/protocol/index.ts";
import { type Script, script, ScriptedModel } from "../fakes/scripted-model.ts";
import { declare, openWorkshop } from "./workshop.ts";

const workshop = await openWorkshop();
afterAll(() => workshop.close());

const declaration = declare({ tools: ["sql", "ask_person"] });

const open = (steps: Script, { saver = new MemorySaver(), seen = [] as TaskContext[] } = {}) => {
  const toolset: Toolset = {
    create: (names, context) => {
      seen.push(context);
      return workshop.toolset.create(names, context);
    },
  };
  const graph = createChatAgent(async () => ({
    declaration,
    toolset,
    models: async () => new ScriptedModel(steps),
    copyInput: copyInput(workshop.store),
    today: () => "2026-10-01",
  }));
  graph.checkpointer = saver;
  return graph;
};
const config = { configurable: { thread_id: "talk" } };
const say = (text: string) => ({ messages: [new HumanMessage(text)] });
const sql = (query: string) => ({ calls: [{ name: "sql", args: { query } }] });
const texts = (messages: readonly BaseMessage[]) =>
  messages.map((message) => `${message.getType()}: ${message.text.slice(0, 20)}`);

describe("an agent talks", () => {
  it("uses its tools, answers, and remembers the conversation", async () => {
    const steps = script([sql("SELECT 1 AS one"), { text: "One." }, { text: "As I said: one." }]);
    const graph = open(steps);
    await graph.invoke(say("How many?"), config);
    const { messages } = await graph.invoke(say("Again?"), config);
    expect(texts(messages)).toEqual([
      "human: How many?",
      "ai: ",
      expect.stringContaining("tool: ") as string,
      "ai: One.",
      "human: Again?",
      "ai: As I said: one.",
    ]);
    expect(steps.prompts[2]?.map((message) => message.getType())).toEqual([
      "system",
      "human",
      "ai",
      "tool",
      "ai",
      "human",
    ]);
    expect(steps.prompts[0]?.[0]?.text).not.toContain("submit_");
  });

  it("hands its tools the sources of the conversation, and the goal of the turn", async () => {
    const seen: TaskContext[] = [];
    const graph = open(script([{ text: "Yes." }]), { seen });
    await graph.invoke({ ...say("Is there a memo?"), sources: [...workshop.sources] }, config);
    expect(seen[0]).toMatchObject({
      thread: "talk",
      goal: "Is there a memo?",
      sources: workshop.sources,
    });
  });

  it("copies a named file once, and reads the copy when the file is gone", async () => {
    const seen: TaskContext[] = [];
    const graph = open(script([{ text: "Yes." }, { text: "Still." }]), { seen });
    const path = join(mkdtempSync(join(tmpdir(), "tutti-chat-")), "stock.csv");
    writeFileSync(path, "item,count\nBolt,7\n");
    await graph.invoke({ ...say("Is there stock?"), files: [path] }, config);
    rmSync(path);
    const { sources, files } = await graph.invoke(say("And now?"), config);
    expect(sources).toMatchObject([{ name: "stock.csv", kind: "table" }]);
    expect(files).toEqual([]);
    expect(seen.map((context) => context.sources)).toEqual([sources, sources]);
    expect(await workshop.store.get(sources[0]?.sha256 ?? "")).toHaveLength(18);
  });

  it("says which file it cannot read", async () => {
    const graph = open(script([]));
    await expect(
      graph.invoke({ ...say("Sum?"), files: ["/nowhere/sales.csv"] }, config),
    ).rejects.toMatchObject({ code: "INPUT_UNREADABLE" });
  });

  it("tells the model the date and which files there are", async () => {
    const steps = script([{ text: "Yes." }]);
    await open(steps).invoke({ ...say("?"), sources: [...workshop.sources] }, config);
    const system = steps.prompts[0]?.[0]?.text;
    expect(system).toContain("Today is 2026-10-01.");
    expect(system).toContain('"sales.csv" (table), "memo.md" (document)');
  });

  it("asks the person, and a new process goes on with the answer without repeating a call", async () => {
    const saver = new MemorySaver();
    const steps = script([
      sql("SELECT 1 AS one"),
      { calls: [{ name: "ask_person", args: { question: "Net?" } }] },
      { text: "Net, then." },
    ]);
    const before = workshop.ran["sql"] ?? 0;
    await open(steps, { saver }).invoke(say("Sum?"), config);
    const graph = open(steps, { saver });
    const [interrupt] = (await graph.getState(config)).tasks.flatMap((task) => task.interrupts);
    expect(Question.parse(interrupt?.value).description).toContain("Net?");
    const { messages } = await graph.invoke(new Command({ resume: "yes, net" }), config);
    expect(messages.at(-1)?.text).toBe("Net, then.");
    expect(messages.find(({ name }) => name === "ask_person")?.text).toBe('{"answer":"yes, net"}');
    expect((workshop.ran["sql"] ?? 0) - before).toBe(1);
    expect(steps.prompts).toHaveLength(3);
  });

  it("ends a turn that takes too many model calls", async () => {
    const steps = script(Array.from({ length: 40 }, () => sql("SELECT 1 AS one")));
    const { messages } = await open(steps).invoke(say("Go on for ever"), config);
    expect(steps.prompts).toHaveLength(25);
    expect(messages.at(-1)?.text).toMatch(/limit/i);
  });

  it("streams its words", async () => {
    const graph = open(script([{ text: "Hello to you." }]));
    const words: string[] = [];
    const chunks = await graph.stream(say("Hello"), {
      ...config,
      streamMode: "messages",
      subgraphs: true,
    });
    for await (const [, [message]] of chunks)
      if (message.getType() === "ai") words.push(message.text);
    expect(words.filter((word) => word !== "")).toEqual(["Hello ", "to ", "you."]);
  });
});
