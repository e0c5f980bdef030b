// What the planner hands over: tasks with assignees, dependencies, expectations and checks.
import { z } from "zod";
import { MetricQuery } from "./query.ts";

export const TaskId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,63}$/, "lower-case words joined by hyphens");

/** The checks a task can ask for, cheapest first; `schema` always runs. */
export const CheckName = z.enum([
  "schema",
  "files",
  "recompute",
  "narrative",
  "citations",
  "judge",
]);
export type CheckName = z.infer<typeof CheckName>;

export const OutputKind = z.enum(["tables", "narrative", "passages", "files", "data"]);
export type OutputKind = z.infer<typeof OutputKind>;

export const Expectation = z.object({
  kind: OutputKind,
  description: z.string().min(1),
  /** `tables`: column names the result must have. */
  columns: z.array(z.string()).optional(),
  /** `files`: names that must be there, e.g. `report.xlsx`. */
  files: z.array(z.string()).optional(),
  /** `data`: JSON Schema of the output. */
  schema: z.record(z.string(), z.unknown()).optional(),
});
export type Expectation = z.infer<typeof Expectation>;

export const Task = z.object({
  id: TaskId,
  title: z.string().min(1).max(200),
  instructions: z.string().min(1),
  assignee: z.string().min(1),
  dependsOn: z.array(TaskId).default([]),
  expects: Expectation,
  checks: z.array(CheckName).min(1),
  /** For figures: what is to be computed, so that the verifier can compute it too. */
  query: MetricQuery.optional(),
});
export type Task = z.infer<typeof Task>;

export const Plan = z.object({
  title: z.string().min(1),
  tasks: z.array(Task).min(1).max(200),
  /** How each phrase of the goal was understood, e.g. `last month` -> `August 2026`. */
  coverage: z.array(z.object({ phrase: z.string(), meaning: z.string() })).default([]),
  /** Phrases of the goal that no task answers; shown in the plan and in the report. */
  notCovered: z.array(z.string()).default([]),
  assumptions: z.array(z.string()).default([]),
});
export type Plan = z.infer<typeof Plan>;
