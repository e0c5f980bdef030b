// The decision: policies and a question in, an answer out. Nothing permits: denied. Anything fails: denied.
import type { EntityJson, TypeAndId } from "@cedar-policy/cedar-wasm/nodejs";
import { z } from "zod";
import { messageOf } from "../../errors.ts";
import type { Caller } from "../../ports/index.ts";
import { cedar } from "./cedar.ts";
import {
  type CedarValue,
  convertArguments,
  inspectArguments,
  UnjudgedArguments,
} from "./convert-arguments.ts";
import { type PolicyDecision, type PolicyRequest, RESOURCES } from "./policy-request.ts";
import type { JudgedTool, PolicySet } from "./policy-set.ts";

type Context = Record<string, CedarValue | { __extn: { fn: string; arg: string } }>;
interface Question {
  readonly context: Context;
  readonly resource: EntityJson & { uid: TypeAndId };
}
interface Verdict {
  readonly isAllowed: boolean;
  readonly reasons: readonly string[];
  readonly problem?: string;
}
type Refusal = Pick<PolicyDecision, "problem" | "isMalformed">;

/** Pure: the same policies and the same request give the same decision. */
export const decide = (set: PolicySet, request: PolicyRequest): PolicyDecision => {
  const { caller, agent, action } = request;
  const no = (refusal: Partial<PolicyDecision>): PolicyDecision => ({
    outcome: "deny",
    reasons: [],
    rules: [],
    version: set.version,
    ...refusal,
  });
  if (caller === undefined) return no({ problem: "nobody is named on whose behalf it is made" });
  const question = questionOf(set, request);
  if (!("context" in question)) return no(question);
  const principals = [
    { who: "caller" as const, entity: callerEntity(caller) },
    // An agent has never more rights than whom it acts for: both are asked, and both must be allowed.
    ...(agent === undefined ? [] : [{ who: "agent" as const, entity: agentEntity(agent) }]),
  ];
  const ask = (name: string) =>
    principals.map(({ who, entity }) => ({ who, ...evaluate(set, question, entity, name) }));
  const permitted = ask(action);
  const refused = permitted.find(({ isAllowed }) => !isAllowed);
  if (refused !== undefined) return no(refusalOf(refused));
  const unattended = action === "call" ? ask("callUnattended") : [];
  const broken = unattended.find(({ problem }) => problem !== undefined);
  if (broken !== undefined) return no(refusalOf(broken));
  const asking = unattended.filter(({ isAllowed }) => !isAllowed);
  const deciding = asking.length > 0 ? asking : [...permitted, ...unattended];
  const reasons = [...new Set(deciding.flatMap((verdict) => verdict.reasons))].sort();
  const [first] = asking;
  if (first === undefined) return { outcome: "allow", reasons, rules: [], version: set.version };
  const rules = reasons.flatMap((id) => set.rules.get(id) ?? []);
  return { outcome: "ask", reasons, rules, who: first.who, version: set.version };
};

const refusalOf = ({
  who,
  reasons,
  problem,
}: Verdict & { who: "caller" | "agent" }): Partial<PolicyDecision> => ({
  who,
  reasons: [...reasons].sort(),
  ...(problem === undefined ? {} : { problem }),
});

const questionOf = (set: PolicySet, request: PolicyRequest): Question | Refusal => {
  const { kind, id, tenant = request.caller?.tenant ?? "" } = request.resource;
  if (!RESOURCES[request.action].includes(kind))
    return { problem: `the action ${request.action} has no ${kind} for its object` };
  const tool = kind === "Tool" ? set.tools.get(id) : undefined;
  if (kind === "Tool" && tool === undefined)
    return { problem: `the policies know no tool "${id.slice(0, 100)}"` };
  const attrs: Record<string, string> =
    tool !== undefined
      ? { effect: tool.effect }
      : kind === "Model"
        ? { provider: id.split(":")[0] ?? "" }
        : { tenant };
  const resource = { uid: { type: kind, id }, attrs, parents: [] };
  const converted =
    tool === undefined ? { value: {} } : convertedArguments(tool, request.arguments ?? {});
  if (!("value" in converted)) return converted;
  const time = new Date(request.time);
  if (Number.isNaN(time.getTime()) || !Number.isSafeInteger(request.costCents))
    return { problem: "the time or the cost so far is unknown" };
  const context: Context = {
    ...(request.agent === undefined ? {} : { agent: request.agent }),
    costCents: request.costCents,
    taint: [...request.taint],
    time: { __extn: { fn: "datetime", arg: time.toISOString() } },
  };
  if (request.action === "call" || request.action === "callUnattended")
    context["arguments"] = tool === undefined ? {} : { [id]: converted.value };
  return { context, resource };
};

const convertedArguments = (tool: JudgedTool, given: unknown): { value: CedarValue } | Refusal => {
  try {
    inspectArguments(given);
    const parsed = tool.schema?.safeParse(given);
    if (parsed?.success === false)
      return { problem: z.prettifyError(parsed.error), isMalformed: true };
    return { value: convertArguments(tool.shape, parsed === undefined ? given : parsed.data) };
  } catch (error) {
    if (error instanceof UnjudgedArguments) return { problem: error.message };
    throw error;
  }
};

const callerEntity = ({ kind, id, tenant, role }: Caller): EntityJson & { uid: TypeAndId } => ({
  uid: { type: kind === "key" ? "Key" : "Person", id },
  attrs: { tenant, role },
  parents: [{ type: "Role", id: role }],
});

const agentEntity = (id: string): EntityJson & { uid: TypeAndId } => ({
  uid: { type: "Agent", id },
  attrs: {},
  parents: [],
});

const evaluate = (
  set: PolicySet,
  { context, resource }: Question,
  principal: EntityJson & { uid: TypeAndId },
  action: string,
): Verdict => {
  const failed = (problem: string): Verdict => ({ isAllowed: false, reasons: [], problem });
  const [role] = principal.parents;
  const slice = set.slice(
    {
      ...principal.uid,
      role: role !== undefined && "id" in role ? role.id : undefined,
    },
    action,
    resource.uid.type,
    resource.uid.id,
  );
  try {
    const answer = cedar().statefulIsAuthorized({
      principal: principal.uid,
      action: { type: "Action", id: action },
      resource: resource.uid,
      context,
      // Without the schema, which costs a third more: arguments are converted by the shapes it is made of.
      preparsedPolicySetId: slice,
      entities: [principal, resource],
    });
    if (answer.type === "failure")
      return failed(answer.errors.map(({ message }) => message).join("; "));
    const { decision, diagnostics } = answer.response;
    // Cedar skips a policy that fails. A forbid that is skipped forbids nothing: so this denies.
    const [error] = diagnostics.errors;
    if (error !== undefined) return { ...failed(error.error.message), reasons: [error.policyId] };
    return { isAllowed: decision === "allow", reasons: diagnostics.reason };
  } catch (error) {
    return failed(messageOf(error)); // WebAssembly that gives up
  }
};
