// The guard of policy in the list that compose builds: with real policies, and in a real graph.
import { tool } from "@langchain/core/tools";
import { Command, END, MemorySaver, START, StateGraph } from "@langchain/langgraph";
import { z } from "zod";
import {
  callerOf,
  compilePolicies,
  decide,
  guardModel,
  guardTool,
  type CallContext,
  type PolicySet,
  readInterrupt,
  standardGuards,
} from "../../src/governance/index.ts";
import { createFaultPolicy, createModelMeter } from "../../src/models/index.ts";
import type { RunEvent } from "../../src/protocol/index.ts";
import { createMemoryBudgetLedger } from "../fakes/memory-budget-ledger.ts";
import { ScriptedModel } from "../fakes/scripted-model.ts";

const Send = z.object({ to: z.string(), amount: z.number() });
const TOOLS = [
  { name: "send", effect: "once" as const, arguments: Send },
  { name: "look", effect: "none" as const, arguments: z.object({}) },
];
const CALL = 'permit (principal, action == Action::"call", resource);';
const HARMLESS =
  'permit (principal, action == Action::"callUnattended", resource is Tool) when { resource.effect == "none" };';
const compiled = (source: string): PolicySet =>
  compilePolicies([{ name: "p.cedar", source }], TOOLS);

const bench = (source: string, more: Partial<CallContext> = {}) => {
  const events: RunEvent[] = [];
  const sent: unknown[] = [];
  const now = { set: compiled(source) };
  const ledger = createMemoryBudgetLedger();
  const guards = standardGuards({
    policy: { decide: (request) => decide(now.set, request) },
    clock: { now: () => 1000 },
    faults: createFaultPolicy(),
    ledger,
    meter: createModelMeter(),
  });
  const context: CallContext = {
    rootThread: "run",
    taskId: "task",
    agent: "clerk",
    caller: callerOf({}),
    emit: (event) => void events.push(event),
    ...more,
  };
  const send = tool(
    (args) => {
      sent.push(args);
      return "sent";
    },
    { name: "send", description: "Sends", schema: Send },
  );
  const look = tool(() => "seen", { name: "look", description: "Looks", schema: z.object({}) });
  return {
    events,
    sent,
    ledger,
    send: guardTool(send, guards, context),
    look: guardTool(look, guards, context),
    model: guardModel(new ScriptedModel([]), guards, context),
    change: (to: string) => {
      now.set = compiled(to);
    },
  };
};
const args = { to: "bob", amount: 5 };

