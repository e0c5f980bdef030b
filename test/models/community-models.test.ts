import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { afterEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { askStructured, createModelRegistry, nameOf } from "../../src/models/index.ts";
import { createModelBench, type BenchOptions, type ModelBench } from "../fakes/model-bench.ts";
import type { Script } from "../fakes/openai-server.ts";
import { startHttpServer } from "../fixtures/http-server.ts";

const PROVIDERS = [
  {
    name: "fireworks",
    keyVariable: "FIREWORKS_API_KEY",
    urlVariable: "FIREWORKS_BASE_URL",
    home: "https://api.fireworks.ai/",
    // A model of the price table.
    priced: "fireworks:accounts/fireworks/models/gpt-oss-120b",
  },
  {
    name: "novita",
    keyVariable: "NOVITA_API_KEY",
    urlVariable: "NOVITA_BASE_URL",
    home: "https://api.novita.ai/",
    priced: "novita:meta-llama/llama-3.3-70b-instruct",
  },
  {
    name: "together",
    keyVariable: "TOGETHER_AI_API_KEY",
    urlVariable: "TOGETHER_AI_BASE_URL",
    home: "https://api.together.xyz/",
    priced: "together:meta-llama/Llama-3.3-70B-Instruct-Turbo",
  },
];

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const close of closing.splice(0)) await close();
});

const weather = {
  name: "weather",
  description: "The weather of a city",
  schema: z.object({ city: z.string() }),
};
const prompt = [new HumanMessage("Hello")];

