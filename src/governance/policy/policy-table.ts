// Tables of cases: what a set of policies is expected to decide. `tutti policy test` runs them.
import { parse } from "yaml";
import { z } from "zod";
import { messageOf, TuttiError } from "../../errors.ts";
import { Effect, type ToolDeclaration } from "../../protocol/index.ts";
import { decide } from "./decide.ts";
import {
  ACTIONS,
  type PolicyDecision,
  type PolicyRequest,
  RESOURCE_KINDS,
} from "./policy-request.ts";
import type { PolicySet } from "./policy-set.ts";

const Principal = z
  .strictObject({
    person: z.string().optional(),
    key: z.string().optional(),
    role: z.string().default("runner"),
    tenant: z.string().default("default"),
  })
  .refine(({ person, key }) => (person === undefined) !== (key === undefined), {
    error: "name either a person or a key",
  });

const Resource = z.partialRecord(
  z.enum(RESOURCE_KINDS.map((kind) => kind.toLowerCase())),
  z.string(),
);

const Call = z.strictObject({
  principal: Principal.default({ person: "ada", role: "runner", tenant: "default" }),
  agent: z.string().optional(),
  action: z.enum(ACTIONS).default("call"),
  /** `{ tool: sql }`, `{ model: "openai:gpt-5" }` … */
  resource: Resource.refine((given) => Object.keys(given).length === 1, {
    error: "name one resource, such as { tool: sql }",
  }),
  /** Of the resource; the principal's own when it is left out. */
  tenant: z.string().optional(),
  arguments: z.unknown().optional(),
  costCents: z.int().default(0),
  taint: z.array(z.string()).default([]),
  /** ISO 8601. */
  time: z.iso.datetime({ offset: true }).default("2026-01-01T12:00:00Z"),
});

const Case = z.strictObject({
  ...Call.shape,
  name: z.string().optional(),
  expect: z.enum(["allow", "ask", "deny"]),
  /** Ids of the policies that decide, all of them. */
  because: z.array(z.string()).optional(),
});
export type PolicyCase = z.infer<typeof Case>;

const Table = z.strictObject({
  /** Tools beside the built-in ones: policies can be tried before a tool exists. */
  tools: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        effect: Effect,
        arguments: z.record(z.string(), z.unknown()).default({ type: "object" }),
      }),
    )
    .default([]),
  cases: z.array(Case).min(1),
});
export interface PolicyTable {
  readonly tools: readonly ToolDeclaration[];
  readonly cases: readonly PolicyCase[];
}

export interface FailedCase {
  /** From 1. */
  readonly number: number;
  readonly name: string;
  readonly wrong: string;
  readonly decision: PolicyDecision;
}

const parseWith = <Parsed>(schema: z.ZodType<Parsed>, value: unknown, where: string): Parsed => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new TuttiError("CONFIG_INVALID", `${where}: ${z.prettifyError(parsed.error)}`, {
    hint: "docs/policy.md shows the shape of a case",
  });
};

/** Throws CONFIG_INVALID. */
export const readPolicyTable = (text: string, where: string): PolicyTable =>
  parseWith(
    Table,
    parsed(() => parse(text), where),
    where,
  );

/** One call as JSON, for an explanation. Throws CONFIG_INVALID. */
export const readPolicyCall = (text: string): PolicyRequest =>
  requestOf(
    parseWith(
      Call,
      parsed(() => JSON.parse(text), "the call"),
      "the call",
    ),
  );

const parsed = (parseText: () => unknown, where: string): unknown => {
  try {
    return parseText();
  } catch (error) {
    throw new TuttiError("CONFIG_INVALID", `${where}: ${messageOf(error)}`, { cause: error });
  }
};

const requestOf = (given: z.infer<typeof Call>): PolicyRequest => {
  const { principal, agent, action, resource, tenant, costCents, taint, time } = given;
  const { person, key, role } = principal;
  const [kind, id = ""] = Object.entries(resource)[0] ?? [];
  return {
    caller: {
      kind: key === undefined ? "person" : "key",
      id: key ?? person ?? "",
      tenant: principal.tenant,
      role,
    },
    agent,
    action,
    resource: {
      kind: RESOURCE_KINDS.find((one) => one.toLowerCase() === kind) ?? "Tool",
      id,
      ...(tenant === undefined ? {} : { tenant }),
    },
    arguments: given.arguments,
    costCents,
    taint,
    time: Date.parse(time),
  };
};

/** The cases that are decided otherwise than expected. */
export const runPolicyTable = (set: PolicySet, { cases }: PolicyTable): FailedCase[] =>
  cases.flatMap((one, index) => {
    const { name, expect, because, ...call } = one;
    const decision = decide(set, requestOf(call));
    const wrong = wrongWith(decision, expect, because);
    if (wrong === undefined) return [];
    return [{ number: index + 1, name: name ?? nameOf(one), wrong, decision }];
  });

const nameOf = ({ action, resource, agent }: PolicyCase): string =>
  [action, ...Object.entries(resource).flat(), ...(agent === undefined ? [] : ["by", agent])].join(
    " ",
  );

const wrongWith = (
  { outcome, reasons, problem }: PolicyDecision,
  expected: string,
  because: readonly string[] | undefined,
): string | undefined => {
  const by = reasons.length === 0 ? "no policy" : reasons.join(", ");
  const told = `${outcome}, by ${by}${problem === undefined ? "" : `: ${problem}`}`;
  if (outcome !== expected) return `expected ${expected}, but it is ${told}`;
  const isSame = because === undefined || [...because].sort().join() === reasons.join();
  return isSame ? undefined : `expected ${outcome} by ${because.join(", ")}, but it is ${told}`;
};
