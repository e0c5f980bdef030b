// The made-up company's policies and its table of cases, and a call that they allow.
import { readFileSync } from "node:fs";
import {
  compilePolicies,
  type PolicyRequest,
  type PolicySet,
  readPolicyTable,
} from "../../../src/governance/index.ts";
import { TOOL_DECLARATIONS } from "../../../src/protocol/index.ts";

const text = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");

export const table = readPolicyTable(text("cases.yaml"), "cases.yaml");
export const tools = [...TOOL_DECLARATIONS, ...table.tools];
export const source = text("cases.cedar");

export const policiesOf = (...sources: string[]): PolicySet =>
  compilePolicies(
    sources.map((one, n) => ({ name: `${n}.cedar`, source: one })),
    tools,
  );

export const callOf = (
  tool: string,
  args: unknown,
  more: Partial<PolicyRequest> = {},
): PolicyRequest => ({
  caller: { kind: "person", id: "ada", tenant: "default", role: "runner" },
  action: "call",
  resource: { kind: "Tool", id: tool },
  arguments: args,
  costCents: 0,
  taint: [],
  time: Date.UTC(2026, 0, 1, 12),
  ...more,
});
