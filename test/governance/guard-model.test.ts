import { AIMessageChunk, HumanMessage, type BaseMessage } from "@langchain/core/messages";
import { ChatGenerationChunk, type ChatResult } from "@langchain/core/outputs";
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { tool } from "@langchain/core/tools";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { ChatOpenAI } from "@langchain/openai";
import { createAgent } from "langchain";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { guardModel, guardTool, standardGuards, type Guard } from "../../src/governance/index.ts";
import { createModelBench, type BenchOptions, type ModelBench } from "../fakes/model-bench.ts";
import type { Script } from "../fakes/openai-server.ts";

const benches: ModelBench[] = [];
const bench = async (script: Script, options: BenchOptions = {}): Promise<ModelBench> => {
  const made = await createModelBench(script, options);
  benches.push(made);
  return made;
};
afterEach(async () => {
  for (const { server } of benches.splice(0)) await server.close();
});

const prompt = [new HumanMessage("How much?")];
const sql = tool(async ({ query }) => `rows of ${query}`, {
  name: "sql",
  description: "Asks the tables",
  schema: z.object({ query: z.string() }),
});
const useTool: Script = (request, n) =>
  n === 1 && request.tools !== undefined
    ? { text: "Let me look.", toolCalls: [{ name: "sql", args: { query: "SELECT 1" } }] }
    : { text: "It is one." };

const seen = (): Guard & { calls: string[] } => {
  const calls: string[] = [];
  return {
    name: "seen",
    calls,
    async *model(call, _context, next) {
      calls.push(call.stream ? "stream" : "invoke");
      yield* next(call);
    },
  };
};
const context = { rootThread: "run", taskId: "task", emit: () => undefined };

describe("every way to call a model goes through the guards", () => {
  /** LangChain's own class, which binds tools in a way of its own. */
  const stock = (url: string) =>
    new ChatOpenAI({ model: "m", apiKey: "k", maxRetries: 0, configuration: { baseURL: url } });

  it("invoke, stream, batch, with bound tools and with structured output", async () => {
    const { server, raw } = await bench((request) =>
      request.tools === undefined
        ? { text: "hello" }
        : { toolCalls: [{ name: request.tools[0]!.function.name, args: { query: "x" } }] },
    );
    for (const model of [raw, stock(server.url)]) {
      const guard = seen();
      const guarded = guardModel(model, [guard], context);
      expect((await guarded.invoke(prompt)).text).toBe("hello");
      let streamed = "";
      for await (const chunk of await guarded.stream(prompt)) streamed += chunk.text;
      expect(streamed).toBe("hello");
      await guarded.batch([prompt, prompt]);
      const bound = guarded.bindTools!([sql], { tool_choice: "sql" });
      expect((await bound.invoke(prompt)).tool_calls).toMatchObject([{ args: { query: "x" } }]);
      let call: AIMessageChunk | undefined;
      for await (const chunk of await bound.stream(prompt)) call = call?.concat(chunk) ?? chunk;
      expect(call?.tool_calls).toMatchObject([{ name: "sql", args: { query: "x" } }]);
      const structured = guarded.withStructuredOutput(z.object({ query: z.string() }));
      expect(await structured.invoke(prompt)).toEqual({ query: "x" });
      expect(guard.calls).toEqual([
        "invoke",
        "stream",
        "invoke",
        "invoke",
        "invoke",
        "stream",
        "invoke",
      ]);
      expect(server.requests.at(-2)).toMatchObject({ tool_choice: { function: { name: "sql" } } });
    }
  });

  it("in the order of the list, the first outermost", async () => {
    const order: string[] = [];
    const named = (name: string): Guard => ({
      name,
      async *model(call, _context, next) {
        order.push(`${name} in`);
        yield* next(call);
        order.push(`${name} out`);
      },
    });
    const model = new FakeListChatModel({ responses: ["x"] });
    await guardModel(model, [named("a"), named("b")], context).invoke(prompt);
    expect(order).toEqual(["a in", "b in", "b out", "a out"]);
  });
});

