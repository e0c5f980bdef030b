import { tool } from "@langchain/core/tools";
import { GraphInterrupt } from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { guardTool, standardGuards, type CallContext } from "../../src/governance/index.ts";
import { createFaultPolicy, createModelMeter } from "../../src/models/index.ts";
import type { RunEvent } from "../../src/protocol/index.ts";
import { createMemoryBudgetLedger } from "../fakes/memory-budget-ledger.ts";
import { permissive } from "../fakes/permissive-policy.ts";

const guards = standardGuards({
  clock: { now: () => 1000 },
  policy: permissive,
  faults: createFaultPolicy(),
  ledger: createMemoryBudgetLedger(),
  meter: createModelMeter(),
});
const bench = (work: () => Promise<unknown>, more: Partial<CallContext> = {}) => {
  const events: RunEvent[] = [];
  const emit = (event: RunEvent) => void events.push(event);
  const sql = tool(work, {
    name: "sql",
    description: "Asks the tables",
    schema: z.object({ query: z.string().default("SELECT 1") }),
    returnDirect: true,
  });
  const guarded = guardTool(sql, guards, { rootThread: "run", taskId: "task", emit, ...more });
  return { events, guarded };
};
const start = { type: "tool-start", taskId: "task", tool: "sql" };
const end = (ok: boolean) => ({ type: "tool-end", taskId: "task", tool: "sql", ok });

describe("a guarded tool", () => {
  it("answers and looks like the tool itself", async () => {
    const { guarded, events } = bench(async () => "rows");
    expect(guarded).toMatchObject({
      name: "sql",
      description: "Asks the tables",
      returnDirect: true,
    });
    expect(await guarded.invoke({ query: "x" })).toBe("rows");
    const message = await guarded.invoke({ type: "tool_call", id: "1", name: "sql", args: {} });
    expect(message).toMatchObject({ tool_call_id: "1", content: "rows", name: "sql" });
    expect(events).toEqual([start, end(true), start, end(true)]);
  });

  it("tells a failure that is answered as a result", async () => {
    const { guarded, events } = bench(async () =>
      JSON.stringify({ error: { code: "TABLE_QUERY", message: "no such column" } }),
    );
    await guarded.invoke({ type: "tool_call", id: "1", name: "sql", args: {} });
    expect(events).toEqual([start, end(false)]);
  });

  it("tells a failure that is thrown, and arguments of the wrong form", async () => {
    const { guarded, events } = bench(() => Promise.reject(new Error("broken")));
    await expect(guarded.invoke({})).rejects.toThrow("broken");
    await expect(guarded.invoke({ query: 5 })).rejects.toThrow("expected schema");
    expect(events).toEqual([start, end(false), start, end(false)]);
  });

  it("does not end when it waits for a person", async () => {
    const { guarded, events } = bench(() => Promise.reject(new GraphInterrupt([])));
    await expect(guarded.invoke({})).rejects.toBeInstanceOf(GraphInterrupt);
    expect(events).toEqual([start]);
  });

  it("is not called past the limit of steps or time", async () => {
    let taken = 0;
    const steps = { limit: 2, taken: () => taken, take: () => void (taken += 1) };
    const { guarded, events } = bench(async () => "rows", { steps });
    await guarded.invoke({});
    await guarded.invoke({});
    await expect(guarded.invoke({})).rejects.toMatchObject({
      code: "LIMIT_REACHED",
      data: { limit: "steps", spent: 2, left: 0 },
    });
    expect(events).toHaveLength(4);
    const late = bench(async () => "rows", { deadline: 1000 }).guarded;
    await expect(late.invoke({})).rejects.toMatchObject({ data: { limit: "minutes" } });
    const early = bench(async () => "rows", { deadline: 1001 }).guarded;
    expect(await early.invoke({})).toBe("rows");
  });
});
