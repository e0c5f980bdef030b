// A question as the inboxes of the ecosystem read it: LangChain's shape, one action per interrupt, in
// both spellings (JavaScript clients read camelCase, Agent Inbox reads snake_case).
import { createHash } from "node:crypto";
import { z } from "zod";
import { canonicalJson, Question } from "../../protocol/index.ts";

const ReviewAction = z.object({
  name: z.string(),
  args: z.record(z.string(), z.unknown()),
  description: z.string(),
});

export const InterruptPayload = z.object({
  /** Stable address of the question in its run; LangGraph's own interrupt id changes with each ask. */
  questionId: z.string(),
  kind: Question.shape.kind,
  taskId: z.string().optional(),
  /** Hash of what is asked: an answer that names it cannot land on another question. */
  hash: z.string(),
  /** Why the answer before this one was not accepted. */
  error: z.string().optional(),
  actionRequests: z.array(ReviewAction).length(1),
  reviewConfigs: z.array(
    z.object({
      actionName: z.string(),
      allowedDecisions: z.array(z.string()),
      argsSchema: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
  action_requests: z.array(z.unknown()),
  review_configs: z.array(z.unknown()),
});
export type InterruptPayload = z.infer<typeof InterruptPayload>;

/** sha256 of the question's id, kind and arguments: what the person decides on. */
export const questionHash = (question: Question): string =>
  createHash("sha256")
    .update(canonicalJson([question.id, question.kind, question.args, question.description]))
    .digest("hex");

/** The value given to `interrupt()`. */
export const toInterrupt = (question: Question, error?: string): InterruptPayload => {
  const description =
    error === undefined
      ? question.description
      : `**The last answer was not accepted:** ${error}\n\n${question.description}`;
  const action = { name: question.id, args: question.args, description };
  const schema = question.schema === undefined ? {} : { argsSchema: question.schema };
  const snakeSchema = question.schema === undefined ? {} : { args_schema: question.schema };
  return {
    questionId: question.id,
    kind: question.kind,
    ...(question.taskId === undefined ? {} : { taskId: question.taskId }),
    hash: questionHash(question),
    ...(error === undefined ? {} : { error }),
    actionRequests: [action],
    reviewConfigs: [
      { actionName: question.id, allowedDecisions: [...question.allowed], ...schema },
    ],
    action_requests: [action],
    review_configs: [
      { action_name: question.id, allowed_decisions: [...question.allowed], ...snakeSchema },
    ],
  };
};

/** JSON Schema of a whole answer, advertised with the interrupt to clients that build forms. */
export const responseSchemaOf = (question: Question): Record<string, unknown> => ({
  type: "object",
  required: ["decisions"],
  properties: {
    decisions: {
      type: "array",
      minItems: 1,
      maxItems: 1,
      items: {
        type: "object",
        required: ["type"],
        properties: {
          type: { enum: question.allowed },
          message: { type: "string" },
          value: question.schema ?? {},
          editedAction: { type: "object", properties: { args: question.schema ?? {} } },
        },
      },
    },
    hash: { const: questionHash(question) },
  },
});

/** The question behind an interrupt's value, or undefined when another kind of graph asked. */
export const readInterrupt = (value: unknown): InterruptPayload | undefined => {
  const parsed = InterruptPayload.safeParse(value);
  return parsed.success ? parsed.data : undefined;
};
