// Asks policy before every model and tool call: it is made, refused, or waits for a person's approval.
import type { Clock } from "../clock.ts";
import { TuttiError } from "../errors.ts";
import type { BudgetLedger, ModelMeter } from "../ports/index.ts";
import type { Question } from "../protocol/index.ts";
import { ask, hasAnswers } from "./approval/index.ts";
import type { CallContext, Guard, ToolInvocation } from "./guard.ts";
import {
  approvalRuleText,
  isAnyone,
  type PolicyDecision,
  type PolicyPoint,
  type PolicyRequest,
} from "./policy/index.ts";

export interface AuthorisedOptions {
  readonly policy: PolicyPoint;
  readonly clock: Clock;
  readonly ledger: Pick<BudgetLedger, "totals">;
  readonly meter: Pick<ModelMeter, "name">;
}

const MICRO_EUR_A_CENT = 10_000;

/** Throws POLICY_DENIED, and tells whoever watches the run; TOOL_FAILED for arguments that do not fit. */
export const authorised = ({ policy, clock, ledger, meter }: AuthorisedOptions): Guard => {
  const decide = async (
    context: CallContext,
    asked: Pick<PolicyRequest, "resource" | "arguments">,
  ): Promise<PolicyDecision> => {
    const { settled } = await ledger.totals(context.rootThread);
    return policy.decide({
      ...asked,
      action: "call",
      caller: context.caller,
      agent: context.agent,
      costCents: Math.ceil(settled.microEur / MICRO_EUR_A_CENT),
      taint: [],
      time: clock.now(),
    });
  };
  return {
    name: "authorised",
    async *model(call, context, next) {
      const id = meter.name(call.model);
      const decision = await decide(context, { resource: { kind: "Model", id } });
      if (decision.outcome !== "allow") throw denied(`the model ${id}`, decision, context);
      yield* next(call);
    },
    async tool(call, context, next) {
      const { name } = call.tool;
      const given = argumentsOf(call);
      const decision = await decide(context, {
        resource: { kind: "Tool", id: name },
        arguments: given,
      });
      if (decision.isMalformed === true)
        throw new TuttiError("TOOL_FAILED", `wrong arguments: ${decision.problem}`, {
          hint: `Follow the schema of ${name}.`,
        });
      const mayAsk = decision.outcome === "ask" && decision.rules.every(isAnyone);
      if (decision.outcome !== "allow" && !mayAsk)
        throw denied(`the tool ${name}`, decision, context);
      // Asked once is asked for good: a policy that has meanwhile become milder does not undo a refusal.
      if (mayAsk || hasAnswers()) approve(name, given, decision, context);
      return await next(call);
    },
  };
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** A tool is called with its arguments, or with a whole tool call that holds them. */
const argumentsOf = ({ input }: ToolInvocation): unknown =>
  isObject(input) && input["type"] === "tool_call" ? input["args"] : input;

/** Pauses until a person has said yes. Throws POLICY_DENIED after a no, and where nobody can be asked. */
const approve = (
  tool: string,
  given: unknown,
  { reasons }: PolicyDecision,
  context: CallContext,
): void => {
  const answer = ask(questionOf(tool, given, reasons, context));
  if (answer.type === "approve") return;
  const why = answer.type === "reject" && answer.message !== "" ? `: ${answer.message}` : "";
  throw new TuttiError("POLICY_DENIED", `A person did not approve the tool ${tool}${why}`, {
    hint: "Do without this call, or make one that can be approved.",
    data: { policies: reasons, tool },
  });
};

const questionOf = (
  tool: string,
  given: unknown,
  reasons: readonly string[],
  { taskId, agent }: CallContext,
): Question => ({
  id: tool,
  kind: "task",
  taskId,
  description: [
    `**${agent ?? taskId}** wants to use the tool \`${tool}\`:`,
    `\`\`\`json\n${JSON.stringify(given, null, 2)}\n\`\`\``,
    reasons.length === 0
      ? "No policy permits it unattended."
      : `Unattended it is forbidden by ${reasons.join(", ")}.`,
  ].join("\n\n"),
  args: isObject(given) ? { ...given } : {},
  allowed: ["approve", "reject"],
});

const whyDenied = ({ outcome, reasons, rules, problem, who }: PolicyDecision): string => {
  if (problem !== undefined) return `it could not be judged: ${problem}`;
  const name = who === "agent" ? "the agent" : "the caller";
  if (outcome === "ask")
    return rules.length === 0
      ? "it needs a person's approval"
      : `it needs the approval of ${rules.map(approvalRuleText).join(" and ")}`;
  return reasons.length === 0 ? `nothing permits it to ${name}` : "it is forbidden";
};

const hintOf = (what: string, { outcome, rules }: PolicyDecision): string => {
  if (outcome !== "ask") return "Do without it. `tutti policy why` explains the decision.";
  return rules.length > 0
    ? "Who approves cannot be checked yet where a tool is called: ask for anyone's approval, or permit it unattended."
    : `A call of ${what} cannot wait for a person: permit it unattended, or forbid it.`;
};

const denied = (what: string, decision: PolicyDecision, context: CallContext): TuttiError => {
  const { reasons, version } = decision;
  const by = reasons.length === 0 ? "" : ` (${reasons.join(", ")})`;
  const message = `Policy denies ${what} to ${context.agent ?? context.taskId}: ${whyDenied(decision)}${by}`;
  context.emit({ type: "notice", level: "warning", message });
  return new TuttiError("POLICY_DENIED", message, {
    hint: hintOf(what, decision),
    data: { policies: reasons, version },
  });
};
