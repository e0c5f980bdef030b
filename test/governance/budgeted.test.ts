import { HumanMessage } from "@langchain/core/messages";
import * as fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { guardModel, standardGuards } from "../../src/governance/index.ts";
import { createModelBench, type BenchOptions, type ModelBench } from "../fakes/model-bench.ts";
import type { Fault, Reply, Script } from "../fakes/openai-server.ts";

const benches: ModelBench[] = [];
const bench = async (script: Script, options: BenchOptions = {}): Promise<ModelBench> => {
  const made = await createModelBench(script, { prices, ...options });
  benches.push(made);
  return made;
};
afterEach(async () => {
  for (const { server } of benches.splice(0)) await server.close();
});

/** A token costs a micro-euro, one of an answer three. */
const prices = { overrides: { "openai:scripted": { input: 1, output: 3 } } };
const prompt = [new HumanMessage("How much did we sell?")];
const reply: Reply = { text: "A lot of it.", usage: { prompt: 30, completion: 12 } };
const none = { tokens: 0, microEur: 0, calls: 0 };

describe("after a call", () => {
  it("what the model says it used is booked, and nothing stays reserved", async () => {
    const { model, ledger, events } = await bench(() => reply);
    await model.invoke(prompt);
    for await (const chunk of await model.stream(prompt)) expect(chunk).toBeDefined();
    expect(await ledger.totals("run")).toEqual({
      settled: { tokens: 84, microEur: 132, calls: 2 },
      reserved: none,
      inputTokens: 60,
      outputTokens: 24,
    });
    const usage = { inputTokens: 30, outputTokens: 12, costEur: 0.000066, calls: 1 };
    expect(events.filter(({ type }) => type === "usage")).toEqual([
      { type: "usage", taskId: "task", usage },
      { type: "usage", taskId: "task", usage },
    ]);
  });

  it("an estimate is booked when the server does not count", async () => {
    const { model, ledger } = await bench(() => ({ ...reply, usage: false }));
    await model.invoke(prompt);
    const { settled, inputTokens, outputTokens } = await ledger.totals("run");
    expect(inputTokens).toBeGreaterThan(6);
    expect(outputTokens).toBeGreaterThan(4);
    expect(settled.tokens).toBeLessThan(100);
  });

  it.each([
    [401, 0, 1],
    [500, 0, 4],
  ])("that was answered %i nothing is booked but the attempts", async (status, tokens, calls) => {
    const { model, ledger } = await bench(() => ({ fault: "status", status }));
    await expect(model.invoke(prompt)).rejects.toThrow(`${status}`);
    expect(await ledger.totals("run")).toMatchObject({
      settled: { tokens, microEur: 0, calls },
      reserved: none,
    });
  });

  it("that broke off, all that was reserved is booked: the provider may have charged it", async () => {
    const cut: Fault = { fault: "cut", after: 3, reply };
    const { model, ledger } = await bench((_request, n) => (n === 1 ? cut : reply), {
      maxOutputTokens: 500,
    });
    const read = async () => {
      for await (const chunk of await model.stream(prompt)) expect(chunk).toBeDefined();
    };
    await expect(read()).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
    const { settled, reserved } = await ledger.totals("run");
    expect(settled.tokens).toBeGreaterThan(500);
    expect(reserved).toEqual(none);
  });

  it("whose reader went away, too", async () => {
    const { model, ledger } = await bench(() => reply, { maxOutputTokens: 500 });
    for await (const chunk of await model.stream(prompt)) if (chunk.text !== "") break;
    const { settled, reserved } = await ledger.totals("run");
    expect(settled).toMatchObject({ calls: 1 });
    expect(settled.tokens).toBeGreaterThan(500);
    expect(reserved).toEqual(none);
  });
});

