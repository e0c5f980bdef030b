import { HumanMessage } from "@langchain/core/messages";
import { afterEach, describe, expect, it } from "vitest";
import { createModelBench, type BenchOptions, type ModelBench } from "../fakes/model-bench.ts";
import type { Fault, Reply, Script } from "../fakes/openai-server.ts";

const benches: ModelBench[] = [];
const bench = async (script: Script, options: BenchOptions = {}): Promise<ModelBench> => {
  const made = await createModelBench(script, options);
  benches.push(made);
  return made;
};
afterEach(async () => {
  for (const { server } of benches.splice(0)) await server.close();
});

const prompt = [new HumanMessage("Hello")];
const hello: Reply = { text: "Hello, this is a longer answer in several pieces." };
const status = (code: number, more: object = {}): Fault => ({
  fault: "status",
  status: code,
  ...more,
});
/** The fault first, then a good answer. */
const onceThen =
  (fault: Fault): Script =>
  (_request, n) =>
    n === 1 ? fault : hello;

describe("a fault that passes is tried again", () => {
  const passing: [string, Fault, BenchOptions?][] = [
    ["429", status(429)],
    ["500", status(500)],
    ["503", status(503)],
    ["529", status(529)],
    ["a time-out", { fault: "hang" }, { timeoutMs: 2000 }],
    ["a closed connection", { fault: "reset" }],
    ["an answer without choices", { fault: "empty-choices" }],
  ];
  it.each(passing)("after %s", async (_name, fault, options) => {
    const { server, model, events, waits } = await bench(onceThen(fault), options);
    expect((await model.invoke(prompt)).text).toBe(hello.text);
    expect(server.requests).toHaveLength(2);
    expect(waits).toHaveLength(1);
    expect(events.filter(({ type }) => type === "model-retry")).toMatchObject([
      { attempt: 2, reason: expect.stringContaining("openai:scripted") },
    ]);
  });

  const cuts: [string, Fault, BenchOptions?][] = [
    ["a connection that breaks", { fault: "cut", after: 3, reply: hello }],
    ["an end that comes too early", { fault: "end-early", after: 3, reply: hello }],
    ["silence", { fault: "stall", after: 3, reply: hello }, { timeoutMs: 2000 }],
    ["a refused connection at the start", { fault: "cut", after: 0, reply: hello }],
  ];
  it.each(cuts)(
    "in the middle of a stream that invoke() collects, after %s",
    async (_n, fault, o) => {
      const { server, model } = await bench(onceThen(fault), o);
      // A handler that wants tokens makes invoke() stream, as LangGraph's `messages` mode does.
      const tokens: string[] = [];
      const handler = {
        name: "tokens",
        lc_prefer_streaming: true,
        awaitHandlers: true,
        handleLLMNewToken: (token: string) => void tokens.push(token),
      };
      const answer = await model.invoke(prompt, { callbacks: [handler] });
      expect(answer.text).toBe(hello.text);
      expect(tokens.join("")).toContain(hello.text);
      expect(server.requests.map(({ stream }) => stream)).toEqual([true, true]);
    },
  );

  it("but not when the pieces of a stream have been read: that would repeat them", async () => {
    const { server, model } = await bench(onceThen({ fault: "cut", after: 3, reply: hello }));
    const read = async () => {
      for await (const chunk of await model.stream(prompt))
        expect(chunk.text.length).toBeLessThan(20);
    };
    await expect(read()).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE", retryable: true });
    expect(server.requests).toHaveLength(1);
  });

  it("at most four times in all, waiting longer each time, and then names the cause", async () => {
    const { server, model, waits } = await bench(() => status(500, { message: "engine down" }));
    await expect(model.invoke(prompt)).rejects.toMatchObject({
      code: "MODEL_UNAVAILABLE",
      retryable: true,
      message: "openai:scripted answered 500: 500 engine down (tried 4 times)",
      hint: expect.stringContaining("resume"),
      data: { cause: "server-error", status: 500, attempts: 4 },
    });
    expect(server.requests).toHaveLength(4);
    expect(waits).toHaveLength(3);
    waits.forEach((wait, index) => {
      expect(wait).toBeGreaterThanOrEqual(500 * 2 ** index);
      expect(wait).toBeLessThanOrEqual(1000 * 2 ** index);
    });
  });

  it.each([
    ["seconds", { "retry-after": "7" }, 7000],
    ["milliseconds", { "retry-after-ms": "2500" }, 2500],
    ["a date", { "retry-after": "Thu, 01 Jan 1970 00:00:09 GMT" }, 9000],
    ["more than a minute, which is cut to one", { "retry-after": "3600" }, 60_000],
  ])("as late as Retry-After asks, in %s", async (_name, headers, wait) => {
    const { model, waits } = await bench(onceThen(status(429, { headers })));
    await model.invoke(prompt);
    expect(waits).toEqual([wait]);
  });

  it("while the server cannot be reached, and says so", async () => {
    const { server, model, waits } = await bench(() => hello);
    await server.close();
    await expect(model.invoke(prompt)).rejects.toMatchObject({
      code: "MODEL_UNAVAILABLE",
      data: { cause: "unreachable", spent: "nothing" },
    });
    expect(waits).toHaveLength(3);
  });
});

