// Policies in force: checked against the schema of the tools, parsed once, under the hash of their sources.
import { createHash } from "node:crypto";
import { z } from "zod";
import { TuttiError } from "../../errors.ts";
import type { Effect, ToolDeclaration } from "../../protocol/index.ts";
import { canonicalJson } from "../../protocol/index.ts";
import type { ApprovalRule } from "./approval-rule.ts";
import { argumentShape, type RecordShape } from "./argument-shape.ts";
import { cedar } from "./cedar.ts";
import { cedarSchema, schemaText } from "./cedar-schema.ts";
import { lintPolicies } from "./lint-policies.ts";
import { type AskedPrincipal, namedIn, scopeCovers } from "./policy-scope.ts";
import {
  findingText,
  type Policy,
  type PolicyFile,
  type PolicyFinding,
  readPolicies,
} from "./read-policies.ts";

export interface JudgedTool {
  readonly effect: Effect;
  readonly shape: RecordShape;
  /** Fills in defaults; absent for a tool that was declared by JSON Schema. */
  readonly schema?: z.ZodType;
}

export interface PolicySet {
  /** sha256 of the sources: changes when they do. */
  readonly version: string;
  /** How many. */
  readonly size: number;
  readonly tools: ReadonlyMap<string, JudgedTool>;
  /** By the policy's id. */
  readonly rules: ReadonlyMap<string, ApprovalRule>;
  /** Those that may match a request from such a principal about such a resource: a name Cedar knows them by. */
  slice(
    principal: AskedPrincipal & { readonly id: string },
    action: string,
    kind: string,
    id: string,
  ): string;
}

export interface PolicyCheck {
  readonly findings: readonly PolicyFinding[];
  /** Absent when there are errors. */
  readonly set?: PolicySet;
  readonly schema: string;
}

const sha256 = (value: unknown): string =>
  createHash("sha256").update(canonicalJson(value)).digest("hex");

/** Reads, validates and lints; never throws for what is wrong with the policies. */
export const checkPolicies = (
  files: readonly PolicyFile[],
  tools: readonly ToolDeclaration[],
): PolicyCheck => {
  const judged = new Map(tools.map((tool) => [tool.name, judgedTool(tool)]));
  const schema = cedarSchema(
    Object.fromEntries([...judged].map(([name, { shape }]) => [name, shape])),
  );
  const { policies, findings: read } = readPolicies(files);
  const findings = [...read, ...lintPolicies(policies, schema)].sort(
    (a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column,
  );
  const told = { findings, schema: schemaText(schema) };
  if (findings.some(({ severity }) => severity === "error")) return told;
  const version = sha256(files.map(({ name, source }) => [name, source]));
  return { ...told, set: policySet(policies, judged, version) };
};

/** The set itself. Throws CONFIG_INVALID that lists the errors with their places. */
export const compilePolicies = (
  files: readonly PolicyFile[],
  tools: readonly ToolDeclaration[],
): PolicySet => {
  const { findings, set } = checkPolicies(files, tools);
  if (set !== undefined) return set;
  const errors = findings.filter(({ severity }) => severity === "error");
  throw new TuttiError("CONFIG_INVALID", errors.map(findingText).join("\n"), {
    hint: "`tutti policy check` says what else there is; docs/policy.md explains policies",
  });
};

const judgedTool = (tool: ToolDeclaration): JudgedTool => ({
  effect: tool.effect,
  shape: argumentShape(tool),
  ...(tool.arguments instanceof z.ZodType ? { schema: tool.arguments } : {}),
});

const policySet = (
  policies: readonly Policy[],
  tools: PolicySet["tools"],
  version: string,
): PolicySet => {
  const rules = policies.flatMap(({ id, rule }) =>
    rule === undefined ? [] : [[id, rule] as const],
  );
  const named = new Set(policies.flatMap(({ json }) => namedIn(json)));
  const slices = new Map<string, string>();
  return {
    version,
    size: policies.length,
    tools,
    rules: new Map(rules),
    slice: (principal, action, kind, id) => {
      // Only what some policy names has a slice of its own: there are never more than policies tell apart.
      const ifNamed = (type: string, one: string | undefined) =>
        named.has(`${type}::${one}`) ? one : undefined;
      const known = ifNamed(kind, id);
      const { type } = principal;
      const who = {
        type,
        id: ifNamed(type, principal.id),
        role: ifNamed("Role", principal.role),
      };
      const name = JSON.stringify([
        type,
        who.id ?? null,
        who.role ?? null,
        action,
        kind,
        known ?? null,
      ]);
      const made = slices.get(name);
      if (made !== undefined) return made;
      const resource = known === undefined ? { kind } : { kind, id: known };
      const slice = `${version}/${name}`;
      const covered = policies.filter(({ json }) =>
        scopeCovers(json, { action, principal: who, resource }),
      );
      const texts = covered.map(({ id: policy, text }) => [policy, text]);
      mustParse(cedar().preparsePolicySet(slice, { staticPolicies: Object.fromEntries(texts) }));
      slices.set(name, slice);
      return slice;
    },
  };
};

const mustParse = (answer: ReturnType<ReturnType<typeof cedar>["checkParseSchema"]>): void => {
  if (answer.type === "success") return;
  const said = answer.errors.map(({ message }) => message).join("; ");
  throw new TuttiError("INTERNAL", `policies that were checked cannot be used: ${said}`);
};
