// What happens in a run, as one discriminated union. The command line renders it; the server
// translates it to the wire's names.
import { z } from "zod";
import { Finding } from "./verdict.ts";
import { Plan } from "./plan.ts";

export const Usage = z.object({
  inputTokens: z.int().nonnegative(),
  outputTokens: z.int().nonnegative(),
  /** Euro; absent when the model's price is unknown. */
  costEur: z.number().nonnegative().optional(),
  calls: z.int().nonnegative(),
});
export type Usage = z.infer<typeof Usage>;

export const TaskStatus = z.enum([
  "pending", // waits for its dependencies
  "working",
  "checking",
  "retrying", // failed its checks, works again with the verdict
  "waiting", // has a question for a person, or stands at a limit
  "done", // verified
  "failed", // quarantined
  "dropped", // a new plan does without it
]);
export type TaskStatus = z.infer<typeof TaskStatus>;

export const RunEvent = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("intake-end"),
    files: z.array(z.string()),
    tables: z.array(z.string()),
  }),
  z.object({ type: z.literal("plan-end"), plan: Plan, revision: z.int() }),
  z.object({
    type: z.literal("task-status"),
    taskId: z.string(),
    title: z.string(),
    status: TaskStatus,
    attempt: z.int(),
    note: z.string().optional(),
    findings: z.array(Finding).optional(),
  }),
  z.object({ type: z.literal("tool-start"), taskId: z.string(), tool: z.string() }),
  z.object({ type: z.literal("tool-end"), taskId: z.string(), tool: z.string(), ok: z.boolean() }),
  z.object({ type: z.literal("model-delta"), taskId: z.string(), text: z.string() }),
  z.object({
    type: z.literal("model-retry"),
    taskId: z.string(),
    attempt: z.int(),
    reason: z.string(),
  }),
  z.object({ type: z.literal("usage"), taskId: z.string(), usage: Usage }),
  z.object({ type: z.literal("replan-start"), reason: z.string() }),
  z.object({ type: z.literal("notice"), level: z.enum(["info", "warning"]), message: z.string() }),
]);
export type RunEvent = z.infer<typeof RunEvent>;