describe("a fault that stays is not tried again", () => {
  const staying: [string, Fault, object][] = [
    ["401", status(401, { message: "Incorrect key sk-abcdef123" }), { code: "MODEL_AUTH" }],
    ["403", status(403), { code: "MODEL_AUTH", hint: expect.stringContaining("OPENAI_API_KEY") }],
    ["404", status(404), { code: "MODEL_UNKNOWN", hint: expect.stringContaining("/v1") }],
    ["400", status(400), { code: "MODEL_UNAVAILABLE", data: { cause: "rejected" } }],
    [
      "a used-up account",
      status(429, { code: "insufficient_quota", message: "You exceeded your quota: billing" }),
      { code: "MODEL_UNAVAILABLE", retryable: true, data: { cause: "no-credit" } },
    ],
    [
      "a prompt over the context window",
      status(400, { code: "context_length_exceeded", message: "maximum context length is 8192" }),
      { code: "INPUT_TOO_LARGE", hint: expect.stringContaining("context window") },
    ],
  ];
  it.each(staying)("%s", async (_name, fault, error) => {
    const { server, model } = await bench(() => fault);
    await expect(model.invoke(prompt)).rejects.toMatchObject(error);
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ["a refusal", { refusal: "I cannot help with that." }, "I cannot help"],
    ["an answer ended by the filter", { text: "Well", finish: "content_filter" }, "content_filter"],
  ])("%s, in one piece and streamed", async (_name, reply, said) => {
    const { server, model } = await bench(() => reply);
    const refused = { code: "MODEL_REFUSED", message: expect.stringContaining(said) };
    await expect(model.invoke(prompt)).rejects.toMatchObject(refused);
    const read = async () => {
      for await (const chunk of await model.stream(prompt)) expect(chunk).toBeDefined();
    };
    await expect(read()).rejects.toMatchObject(refused);
    expect(server.requests).toHaveLength(2);
  });

  it("never shows the key", async () => {
    const { model } = await bench(() =>
      status(401, { message: "Incorrect key sk-abcdef123 given" }),
    );
    await expect(model.invoke(prompt)).rejects.toMatchObject({
      message: "openai:scripted refused the key (401): 401 Incorrect key [key] given",
    });
  });

  it("also when the server itself turns a wrong key away", async () => {
    const { model } = await bench(() => hello, { key: "right", apiKey: "wrong" });
    await expect(model.invoke(prompt)).rejects.toMatchObject({ code: "MODEL_AUTH" });
  });
});

describe("cancelling", () => {
  it("ends a call that hangs at once", async () => {
    const cancel = new AbortController();
    const script: Script = () => {
      setImmediate(() => cancel.abort());
      return { fault: "hang" };
    };
    const { model, waits } = await bench(script, { signal: cancel.signal });
    await expect(model.invoke(prompt)).rejects.toMatchObject({ code: "CANCELLED" });
    expect(waits).toEqual([]);
  });

  it("ends a stream in the middle, by the signal of the call", async () => {
    const cancel = new AbortController();
    const { model } = await bench(() => ({ fault: "stall", after: 3, reply: hello }));
    const read = async () => {
      for await (const chunk of await model.stream(prompt, { signal: cancel.signal })) {
        if (chunk.text !== "") cancel.abort();
      }
    };
    await expect(read()).rejects.toThrow(/abort/i);
    await expect(model.invoke(prompt, { signal: cancel.signal })).rejects.toMatchObject({
      code: "CANCELLED",
    });
  });
});
