// The questions an orchestrated run can ask, each in one place, with what its answers mean.
import { z } from "zod";
import { TuttiError } from "../errors.ts";
import type { LimitName } from "../ports/index.ts";
import { type ClarifyingForm, type FileRef, Plan, type Question } from "../protocol/index.ts";
import type { Ledger } from "./state.ts";

const UNITS: Readonly<Record<LimitName, (amount: number) => string>> = {
  tokens: (amount) => `${amount.toLocaleString("en")} tokens`,
  microEur: (amount) => `${(amount / 1e6).toFixed(2)} EUR`,
  calls: (amount) => `${amount} calls`,
};

const isLimitName = (name: unknown): name is LimitName =>
  typeof name === "string" && Object.hasOwn(UNITS, name);

const jsonSchema = (schema: z.ZodType): Record<string, unknown> =>
  z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });

/** What a plan would do, for a person to read before it runs. */
export const describePlan = (plan: Plan): string => {
  const lines = plan.tasks.map((task, at) => {
    const after = task.dependsOn.length === 0 ? "" : `, after ${task.dependsOn.join(", ")}`;
    return `${at + 1}. **${task.title}** (${task.assignee}${after})`;
  });
  const list = (title: string, items: readonly string[]): string[] =>
    items.length === 0 ? [] : ["", `${title}:`, ...items.map((item) => `- ${item}`)];
  return [
    `# ${plan.title}`,
    "",
    ...lines,
    ...list(
      "Understood as",
      plan.coverage.map(({ phrase, meaning }) => `“${phrase}”: ${meaning}`),
    ),
    ...list("Assumptions", plan.assumptions),
    ...list("Not covered", plan.notCovered),
  ].join("\n");
};

export const planQuestion = (plan: Plan): Question => ({
  id: "plan",
  kind: "plan",
  description: describePlan(plan),
  args: { plan },
  allowed: ["approve", "edit", "reject"],
  schema: jsonSchema(z.object({ plan: Plan })),
});

export const resultQuestion = (ledger: Ledger, files: readonly FileRef[]): Question => ({
  id: "result",
  kind: "result",
  description: [
    `# ${ledger.title}`,
    "",
    "Finished and checked. Publish these files?",
    ...files.map((file) => `- ${file.name} (${file.bytes.toLocaleString("en")} bytes)`),
    ...(ledger.notCovered.length === 0 ? [] : ["", "Not covered:"]),
    ...ledger.notCovered.map((phrase) => `- ${phrase}`),
  ].join("\n"),
  args: { files },
  allowed: ["approve", "reject"],
});

export const clarifyQuestion = (form: ClarifyingForm): Question => ({
  id: "clarify",
  kind: "clarify",
  description: form.questions
    .map(({ question, options, default: usual }) => {
      const choices = options === undefined ? "" : ` (${options.join(" | ")})`;
      return `- ${question}${choices}${usual === undefined ? "" : `; usually ${usual}`}`;
    })
    .join("\n"),
  args: { form },
  allowed: ["respond"],
  schema: {
    type: "object",
    properties: Object.fromEntries(
      form.questions.map(({ id, question, options }) => [
        id,
        {
          description: question,
          ...(options === undefined ? { type: "string" } : { enum: options }),
        },
      ]),
    ),
    required: form.questions.filter((one) => one.default === undefined).map((one) => one.id),
    additionalProperties: false,
  },
});

/** What approving grants: twice the amount, or, for time, the same again. */
const offerOf = (name: unknown, current: number): string => {
  if (name === "minutes") return " Approve to give it the same time again.";
  if (!isLimitName(name)) return "";
  return ` Approve to raise the limit to ${UNITS[name](Math.max(1, current * 2))}.`;
};

/** A limit that is reached; what is proposed is twice as much. */
export const limitQuestion = (error: TuttiError): Question => {
  const name = error.data["limit"];
  const current = Number(error.data["budget"] ?? 0);
  return {
    id: "limit",
    kind: "limit",
    description: `${error.message}${offerOf(name, current)} Or answer with a new budget such as "5eur,400ktok".`,
    args: { limit: String(name), current, proposed: Math.max(1, current * 2) },
    allowed: ["approve", "respond", "reject"],
  };
};

export const failureQuestion = (id: string, error: TuttiError, taskId?: string): Question => ({
  id,
  kind: "failure",
  description: [
    `**${error.code}**: ${error.message}`,
    ...(error.hint === undefined ? [] : [error.hint]),
    "Approve to try again from where it stands; reject to give up.",
  ].join("\n\n"),
  args: { code: error.code, message: error.message },
  allowed: ["approve", "reject"],
  ...(taskId === undefined ? {} : { taskId }),
});

/** Faults of a model or a service: another attempt may go well, so a person decides. */
const RESUMABLE = new Set([
  "MODEL_AUTH",
  "MODEL_UNAVAILABLE",
  "MODEL_UNKNOWN",
  "ARTIFACT_MISSING",
  "DATABASE",
]);
export const isResumable = (error: unknown): error is TuttiError =>
  error instanceof TuttiError && RESUMABLE.has(error.code);

export const isLimit = (error: unknown): error is TuttiError =>
  error instanceof TuttiError && error.code === "LIMIT_REACHED";