describe.each(PROVIDERS)("a model of $name", (provider) => {
  const bench = async (script: Script, options: BenchOptions = {}): Promise<ModelBench> => {
    const made = await createModelBench(script, { provider, ...options });
    closing.push(() => made.server.close());
    return made;
  };

  it("answers a message, with its key, and says what it used", async () => {
    const { server, model } = await bench(() => ({ text: "Good day" }), {
      key: "k",
      apiKey: "k",
    });
    const answer = await model.invoke(prompt);
    expect(answer.text).toBe("Good day");
    expect(answer.usage_metadata).toMatchObject({ input_tokens: 100, output_tokens: 20 });
    expect(server.requests).toMatchObject([{ model: "scripted" }]);
  });

  it("answers in pieces", async () => {
    const { server, model } = await bench(() => ({ text: "Good day to all of you" }));
    const pieces: string[] = [];
    for await (const chunk of await model.stream(prompt)) pieces.push(chunk.text);
    expect(pieces.join("")).toBe("Good day to all of you");
    expect(pieces.filter((piece) => piece !== "").length).toBeGreaterThan(1);
    expect(server.requests).toMatchObject([{ stream: true }]);
  });

  it("calls a tool, and is told what came of it", async () => {
    const { server, model } = await bench((_request, n) =>
      n === 1
        ? { toolCalls: [{ name: "weather", args: { city: "Oslo" }, id: "call_1" }] }
        : { text: "It rains." },
    );
    const withTools = model.bindTools!([weather]);
    const call = await withTools.invoke(prompt);
    expect(call.tool_calls).toMatchObject([{ name: "weather", args: { city: "Oslo" } }]);
    const result = new ToolMessage({ tool_call_id: "call_1", content: "rain" });
    expect((await withTools.invoke([...prompt, call as AIMessage, result])).text).toBe("It rains.");
    const [first, second] = server.requests;
    expect(first?.tools).toMatchObject([{ function: { name: "weather" } }]);
    expect(second?.messages.slice(1)).toMatchObject([
      { role: "assistant", tool_calls: [{ id: "call_1" }] },
      { role: "tool", tool_call_id: "call_1", content: "rain" },
    ]);
  });

  it("can be made to answer in a form", async () => {
    const { server, model } = await bench(() => ({
      toolCalls: [{ name: "weather", args: { city: "Rome" } }],
    }));
    expect((await askStructured(model, prompt, { tools: [weather] })).value).toEqual({
      city: "Rome",
    });
    expect(server.requests[0]?.tool_choice).toMatchObject({ function: { name: "weather" } });
  });

  it("is bounded in length, and priced by the table", async () => {
    const { server, services, raw } = await bench(() => ({ text: "Hi" }));
    await services.meter.capOutput(raw, 99).invoke(prompt);
    expect(server.requests).toMatchObject([{ max_tokens: 99 }]);
    const registry = createModelRegistry({ settings: { [provider.keyVariable]: "k" } });
    const priced = services.meter.cost(await registry.resolve(provider.priced), {
      inputTokens: 1e6,
      outputTokens: 1e6,
    });
    expect(priced.known).toBe(true);
    expect(services.meter.cost(raw, { inputTokens: 1, outputTokens: 1 })).toMatchObject({
      known: false,
    });
  });

  it.each<[string, ReturnType<Script>, BenchOptions?]>([
    ["429", { fault: "status", status: 429 }],
    ["silence", { fault: "hang" }, { timeoutMs: 2000 }],
    ["an answer without choices", { fault: "empty-choices" }],
  ])("is asked again after %s", async (_name, fault, options) => {
    const { server, model } = await bench((_r, n) => (n === 1 ? fault : { text: "Hi" }), options);
    expect((await model.invoke(prompt)).text).toBe("Hi");
    expect(server.requests).toHaveLength(2);
  });

  it("does not pass off half an answer as a whole one", async () => {
    const { model } = await bench(() => ({
      fault: "end-early",
      after: 3,
      reply: { text: "A longer answer in several pieces." },
    }));
    const read = async () => {
      for await (const chunk of await model.stream(prompt)) expect(chunk).toBeDefined();
    };
    await expect(read()).rejects.toMatchObject({
      code: "MODEL_UNAVAILABLE",
      message: expect.stringContaining(`${provider.name}:scripted stopped in the middle`),
    });
  });

  it("names the variable of a key that is refused, and of one that is missing", async () => {
    const { model } = await bench(() => ({ text: "Hi" }), { key: "right", apiKey: "wrong" });
    await expect(model.invoke(prompt)).rejects.toMatchObject({
      code: "MODEL_AUTH",
      hint: expect.stringContaining(provider.keyVariable),
    });
    const name = `${provider.name}:scripted`;
    // The registry's settings count, not what the class would read by itself.
    vi.stubEnv(provider.keyVariable, "from-the-environment");
    await expect(createModelRegistry().resolve(name)).rejects.toMatchObject({
      code: "MODEL_AUTH",
      message: `${name} needs a key, and ${provider.keyVariable} is not set.`,
      hint: expect.stringContaining(provider.keyVariable),
    });
  });

  it("is asked at the provider's own address unless another is set", async () => {
    const registry = createModelRegistry({ settings: { [provider.keyVariable]: "k" } });
    const model = await registry.resolve(provider.priced);
    expect(nameOf(model)).toBe(provider.priced);
    const { clientConfig } = model as unknown as { clientConfig: { baseURL: string } };
    expect(clientConfig.baseURL).toContain(provider.home);
  });

  it("is not told of accounts at OpenAI", async () => {
    vi.stubEnv("OPENAI_ORGANIZATION", "org-secret");
    vi.stubEnv("OPENAI_ORG_ID", "org-secret");
    vi.stubEnv("OPENAI_PROJECT_ID", "project-secret");
    const server = await startHttpServer((_request, response) => {
      response.writeHead(401).end("{}");
    });
    closing.push(() => server.close());
    const registry = createModelRegistry({
      settings: { [provider.keyVariable]: "k", [provider.urlVariable]: server.origin },
    });
    const model = await registry.resolve(`${provider.name}:scripted`);
    await expect(model.invoke(prompt)).rejects.toThrow(/401/);
    expect(server.asked).toHaveLength(1);
    expect(JSON.stringify(server.asked)).not.toMatch(/secret/);
  });
});