describe("an agent", () => {
  it("works with a guarded model as with any other", async () => {
    const { server, model, events } = await bench(useTool);
    const agent = createAgent({ model, tools: [sql], systemPrompt: "You are brief." });
    const { messages } = await agent.invoke({ messages: prompt });
    expect(messages.map((message) => message.type)).toEqual(["human", "ai", "tool", "ai"]);
    expect(messages.at(-1)?.text).toBe("It is one.");
    expect(server.requests[1]?.messages.at(-1)).toMatchObject({
      role: "tool",
      content: "rows of SELECT 1",
    });
    expect(events).toEqual([
      expect.objectContaining({ type: "usage" }),
      expect.objectContaining({ type: "usage" }),
    ]);
  });

  it("streams its tokens, also when a first attempt broke off", async () => {
    const { model, events } = await bench((request, n) =>
      n === 1
        ? { fault: "cut", after: 3, reply: { text: "Let me look at the tables." } }
        : useTool(request, n - 1),
    );
    const agent = createAgent({ model, tools: [sql] });
    let final = "";
    const stream = await agent.stream({ messages: prompt }, { streamMode: ["messages", "values"] });
    const ends: string[] = [];
    for await (const [mode, part] of stream) {
      if (mode === "messages" && part[0].type === "ai") final += part[0].text;
      if (mode === "values") ends.push(part.messages.at(-1)?.text ?? "");
    }
    expect(final).toContain("It is one.");
    expect(ends).toContain("Let me look.");
    expect(ends.at(-1)).toBe("It is one.");
    const text = events.flatMap((event) => (event.type === "model-delta" ? [event.text] : []));
    expect(text.join("")).toContain("It is one.");
    expect(events.filter(({ type }) => type === "model-retry")).toHaveLength(1);
  });
});

describe("a limit reached in an agent", () => {
  it("ends it with the error itself, before a model call and before a tool call", async () => {
    const { server, model, ledger, services, raw } = await bench(useTool);
    await ledger.limit("run", { calls: 0 });
    const limit = { code: "LIMIT_REACHED" };
    const agent = createAgent({ model, tools: [sql] });
    await expect(agent.invoke({ messages: prompt })).rejects.toMatchObject(limit);
    expect(server.requests).toHaveLength(0);
    await ledger.limit("run", {});
    let taken = 0;
    const steps = { limit: 1, taken: () => taken, take: () => void (taken += 1) };
    const guards = standardGuards(services);
    const stepped = createAgent({
      model: guardModel(raw, guards, { ...context, steps }),
      tools: [guardTool(sql, guards, { ...context, steps })],
    });
    await expect(stepped.invoke({ messages: prompt })).rejects.toMatchObject(limit);
    expect(server.requests).toHaveLength(1);
  });
});

describe("pieces of a stream", () => {
  it("arrive while the model still writes", async () => {
    let release: (() => void) | undefined;
    let sent = 0;
    // The fourth event is held until the third has been read here.
    const held = new Promise<void>((resolve) => (release = resolve));
    const pace = async () => {
      sent += 1;
      if (sent === 4) await held;
    };
    const { model } = await bench(() => ({ text: "one two three four five six seven" }), { pace });
    let read = "";
    for await (const chunk of await model.stream(prompt)) {
      read += chunk.text;
      if (read !== "") release?.();
    }
    expect(read).toBe("one two three four five six seven");
  });

  it("of tool calls get an index when the model gives none", async () => {
    const guarded = guardModel(new Unnumbered({}), [], context);
    let whole: AIMessageChunk | undefined;
    for await (const chunk of await guarded.stream(prompt)) whole = whole?.concat(chunk) ?? chunk;
    expect(whole?.tool_calls).toMatchObject([
      { name: "a", args: { x: 1 }, id: "1" },
      { name: "b", args: { y: 2 }, id: "2" },
    ]);
  });

  it("come as one when the model does not stream", async () => {
    const chunks = [];
    for await (const chunk of await guardModel(new Whole({}), [], context).stream(prompt)) {
      chunks.push(chunk.text);
    }
    expect(chunks).toEqual(["all at once"]);
  });
});

/** Streams two tool calls in pieces, without saying which piece belongs where. */
class Unnumbered extends BaseChatModel {
  _llmType(): string {
    return "unnumbered";
  }
  async _generate(): Promise<ChatResult> {
    return { generations: [] };
  }
  override async *_streamResponseChunks(_messages: BaseMessage[]) {
    for (const piece of [
      { id: "1", name: "a", args: '{"x"' },
      { args: ":1}" },
      { id: "2", name: "b", args: '{"y"' },
      { args: ":2}" },
    ]) {
      const tool_call_chunks = [{ ...piece, type: "tool_call_chunk" as const }];
      const message = new AIMessageChunk({ content: "", tool_call_chunks });
      yield new ChatGenerationChunk({ text: "", message });
    }
  }
}

class Whole extends BaseChatModel {
  _llmType(): string {
    return "whole";
  }
  async _generate(): Promise<ChatResult> {
    const message = new AIMessageChunk("all at once");
    return { generations: [{ text: "all at once", message }] };
  }
}
