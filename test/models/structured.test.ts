import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { askStructured } from "../../src/models/index.ts";
import { createModelBench, type ModelBench } from "../fakes/model-bench.ts";
import type { Reply, Script } from "../fakes/openai-server.ts";

const benches: ModelBench[] = [];
const bench = async (script: Script): Promise<ModelBench> => {
  const made = await createModelBench(script);
  benches.push(made);
  return made;
};
afterEach(async () => {
  for (const { server } of benches.splice(0)) await server.close();
});

const prompt = [new HumanMessage("Make a plan")];
const plan = {
  name: "submit_plan",
  description: "The plan",
  schema: z.object({ title: z.string(), tasks: z.array(z.string()).min(1) }),
} as const;
const clarify = {
  name: "ask_clarification",
  description: "A question",
  schema: z.object({ question: z.string() }),
} as const;
const good = { title: "Sales", tasks: ["query"] };
const calls = (args: unknown, name = "submit_plan"): Reply => ({ toolCalls: [{ name, args }] });
const inTurn =
  (...replies: Reply[]): Script =>
  (_request, n) =>
    replies[Math.min(n, replies.length) - 1]!;

describe("a good answer", () => {
  it("is one forced call, with its arguments parsed", async () => {
    const { server, model } = await bench(() => calls(good));
    const answer = await askStructured(model, prompt, { tools: [plan] });
    expect(answer).toEqual({ tool: "submit_plan", value: good });
    expect(server.requests[0]).toMatchObject({
      tool_choice: { type: "function", function: { name: "submit_plan" } },
      tools: [{ function: { name: "submit_plan", parameters: { required: ["title", "tasks"] } } }],
    });
  });

  it("may be any of several tools, and says which", async () => {
    const { server, model } = await bench(() => calls({ question: "Which year?" }, clarify.name));
    const answer = await askStructured(model, prompt, { tools: [plan, clarify] });
    expect(answer).toEqual({ tool: "ask_clarification", value: { question: "Which year?" } });
    expect(server.requests[0]?.tool_choice).toBe("required");
  });

  it("comes from a server that does not know tool_choice too", async () => {
    const { server, model } = await bench((request) =>
      request.tool_choice === undefined
        ? calls(good)
        : { fault: "status", status: 400, message: "tool_choice is not supported" },
    );
    const answer = await askStructured(model, prompt, { tools: [plan] });
    expect(answer.value).toEqual(good);
    expect(server.requests.at(-1)?.messages.at(-1)?.content).toContain("`submit_plan`");
  });
});

describe("a bad answer is sent back once, with what is wrong", () => {
  const bad: [string, Reply, RegExp][] = [
    ["prose", { text: "Here is my plan: query the data." }, /answer was text.*`submit_plan`/],
    ["malformed JSON", calls('{"title": "Sales", "tasks": ['), /not valid JSON/],
    ["the wrong shape", calls({ title: "Sales", tasks: [] }), /tasks/],
    ["a tool that is not there", calls(good, "make_plan"), /no tool "make_plan"/],
    ["an answer cut at its bound", { ...calls('{"title": "S'), finish: "length" }, /cut off/],
    ["nothing at all", { text: "" }, /answer was text/],
  ];
  it.each(bad)("%s", async (_name, reply, problem) => {
    const { server, model } = await bench(inTurn(reply, calls(good)));
    const answer = await askStructured(model, prompt, { tools: [plan] });
    expect(answer.value).toEqual(good);
    expect(server.requests).toHaveLength(2);
    expect(JSON.stringify(server.requests[1]?.messages.slice(1))).toMatch(
      new RegExp(problem.source.replaceAll('"', String.raw`\\"`)),
    );
  });

  it.each(bad)("and is an error the second time: %s", async (_name, reply, problem) => {
    const { server, model } = await bench(() => reply);
    await expect(askStructured(model, prompt, { tools: [plan] })).rejects.toMatchObject({
      code: "MODEL_OUTPUT",
      retryable: true,
      message: expect.stringMatching(problem),
    });
    expect(server.requests).toHaveLength(2);
  });

  it("what a check beyond the schema finds", async () => {
    const { server, model } = await bench(
      inTurn(calls({ title: "Sales", tasks: ["a", "a"] }), calls(good)),
    );
    const answer = await askStructured(model, prompt, {
      tools: [plan, clarify],
      validate: (given) =>
        given.tool === "submit_plan" && new Set(given.value.tasks).size < given.value.tasks.length
          ? ['The task "a" is there twice.']
          : [],
    });
    expect(answer.value).toEqual(good);
    // The call and its error go back as the protocol has it: a call, then its result.
    expect(server.requests[1]?.messages.slice(1)).toMatchObject([
      { role: "assistant", tool_calls: [{ function: { name: "submit_plan" } }] },
      { role: "tool", content: 'The task "a" is there twice.' },
    ]);
  });

  it("but a refusal is not argued with", async () => {
    const { server, model } = await bench(() => ({ refusal: "No." }));
    await expect(askStructured(model, prompt, { tools: [plan] })).rejects.toMatchObject({
      code: "MODEL_REFUSED",
    });
    expect(server.requests).toHaveLength(1);
  });

  it("and a cancelled question is not asked", async () => {
    const { server, model } = await bench(() => calls(good));
    await expect(
      askStructured(model, prompt, { tools: [plan], signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: "CANCELLED" });
    expect(server.requests).toHaveLength(0);
  });
});

it("a model that cannot call tools is named", async () => {
  const model = new FakeListChatModel({ responses: ["x"] });
  Object.defineProperty(model, "bindTools", { value: undefined });
  await expect(askStructured(model, [new AIMessage("x")], { tools: [plan] })).rejects.toMatchObject(
    {
      code: "MODEL_OUTPUT",
      message: expect.stringContaining("cannot call tools"),
    },
  );
});