describe("a call that policy", () => {
  it("allows is made, and nothing is told of it", async () => {
    const { look, events } = bench(CALL + HARMLESS);
    expect(await look.invoke({})).toBe("seen");
    expect(events.map(({ type }) => type)).toEqual(["tool-start", "tool-end"]);
  });

  it("forbids is not made: the caller gets the policy's name, and the run is told", async () => {
    const { send, sent, events } = bench(
      `${CALL} @id("no-bob") forbid (principal, action == Action::"call", resource) when { context.arguments has send && context.arguments.send.to == "bob" };`,
    );
    await expect(send.invoke(args)).rejects.toMatchObject({
      code: "POLICY_DENIED",
      message: expect.stringContaining("no-bob"),
      data: { policies: ["no-bob"], version: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(sent).toEqual([]);
    expect(events).toEqual([
      { type: "notice", level: "warning", message: expect.stringContaining("no-bob") },
    ]);
  });

  it("does not permit is not made, of a model neither, streamed or whole", async () => {
    const { look, model, events } = bench("forbid (principal, action, resource is Thread);");
    const denied = {
      code: "POLICY_DENIED",
      message: expect.stringContaining("nothing permits it"),
    };
    await expect(look.invoke({})).rejects.toMatchObject(denied);
    await expect(model.invoke("hi")).rejects.toMatchObject(denied);
    const read = async () => {
      for await (const part of await model.stream("hi")) expect(part).toBeUndefined();
    };
    await expect(read()).rejects.toMatchObject(denied);
    expect(events).toHaveLength(3);
  });

  it("is asked about for nobody is not made", async () => {
    const { look } = bench(CALL + HARMLESS, { caller: undefined });
    await expect(look.invoke({})).rejects.toThrow(/nobody is named/);
  });

  it("forbids to the agent alone is not made for a person who might", async () => {
    const forbid = 'forbid (principal == Agent::"clerk", action, resource);';
    const { look } = bench(CALL + HARMLESS + forbid);
    await expect(look.invoke({})).rejects.toMatchObject({ code: "POLICY_DENIED" });
    const other = bench(CALL + HARMLESS + forbid, { agent: "analyst" });
    expect(await other.look.invoke({})).toBe("seen");
  });

  it("limits by what the run has cost stops when it has", async () => {
    const { look, ledger } = bench(
      `${CALL + HARMLESS} forbid (principal, action == Action::"call", resource) when { context.costCents > 100 };`,
    );
    expect(await look.invoke({})).toBe("seen");
    await ledger.reserve("run", "one", { tokens: 0, microEur: 1_000_001, calls: 1 });
    await ledger.settle("one", {
      tokens: 0,
      microEur: 1_000_001,
      calls: 1,
      inputTokens: 0,
      outputTokens: 0,
    });
    await expect(look.invoke({})).rejects.toMatchObject({ code: "POLICY_DENIED" });
  });

  it("cannot be asked about because the arguments are wrong is the tool's failure", async () => {
    const { send, events } = bench(CALL);
    await expect(send.invoke({ to: "bob" } as never)).rejects.toMatchObject({
      code: "TOOL_FAILED",
      hint: "Follow the schema of send.",
    });
    expect(events).toEqual([]);
  });
});

const graphOf = ({ send }: ReturnType<typeof bench>) =>
  new StateGraph(z.object({ out: z.string().default("") }))
    .addNode("work", async () => {
      const call = { type: "tool_call" as const, id: "1", name: "send", args };
      const message = (await send.invoke(call)) as { content: string };
      return { out: message.content };
    })
    .addEdge(START, "work")
    .addEdge("work", END)
    .compile({ checkpointer: new MemorySaver() });
const config = { configurable: { thread_id: "t" } };
const answer = (type: string, message = "") =>
  new Command<unknown, { out?: string }, "work">({ resume: { decisions: [{ type, message }] } });

describe("a call that needs a person", () => {
  it("pauses the graph with exactly what is to be done, and is made once when approved", async () => {
    const shop = bench(CALL);
    const graph = graphOf(shop);
    await graph.invoke({}, config);
    expect(shop.sent).toEqual([]);
    const [{ value } = { value: undefined }] = (await graph.getState(config)).tasks.flatMap(
      ({ interrupts }) => interrupts,
    );
    expect(readInterrupt(value)).toMatchObject({
      actionRequests: [{ name: "send", args }],
      reviewConfigs: [{ allowedDecisions: ["approve", "reject"] }],
    });
    expect(await graph.invoke(answer("approve"), config)).toEqual({ out: "sent" });
    expect(shop.sent).toEqual([args]);
  });

  it("is not made when it is rejected, also when policy has meanwhile become milder", async () => {
    const shop = bench(CALL);
    const graph = graphOf(shop);
    await graph.invoke({}, config);
    shop.change("permit (principal, action, resource);");
    await expect(graph.invoke(answer("reject", "too much"), config)).rejects.toMatchObject({
      code: "POLICY_DENIED",
      message: expect.stringContaining("too much"),
    });
    expect(shop.sent).toEqual([]);
  });

  it("is not made when policy has meanwhile come to forbid it", async () => {
    const shop = bench(CALL);
    const graph = graphOf(shop);
    await graph.invoke({}, config);
    shop.change("forbid (principal, action, resource);");
    await expect(graph.invoke(answer("approve"), config)).rejects.toMatchObject({
      code: "POLICY_DENIED",
    });
    expect(shop.sent).toEqual([]);
  });

  it("of another kind than anyone is denied, and says whose approval it needs", async () => {
    const shop = bench(
      `${CALL} @approve("2 of role:reviewer") forbid (principal, action == Action::"callUnattended", resource);`,
    );
    await expect(graphOf(shop).invoke({}, config)).rejects.toMatchObject({
      code: "POLICY_DENIED",
      message: expect.stringContaining("2 of role:reviewer"),
    });
    expect(shop.sent).toEqual([]);
  });

  it("but is a model's is denied: it cannot wait", async () => {
    const { model } = bench(CALL);
    await expect(model.invoke("hi")).rejects.toMatchObject({
      code: "POLICY_DENIED",
      message: expect.stringContaining("approval"),
    });
  });
});

describe("on whose behalf a run works", () => {
  it.each([
    [undefined, { kind: "person", id: "local", tenant: "default", role: "admin" }],
    [{ langgraph_auth_user: null }, { id: "local" }],
    [
      {
        langgraph_auth_user: { identity: "k", tutti: { kind: "key", tenant: "b", role: "runner" } },
      },
      { kind: "key", id: "k", tenant: "b", role: "runner" },
    ],
    [
      // What a host that is not ours says of a role or a tenant is not ours to believe.
      { langgraph_auth_user: { identity: "eve", role: "admin", tenant: "default" } },
      { kind: "person", id: "eve", tenant: "none", role: "none" },
    ],
    [{ langgraph_auth_user: "eve" }, { id: "unknown", role: "none" }],
  ])("%j", (configurable, caller) => expect(callerOf(configurable)).toMatchObject(caller));
});