describe("near the limit", () => {
  it("the answer is bounded by what is left", async () => {
    const { server, model, ledger } = await bench(() => reply);
    await model.invoke(prompt);
    expect(server.requests[0]).not.toHaveProperty("max_tokens");
    await ledger.limit("run", { tokens: 100_000 });
    await model.invoke(prompt);
    expect(server.requests[1]).toMatchObject({ max_tokens: 8192 });
    await ledger.limit("run", { tokens: 1000 });
    await model.invoke(prompt);
    expect(server.requests[2]?.max_tokens).toBeGreaterThan(800);
    expect(server.requests[2]?.max_tokens).toBeLessThan(1000 - 84);
    await ledger.limit("run", { microEur: 198 + 30 + 300 * 3 });
    await model.invoke(prompt);
    expect(server.requests[3]?.max_tokens).toBeGreaterThanOrEqual(290);
    expect(server.requests[3]?.max_tokens).toBeLessThanOrEqual(310);
  });

  it.each([
    ["tokens", { tokens: 300 }, "300 tokens"],
    ["microEur", { microEur: 700 }, "0.0007 EUR"],
    ["calls", { calls: 1 }, "1 model calls"],
  ])("of %s a call is refused before anything is sent", async (limit, limits, words) => {
    const { server, model, ledger } = await bench(() => reply);
    await ledger.limit("run", limits);
    const calls = async () => {
      for (;;) await model.invoke(prompt);
    };
    const refused = {
      code: "LIMIT_REACHED",
      message: expect.stringContaining(words),
      hint: expect.stringContaining("--budget"),
    };
    await expect(calls()).rejects.toMatchObject({ ...refused, data: { limit } });
    const sent = server.requests.length;
    await expect(model.invoke(prompt)).rejects.toMatchObject({ code: "LIMIT_REACHED" });
    expect(server.requests).toHaveLength(sent);
    await ledger.limit("run", {});
    await expect(model.invoke(prompt)).resolves.toBeDefined();
  });

  it("a call waits for what others have only reserved, instead of stopping the run", async () => {
    const { server, model, ledger } = await bench(() => reply);
    await ledger.limit("run", { tokens: 1500 });
    const answers = await Promise.all(Array.from({ length: 12 }, () => model.invoke(prompt)));
    expect(answers).toHaveLength(12);
    expect(server.requests).toHaveLength(12);
    expect((await ledger.totals("run")).settled.tokens).toBe(12 * 42);
  });

  it("a call that waits can be cancelled", async () => {
    const cancel = new AbortController();
    const { model, ledger, services, raw, context } = await bench(() => ({ fault: "hang" }));
    const other = guardModel(raw, standardGuards(services), context);
    await ledger.limit("run", { tokens: 1500 });
    await ledger.reserve("run", "another process", { tokens: 1400, microEur: 0, calls: 1 });
    // Nobody in this process will give it back: no waiting.
    await expect(other.invoke(prompt)).rejects.toMatchObject({ code: "LIMIT_REACHED" });
    await ledger.settle("another process", undefined);
    const first = model.invoke(prompt, { signal: cancel.signal });
    const second = model.invoke(prompt, { signal: cancel.signal });
    setImmediate(() => cancel.abort());
    await expect(first).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(second).rejects.toMatchObject({ code: "CANCELLED" });
    expect((await ledger.totals("run")).reserved).toEqual(none);
  });
});

it("200 parallel calls that succeed, fail, break off or are cut never pass a limit and leak nothing", async () => {
  const outcome = fc.constantFrom<Reply | Fault>(
    reply,
    { ...reply, usage: { prompt: 20, completion: 250 } },
    { fault: "status", status: 500 },
    { fault: "status", status: 400 },
    { fault: "reset" },
    { fault: "cut", after: 3, reply },
    { fault: "end-early", after: 2, reply },
    { fault: "empty-choices" },
  );
  const script = fc.sample(outcome, { numRuns: 2000, seed: 7 });
  const limits = { tokens: 60_000, microEur: 150_000, calls: 250 };
  const { server, model, ledger } = await bench((_request, n) => script[n % script.length]!, {
    maxOutputTokens: 400,
  });
  await ledger.limit("run", limits);
  const codes = new Map<string, number>();
  const readAll = async (): Promise<void> => {
    for await (const chunk of await model.stream(prompt)) expect(chunk).toBeDefined();
  };
  const one = async (_: unknown, index: number): Promise<void> => {
    let end = "done";
    try {
      await (index % 2 === 0 ? model.invoke(prompt) : readAll());
    } catch (error) {
      end = String((error as { code?: unknown }).code);
    }
    codes.set(end, (codes.get(end) ?? 0) + 1);
    const { settled, reserved } = await ledger.totals("run");
    for (const name of ["tokens", "microEur", "calls"] as const) {
      expect(settled[name] + reserved[name]).toBeLessThanOrEqual(limits[name]);
    }
  };
  await Promise.all(Array.from({ length: 200 }, one));
  const { settled, reserved } = await ledger.totals("run");
  expect(reserved).toEqual(none);
  expect(settled.calls).toBe(server.requests.length);
  expect([...codes.keys()].sort()).toEqual(["LIMIT_REACHED", "MODEL_UNAVAILABLE", "done"]);
});
