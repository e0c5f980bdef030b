import { FakeListChatModel } from "@langchain/core/utils/testing";
import { describe, expect, it } from "vitest";
import { createModelMeter, createModelRegistry, nameOf } from "../../src/models/index.ts";

describe("a model's name", () => {
  it("is provider:model, where the model may hold colons", async () => {
    const given: Record<string, unknown>[] = [];
    class ChatOllama extends FakeListChatModel {
      constructor(fields: Record<string, unknown>) {
        super({ responses: ["hi"] });
        given.push(fields);
      }
    }
    const registry = createModelRegistry({
      settings: { OLLAMA_BASE_URL: "http://gpu:11434" },
      load: async () => ({ ChatOllama }),
    });
    const model = await registry.resolve("ollama:qwen3:8b");
    expect(nameOf(model)).toBe("ollama:qwen3:8b");
    expect(given).toEqual([{ model: "qwen3:8b", baseUrl: "http://gpu:11434", maxRetries: 0 }]);
    expect(await registry.resolve("ollama:qwen3:8b")).toBe(model);
    // How a model is made again with another bound is known for each provider.
    expect(createModelMeter().capOutput(model, 99)).not.toBe(model);
    expect(given[1]).toMatchObject({ model: "qwen3:8b", numPredict: 99 });
  });

  it('"default" stands for the configured model', async () => {
    const registry = createModelRegistry({
      defaultModel: "openai:gpt-5-mini",
      settings: { OPENAI_API_KEY: "k" },
    });
    expect(registry.fullName("default")).toBe("openai:gpt-5-mini");
    expect(nameOf(await registry.resolve("default"))).toBe("openai:gpt-5-mini");
    expect(createModelRegistry().fullName("default")).toBe("offline");
  });

  it.each(["gpt-4o", "nobody:x", "constructor:x", ":x", "openai:", ""])(
    "%j is unknown, and the hint says how to write one",
    (name) =>
      expect(createModelRegistry().resolve(name)).rejects.toMatchObject({
        code: "MODEL_UNKNOWN",
        hint: expect.stringContaining("provider:model"),
      }),
  );

  it("of no known provider is answered with those there are", () =>
    expect(createModelRegistry().resolve("nobody:x")).rejects.toMatchObject({
      hint: expect.stringMatching(/Providers: openai, fireworks, novita, together, anthropic, /),
    }));
});

describe("what is missing is named", () => {
  it("the key's variable", async () => {
    await expect(createModelRegistry().resolve("openai:gpt-5-mini")).rejects.toMatchObject({
      code: "MODEL_AUTH",
      message: "openai:gpt-5-mini needs a key, and OPENAI_API_KEY is not set.",
    });
    const registry = createModelRegistry({
      settings: { ANTHROPIC_API_KEY: "  " },
      load: async () => ({ ChatAnthropic: FakeListChatModel }),
    });
    await expect(registry.resolve("anthropic:claude-sonnet-4-5")).rejects.toMatchObject({
      code: "MODEL_AUTH",
      data: { variable: "ANTHROPIC_API_KEY" },
    });
  });

  it("the package, with the line that installs it", () =>
    expect(createModelRegistry().resolve("anthropic:claude-sonnet-4-5")).rejects.toMatchObject({
      code: "MODEL_UNKNOWN",
      hint: "Run: npm install @langchain/anthropic",
    }));

  it("no key, for a server of one's own", async () => {
    const registry = createModelRegistry({
      settings: { OPENAI_BASE_URL: "http://127.0.0.1:1/v1" },
    });
    expect(nameOf(await registry.resolve("openai:local"))).toBe("openai:local");
  });

  it("and is looked for again the next time", async () => {
    const settings: Record<string, string> = {};
    const registry = createModelRegistry({ settings });
    await expect(registry.resolve("openai:x")).rejects.toMatchObject({ code: "MODEL_AUTH" });
    settings["OPENAI_API_KEY"] = "k";
    expect(nameOf(await registry.resolve("openai:x"))).toBe("openai:x");
  });
});
