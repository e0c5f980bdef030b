// What is wrong, or probably wrong, with policies that can be read.
import type { SchemaJson } from "@cedar-policy/cedar-wasm/nodejs";
import { cedar } from "./cedar.ts";
import { about, findingOf, type Policy, type PolicyFinding } from "./read-policies.ts";
import { scopeCovers } from "./policy-scope.ts";

/** Errors keep the policies from being used; warnings do not. */
export const lintPolicies = (
  policies: readonly Policy[],
  schema: SchemaJson<string>,
): PolicyFinding[] => [
  ...validate(policies, schema),
  ...policies.filter(isBoundless).map((policy) =>
    about("warning", policy, "permits everything to everybody, unattended too", {
      help: "name an action, a role, a tool or a condition",
    }),
  ),
  ...nothingPermitted(policies),
];

const validate = (policies: readonly Policy[], schema: SchemaJson<string>): PolicyFinding[] => {
  const byId = new Map(policies.map((policy) => [policy.id, policy]));
  const answer = cedar().validate({
    schema,
    policies: { staticPolicies: Object.fromEntries(policies.map(({ id, text }) => [id, text])) },
  });
  if (answer.type === "failure")
    return answer.errors.map(({ message }) => anywhere("error", message));
  const told = (severity: PolicyFinding["severity"], list: typeof answer.validationErrors) =>
    list.flatMap(({ policyId, error }) => {
      const policy = byId.get(policyId);
      if (policy === undefined) return [anywhere(severity, error.message)];
      const message = error.message.replace(`for policy \`${policyId}\`, `, "");
      const found = findingOf(severity, policy.file, policy, { ...error, message });
      return [{ ...found, policy: policyId }];
    });
  return [...told("error", answer.validationErrors), ...told("warning", answer.validationWarnings)];
};

const anywhere = (severity: PolicyFinding["severity"], message: string): PolicyFinding => ({
  severity,
  file: "policies",
  line: 1,
  column: 1,
  message,
});

const isBoundless = ({ json }: Policy): boolean =>
  json.effect === "permit" &&
  [json.principal, json.action, json.resource].every(({ op }) => op === "All") &&
  json.conditions.length === 0;

const nothingPermitted = (policies: readonly Policy[]): PolicyFinding[] =>
  policies.some(({ json }) => json.effect === "permit" && scopeCovers(json, { action: "call" }))
    ? []
    : [anywhere("warning", "no policy permits a call: no model and no tool can be used")];
