// Questions to people: what is asked, in the shape that LangChain's inboxes read, and what is answered.
import { z } from "zod";

export const QuestionKind = z.enum([
  "plan", // approve, edit or reject the plan
  "result", // approve or reject the finished result
  "clarify", // the goal is ambiguous: a form
  "task", // a specialist asks
  "limit", // a budget is used up: more?
  "failure", // a model or a service failed: mended, try again?
]);
export type QuestionKind = z.infer<typeof QuestionKind>;

export const Decision = z.enum(["approve", "edit", "reject", "respond"]);
export type Decision = z.infer<typeof Decision>;

/** One question, before it is put into an interrupt. */
export const Question = z.object({
  /** Stable across re-asks: `plan`, `result`, `clarify`, `<task>`, `limit`, `failure`. */
  id: z.string(),
  kind: QuestionKind,
  /** Markdown: exactly what is to be decided. */
  description: z.string(),
  /** What would run if approved; an edit replaces it. */
  args: z.record(z.string(), z.unknown()),
  allowed: z.array(Decision).min(1),
  /** JSON Schema of `args` after an edit, or of a response. */
  schema: z.record(z.string(), z.unknown()).optional(),
  taskId: z.string().optional(),
});
export type Question = z.infer<typeof Question>;

/** An answer after normalisation (see governance/approval/read-answer.ts for the shapes accepted). */
export const Answer = z.discriminatedUnion("type", [
  z.object({ type: z.literal("approve") }),
  z.object({ type: z.literal("edit"), args: z.record(z.string(), z.unknown()) }),
  z.object({ type: z.literal("reject"), message: z.string() }),
  z.object({ type: z.literal("respond"), value: z.unknown() }),
]);
export type Answer = z.infer<typeof Answer> & {
  /** Who answered, as far as the host knows. */
  by?: string;
};
