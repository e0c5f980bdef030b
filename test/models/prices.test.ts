import { AIMessage, HumanMessage, SystemMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import * as fc from "fast-check";
import { getEncoding } from "js-tiktoken";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  createModelMeter,
  createModelRegistry,
  type PriceOptions,
} from "../../src/models/index.ts";

const costOf = async (name: string, usage: object, prices: PriceOptions = {}, url?: string) => {
  const settings = { OPENAI_API_KEY: "k", ...(url === undefined ? {} : { OPENAI_BASE_URL: url }) };
  const model = await createModelRegistry({ settings }).resolve(name);
  return createModelMeter(prices).cost(model, { inputTokens: 0, outputTokens: 0, ...usage });
};

describe("the price of a call", () => {
  it("is the list price in micro-euro, rounded up, a dollar taken for a euro", async () => {
    const usage = { inputTokens: 1000, outputTokens: 100 };
    expect(await costOf("openai:gpt-4o", usage)).toEqual({ microEur: 3500, known: true });
    expect(await costOf("openai:gpt-4o", { inputTokens: 1 })).toEqual({ microEur: 3, known: true });
    expect(await costOf("openai:gpt-4o", usage, { eurPerUsd: 0.9 })).toEqual({
      microEur: 3150,
      known: true,
    });
  });

  it("is lower for what the provider had cached", async () => {
    const usage = { inputTokens: 1000, outputTokens: 10 };
    const whole = await costOf("openai:gpt-4o", usage);
    const cached = await costOf("openai:gpt-4o", { ...usage, cachedTokens: 900 });
    expect(cached.microEur).toBeLessThan(whole.microEur);
  });

  it("is the override where there is one, also for a local server", async () => {
    const overrides = { "openai:mine": { input: 0.1, output: 2 } };
    const usage = { inputTokens: 30, outputTokens: 10 };
    const local = "http://localhost:8000/v1";
    expect(await costOf("openai:mine", usage, { overrides }, local)).toEqual({
      microEur: 23,
      known: true,
    });
  });

  it.each([
    "http://localhost:8000/v1",
    "http://127.0.0.1:1/v1",
    "http://192.168.1.5/v1",
    "http://172.20.0.2/v1",
    "http://gpu.lan/v1",
  ])("is nothing at %s", async (url) =>
    expect(await costOf("openai:gpt-4o", { inputTokens: 1e6 }, {}, url)).toEqual({
      microEur: 0,
      known: true,
    }),
  );

  it.each([
    "https://llm.example.com/v1",
    "http://172.32.0.1/v1",
    "http://10.example.com.evil.com/v1",
  ])("is not nothing at %s", async (url) => {
    const price = await costOf("openai:gpt-4o", { inputTokens: 1e6 }, {}, url);
    expect(price.microEur).toBeGreaterThan(0);
  });

  it("is a stated high one for a model nobody knows, and is marked as unknown", async () => {
    const usage = { inputTokens: 1e6, outputTokens: 1e6 };
    expect(await costOf("openai:nobody-knows", usage)).toEqual({ microEur: 90e6, known: false });
    const stranger = new FakeListChatModel({ responses: [] });
    const unknown = { input: 1, output: 2 };
    expect(createModelMeter({ unknown }).cost(stranger, usage as never)).toEqual({
      microEur: 3e6,
      known: false,
    });
  });
});

describe("the estimate of a prompt", () => {
  const meter = createModelMeter();
  const encodings = [getEncoding("cl100k_base"), getEncoding("o200k_base")];
  const real = (text: string): number =>
    Math.max(...encodings.map((encoding) => encoding.encode(text, "all").length));

  it("is never below what tokenizers count, for text of any kind", () => {
    const text = fc.oneof(
      fc.string({ maxLength: 300 }),
      fc.string({ unit: "grapheme", maxLength: 100 }),
      fc.string({
        unit: fc.constantFrom(...Array.from('abcdefXYZ ,.0123\n\t{}":')),
        maxLength: 400,
      }),
      fc.json(),
      fc.base64String({ maxLength: 200 }),
      fc.lorem({ maxCount: 40 }),
    );
    fc.assert(
      fc.property(text, (given) => {
        expect(meter.estimateTokens([new HumanMessage(given)])).toBeGreaterThanOrEqual(real(given));
      }),
      { numRuns: 400 },
    );
  });

  it("is less than three times as much for ordinary English", () => {
    const text =
      "The monthly sales report compares revenue by region and product with the plan and with " +
      "last month; anything unusual is pointed out, and every figure can be traced to its source. ";
    const count = meter.estimateTokens([new HumanMessage(text.repeat(20))]);
    expect(count).toBeLessThan(3 * real(text.repeat(20)));
  });

  it("counts calls, tools and pictures", () => {
    const base = meter.estimateTokens([new SystemMessage("x")]);
    expect(meter.estimateTokens([new SystemMessage("x")], [{ name: "sql" }])).toBeGreaterThan(base);
    const sql = tool(async () => "", { name: "sql", schema: z.object({ query: z.string() }) });
    expect(meter.estimateTokens([], [sql])).toBeGreaterThan(
      real('{"name":"sql","query":"string"}'),
    );
    const call = { name: "sql", args: { query: "SELECT 1" }, id: "1", type: "tool_call" as const };
    const said = meter.estimateTokens([new AIMessage({ content: "", tool_calls: [call] })]);
    expect(said).toBeGreaterThan(real(JSON.stringify(call)));
    const picture = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
    expect(meter.estimateTokens([new HumanMessage({ content: [picture] })])).toBeGreaterThan(1000);
  });
});
