// Policy files as policies: each with its id, its place and its annotations, or what is wrong with it.
import type { DetailedError, PolicyJson } from "@cedar-policy/cedar-wasm/nodejs";
import { type ApprovalRule, parseApprovalRule } from "./approval-rule.ts";
import { cedar } from "./cedar.ts";
import { uid } from "./policy-scope.ts";
import { placeOf, splitPolicies, unitsOfBytes, type PolicyText } from "./split-policies.ts";

export interface PolicyFile {
  /** As findings name it. */
  readonly name: string;
  readonly source: string;
}

export interface PolicyFinding {
  readonly severity: "error" | "warning";
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly policy?: string;
  readonly message: string;
  readonly help?: string;
}

export interface Policy extends PolicyText {
  /** `@id("…")`, else `file.cedar:3` for the third policy of a file. */
  readonly id: string;
  readonly file: PolicyFile;
  readonly json: PolicyJson;
  /** Of an annotated forbid of `callUnattended`. */
  readonly rule?: ApprovalRule;
}

export interface PoliciesRead {
  readonly policies: readonly Policy[];
  readonly findings: readonly PolicyFinding[];
}

const ANNOTATIONS = new Set(["id", "approve", "description"]);

/** Never throws: what cannot be read is a finding. */
export const readPolicies = (files: readonly PolicyFile[]): PoliciesRead => {
  const policies = new Map<string, Policy>();
  const findings: PolicyFinding[] = [];
  for (const file of files)
    for (const [index, part] of splitPolicies(file.source).entries()) {
      const parsed = cedar().policyToJson(part.text);
      if (parsed.type === "failure") {
        findings.push(...parsed.errors.map((error) => findingOf("error", file, part, error)));
        continue;
      }
      const { json } = parsed;
      const id = json.annotations?.["id"] ?? `${file.name}:${index + 1}`;
      const policy = { ...part, id, file, json, ...ruleOf(json) };
      findings.push(...annotationFindings(policy));
      if (policies.has(id)) findings.push(about("error", policy, `the id "${id}" is used twice`));
      else policies.set(id, policy);
    }
  return { policies: [...policies.values()], findings };
};

const ruleOf = ({ annotations }: PolicyJson): { rule?: ApprovalRule } => {
  const text = annotations?.["approve"];
  const rule = typeof text === "string" ? parseApprovalRule(text) : undefined;
  return rule === undefined ? {} : { rule };
};

const annotationFindings = (policy: Policy): PolicyFinding[] => {
  const { json, rule } = policy;
  const names = Object.keys(json.annotations ?? {});
  const found = names
    .filter((name) => !ANNOTATIONS.has(name))
    .map((name) => about("warning", policy, `the annotation @${name} means nothing here`));
  if (!names.includes("approve")) return found;
  if (rule === undefined)
    found.push(
      about("error", policy, "@approve cannot be read", {
        help: 'write for example @approve("2 of role:reviewer, person:ada") or @approve("anyone")',
      }),
    );
  if (json.effect !== "forbid" || !isOnly(json, "callUnattended"))
    found.push(
      about("error", policy, "@approve belongs to a forbid of callUnattended alone", {
        help: 'begin with forbid (principal, action == Action::"callUnattended", …',
      }),
    );
  return found;
};

const isOnly = ({ action }: PolicyJson, id: string): boolean =>
  action.op === "==" && "entity" in action && uid(action.entity).id === id;

/** A finding at the beginning of a policy. */
export const about = (
  severity: PolicyFinding["severity"],
  { id, file, start }: Policy,
  message: string,
  more: { readonly help?: string } = {},
): PolicyFinding => ({
  severity,
  file: file.name,
  ...placeOf(file.source, start),
  policy: id,
  message,
  ...more,
});

/** What Cedar says of a policy, at the place it names. */
export const findingOf = (
  severity: PolicyFinding["severity"],
  file: PolicyFile,
  part: PolicyText,
  { message, help, sourceLocations }: DetailedError,
): PolicyFinding => ({
  severity,
  file: file.name,
  ...placeOf(file.source, part.start + unitsOfBytes(part.text, sourceLocations?.[0]?.start ?? 0)),
  message: message.replace(/^failed to parse policy from string: /u, ""),
  ...(help === null || help === undefined ? {} : { help }),
});

/** `file.cedar:3:1: error: …`, with the help on a line of its own. */
export const findingText = ({
  file,
  line,
  column,
  severity,
  message,
  help,
}: PolicyFinding): string =>
  `${file}:${line}:${column}: ${severity}: ${message}${help === undefined ? "" : `\n  ${help}`}`;
