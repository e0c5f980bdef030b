// npm run bench:governance: what deciding costs, and what the whole list of guards adds to a call that does
// nothing. CPU of this process, both kinds of call in turn; figures compare within one run only.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tool } from "@langchain/core/tools";
import { z } from "zod";
import { open } from "../checkpoints/index.ts";
import { systemClock } from "../src/clock.ts";
import {
  compilePolicies,
  decide,
  guardTool,
  type PolicyRequest,
  type PolicySet,
  standardGuards,
} from "../src/governance/index.ts";
import { createFaultPolicy, createModelMeter } from "../src/models/index.ts";
import { openSqliteRecords } from "../src/storage/index.ts";
import { median } from "./measure.ts";

const ROUNDS = 20;
const CALLS = 100;
const TOOLS = Array.from({ length: 20 }, (_, n) => ({
  name: `tool_${n}`,
  effect: n === 0 ? ("none" as const) : ("once" as const),
  arguments: z.object({ url: z.string(), amount: z.number() }),
}));
const BASE = [
  'permit (principal, action == Action::"call", resource);',
  'permit (principal, action == Action::"callUnattended", resource is Tool) when { resource.effect == "none" };',
];

/** As a team writes them: most are about one tool, one role, one agent or one question. */
const mixed = (count: number): string[] =>
  Array.from({ length: count - BASE.length }, (_, n) => {
    const args = `context.arguments has tool_${n % 20}.url`;
    const forms = [
      `forbid (principal, action == Action::"call", resource == Tool::"tool_${n % 20}") when { ${args} && context.arguments.tool_${n % 20}.url like "*://evil-${n}.*" };`,
      `forbid (principal in Role::"role-${n}", action == Action::"callUnattended", resource is Tool);`,
      `forbid (principal == Agent::"agent-${n}", action == Action::"call", resource is Tool);`,
      `permit (principal in Role::"role-${n}", action == Action::"read", resource) when { context.costCents < ${n} };`,
      `forbid (principal, action == Action::"callUnattended", resource == Tool::"tool_${n % 20}") when { context.costCents > ${n + 1000} };`,
      `forbid (principal, action == Action::"call", resource is Model) when { context.taint.contains("label-${n}") };`,
    ];
    return forms[n % forms.length] ?? "";
  });

/** The worst case: every policy has to be evaluated for every question. */
const general = (count: number): string[] =>
  Array.from(
    { length: count - BASE.length },
    (_, n) => `forbid (principal, action, resource) when { context.costCents > ${n + 1_000_000} };`,
  );

const setOf = (policies: readonly string[]): PolicySet =>
  compilePolicies([{ name: "bench.cedar", source: [...BASE, ...policies].join("\n") }], TOOLS);

const REQUEST: PolicyRequest = {
  caller: { kind: "person", id: "ada", tenant: "default", role: "runner" },
  agent: "analyst",
  action: "call",
  resource: { kind: "Tool", id: "tool_0" },
  arguments: { url: "https://api.example.com/v1/orders", amount: 12.5 },
  costCents: 12,
  taint: [],
  time: Date.now(),
};

const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;

const timesOf = (run: () => void, count: number): number[] => {
  for (let n = 0; n < 50; n += 1) run();
  return Array.from({ length: count }, () => {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
};

const row = (name: string, values: readonly number[]): void =>
  console.log(
    `${name.padEnd(56)} ${values.map((value) => value.toFixed(3).padStart(8)).join(" ")}`,
  );

const decisions = (): void => {
  console.log("one decision about a person and an agent, four questions: ms of CPU");
  console.log(`${"".padEnd(56)}   median      p95`);
  for (const count of [50, 300])
    for (const [name, policies] of [
      ["of a mixed set", mixed(count)],
      ["that all concern every call", general(count)],
    ] as const) {
      const set = setOf(policies);
      const times = timesOf(() => void decide(set, REQUEST), 2000);
      row(`${count} policies ${name}`, [median(times), percentile(times, 0.95)]);
    }
};

/** Milliseconds of CPU a call. */
const cpuOf = async (call: () => Promise<unknown>): Promise<number> => {
  const before = process.cpuUsage();
  for (let n = 0; n < CALLS; n += 1) await call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / CALLS;
};

const wholeList = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "tutti-bench-"));
  const persistence = await open(`sqlite:${join(folder, "tutti.db")}`);
  const { database } = persistence;
  if (database === undefined) throw new Error("the embedded database gave no handle");
  const set = setOf(mixed(50));
  const guards = standardGuards({
    policy: { decide: (request) => decide(set, request) },
    clock: systemClock,
    faults: createFaultPolicy(),
    ledger: openSqliteRecords(database).budget,
    meter: createModelMeter(),
  });
  const { caller, agent, arguments: args } = REQUEST;
  const bare = tool(() => "done", {
    name: "tool_0",
    description: "Does nothing",
    schema: z.object({ url: z.string(), amount: z.number() }),
  });
  const context = { rootThread: "bench", taskId: "task", caller, agent, emit: () => undefined };
  const guarded = guardTool(bare, guards, context);
  const cpu: Record<"bare" | "guarded", number[]> = { bare: [], guarded: [] };
  for (let round = -2; round < ROUNDS; round += 1) {
    const [one, other] = [
      await cpuOf(() => bare.invoke(args as never)),
      await cpuOf(() => guarded.invoke(args as never)),
    ];
    if (round < 0) continue;
    cpu.bare.push(one);
    cpu.guarded.push(other);
  }
  const added = cpu.guarded.map((value, n) => value - (cpu.bare[n] ?? 0));
  console.log(
    `\na call that does nothing, 50 policies, SQLite: ms of CPU, ${ROUNDS} rounds in turn`,
  );
  console.log(`${"".padEnd(56)}      min   median      max`);
  for (const [name, values] of [
    ["without guards", cpu.bare],
    [`with ${guards.map((guard) => guard.name).join(", ")}`, cpu.guarded],
    ["added", added],
  ] as const)
    row(name, [Math.min(...values), median(values), Math.max(...values)]);
  await persistence.close();
  rmSync(folder, { recursive: true });
};

decisions();
await wholeList();
