// State of an orchestrated run. It holds references: hand-overs and files are artifacts.
import { MessagesValue, ReducedValue, StateSchema } from "@langchain/langgraph";
import { z } from "zod";
import {
  ClarifyingForm,
  Decision,
  FileRef,
  Finding,
  GivenFile,
  Plan,
  Question,
  SourceRef,
  Task,
  TaskStatus,
  Usage,
} from "../protocol/index.ts";

// The descriptions are the help texts of the forms that Studio and other clients build from the schema.
const option = {
  review: z.array(z.enum(["plan", "result"])).describe("Where a person signs off"),
  concurrency: z.int().min(1).max(64).describe("Tasks worked on at the same time"),
  attempts: z.int().min(1).max(10).describe("Attempts at one task before it counts as failed"),
  replans: z
    .int()
    .min(0)
    .max(10)
    .describe("New plans after failures and rejections before the run ends"),
  steps: z.int().min(1).describe("Rounds of dispatch before the run pauses and asks"),
  minutes: z
    .number()
    .positive()
    .describe("Minutes of work at a stretch, from the start or the last resume, before it asks"),
  tokens: z.int().min(1).describe("Tokens it may use before it pauses and asks"),
  eur: z.number().positive().describe("Money it may spend before it pauses and asks, in euro"),
  calls: z.int().min(1).describe("Calls of models and tools before it pauses and asks"),
  today: z.iso
    .date()
    .describe("YYYY-MM-DD: what “last month” is relative to; the day of the start when absent"),
};

export const RunOptions = z.object({
  review: option.review.default([]),
  concurrency: option.concurrency.default(4),
  attempts: option.attempts.default(3),
  replans: option.replans.default(3),
  steps: option.steps.optional(),
  minutes: option.minutes.optional(),
  tokens: option.tokens.optional(),
  eur: option.eur.optional(),
  calls: option.calls.optional(),
  today: option.today.optional(),
});
export type RunOptions = z.infer<typeof RunOptions>;

/** Options as they are given: what is left out stays as it was. */
const GivenOptions = z.object(option).partial();

/** One attempt that was not accepted, kept for the lineage. */
export const Rejected = z.object({
  attempt: z.int(),
  handOver: FileRef.nullable(),
  findings: z.array(Finding),
});

export const TaskRecord = z.object({
  task: Task,
  status: TaskStatus,
  /** Place in the plan, from 0. */
  order: z.int(),
  /** Counts over all plans: it names the attempt's thread. */
  attempt: z.int(),
  /** Attempts under the current plan. */
  tries: z.int(),
  /** Why the last attempt was not accepted; the next one is told. */
  findings: z.array(Finding),
  /** The hand-over of the last attempt, stored as an artifact; verified when the status is `done`. */
  handOver: FileRef.nullable(),
  /** Last checkpoint of the attempt's thread. */
  checkpoint: z.string().nullable(),
  checks: z.array(z.string()),
  question: Question.nullable(),
  /** LangGraph's id of the interrupt in the task's own thread, when a specialist asks. */
  interruptId: z.string().nullable(),
  answer: z.unknown().nullable(),
  rejected: z.array(Rejected),
});
export type TaskRecord = z.infer<typeof TaskRecord>;

export const Ledger = z.object({
  title: z.string(),
  revision: z.int(),
  coverage: Plan.shape.coverage,
  notCovered: z.array(z.string()),
  assumptions: z.array(z.string()),
  /** What loading found odd in the data. */
  dataNotes: z.array(z.string()),
  /** What the person asked for beyond the goal: follow-ups, and words of rejections. */
  requests: z.array(z.string()),
  /** Why a new plan is due; null when none is. */
  reason: z.string().nullable(),
  replans: z.int(),
  steps: z.int(),
  /** Messages of the person that are worked in already. */
  messagesRead: z.int(),
  /** Questions of the planner that wait for the person. */
  form: ClarifyingForm.nullable(),
  clarifications: z.record(z.string(), z.unknown()),
});
export type Ledger = z.infer<typeof Ledger>;

export const emptyLedger: Ledger = {
  title: "",
  revision: 0,
  coverage: [],
  notCovered: [],
  assumptions: [],
  dataNotes: [],
  requests: [],
  reason: null,
  replans: 0,
  steps: 0,
  messagesRead: 0,
  form: null,
  clarifications: {},
};

export const Review = z.object({
  of: z.string(),
  decision: Decision,
  message: z.string().optional(),
  by: z.string(),
  at: z.string(),
});
export type Review = z.infer<typeof Review>;

export const Failure = z.object({
  taskId: z.string().optional(),
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
});
export type Failure = z.infer<typeof Failure>;

export const Outcome = z.object({
  status: z.enum(["finished", "failed"]),
  message: z.string(),
  /** Why it failed. */
  code: z.string().optional(),
  hint: z.string().optional(),
});
export type Outcome = z.infer<typeof Outcome>;

const TaskPatches = z.record(z.string(), TaskRecord.partial());

/** Patches are merged task by task, so that parallel work never overwrites its neighbour. */
const mergeTasks = (
  current: Record<string, TaskRecord>,
  patches: z.infer<typeof TaskPatches>,
): Record<string, TaskRecord> => {
  const merged = { ...current };
  for (const [id, patch] of Object.entries(patches))
    merged[id] = { ...merged[id], ...patch } as TaskRecord;
  return merged;
};

const appended = <Item>(item: z.ZodType<Item>) =>
  new ReducedValue(
    z.array(item).default(() => []),
    {
      inputSchema: z.array(item),
      reducer: (current: Item[], more: Item[]) => [...current, ...more],
    },
  );

export const OrchestratorState = new StateSchema({
  goal: z.string().default(""),
  files: z.array(GivenFile).default(() => []),
  options: new ReducedValue(
    RunOptions.default(() => RunOptions.parse({})),
    {
      inputSchema: GivenOptions,
      reducer: (current: RunOptions, given: z.infer<typeof GivenOptions>): RunOptions =>
        RunOptions.parse({ ...current, ...given }),
    },
  ),
  sources: z.array(SourceRef).default(() => []),
  tasks: new ReducedValue(
    z.record(z.string(), TaskRecord).default(() => ({})),
    { inputSchema: TaskPatches, reducer: mergeTasks },
  ),
  ledger: Ledger.default(() => emptyLedger),
  artifacts: z.array(FileRef).default(() => []),
  reviews: appended(Review),
  /** LangGraph ids of the interrupts that were answered by `ask` branches. */
  answered: appended(z.string()),
  failures: appended(Failure),
  spent: Usage.default(() => ({ inputTokens: 0, outputTokens: 0, calls: 0 })),
  outcome: Outcome.nullable().default(null),
  messages: MessagesValue,
});

export const OrchestratorInput = new StateSchema({
  goal: z
    .string()
    .describe("What is to be done, e.g. “Monthly sales report for September 2026, by region”")
    .optional(),
  files: z
    .array(GivenFile)
    .describe("Paths of data and documents; each is copied when the run starts")
    .optional(),
  options: GivenOptions.optional(),
  /** A goal can also be said in a message; on a finished thread a message asks for a change. */
  messages: MessagesValue,
});

export type State = typeof OrchestratorState.State;
export type Patch = typeof OrchestratorState.Update;
