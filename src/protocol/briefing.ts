// What a model is told and how it answers. A briefing stands in the last human message between
// <briefing> and </briefing> as JSON; an answer is a call of a `submit_…` tool.
import { z } from "zod";
import { Passage, ResultTable } from "./handover.ts";
import { Narrative } from "./narrative.ts";
import { CheckName, OutputKind, Plan, Task } from "./plan.ts";
import { FileRef, Sha256 } from "./source.ts";
import { ResultColumn, TableProfile } from "./table.ts";
import { Finding } from "./verdict.ts";

export const AssigneeCard = z.object({
  name: z.string(),
  role: z.string(),
  goal: z.string(),
  tools: z.array(z.string()),
  produces: OutputKind,
  /** Checks that each of its tasks must have, beyond those the planner picks. */
  checks: z.array(CheckName).optional(),
});
export type AssigneeCard = z.infer<typeof AssigneeCard>;

export const PlannerBriefing = z.object({
  role: z.literal("planner"),
  goal: z.string(),
  /** `YYYY-MM-DD`. */
  today: z.iso.date(),
  tables: z.array(TableProfile),
  /** File names of documents that can be searched. */
  documents: z.array(z.string()),
  assignees: z.array(AssigneeCard),
  /** Answers of the person to a clarifying form, by question id. */
  clarifications: z.record(z.string(), z.unknown()).default({}),
  /** When there is a plan already: a follow-up or a re-plan. Tasks that stay the same keep their id. */
  previous: z
    .object({
      plan: Plan,
      verified: z.array(z.string()),
      /** Why a new plan is needed: the person's new message, a review's words, or findings. */
      reason: z.string(),
      failures: z.array(z.object({ taskId: z.string(), findings: z.array(Finding) })).default([]),
    })
    .optional(),
});
export type PlannerBriefing = z.infer<typeof PlannerBriefing>;

/** A verified table in a briefing: at most 200 rows are shown; indices are those of the table. */
export const BriefTable = ResultTable.pick({
  id: true,
  title: true,
  columns: true,
  rows: true,
  rowCount: true,
  query: true,
});
export type BriefTable = z.infer<typeof BriefTable>;

export const SpecialistBriefing = z.object({
  role: z.literal("specialist"),
  agent: z.string(),
  goal: z.string(),
  task: Task,
  /** Loaded tables: for those who query. */
  tables: z.array(TableProfile),
  documents: z.array(z.string()),
  /** Verified results of the tasks this one depends on. */
  inputs: z.object({
    tables: z.array(BriefTable),
    narrative: Narrative.optional(),
    passages: z.array(Passage),
    files: z.array(FileRef),
    data: z.record(z.string(), z.unknown()),
  }),
  /** Data issues, phrases not covered, assumptions: to be mentioned. */
  caveats: z.array(z.string()),
  /** Why the attempt before this one was not accepted. */
  findings: z.array(Finding).default([]),
});
export type SpecialistBriefing = z.infer<typeof SpecialistBriefing>;

const summary = z.string().min(1).describe("What was done, in a sentence or two, without figures");
const notes = z.array(z.string()).default([]).describe("What the reader should know: gaps, doubts");

/** Answer of the planner when the goal leaves a choice that changes the figures; at most once a run. */
export const ClarifyingForm = z.object({
  questions: z
    .array(
      z.object({
        id: z.string().regex(/^[a-z][a-z0-9_]*$/),
        question: z.string(),
        options: z.array(z.string()).optional(),
        default: z.string().optional(),
      }),
    )
    .min(1)
    .max(5),
});
export type ClarifyingForm = z.infer<typeof ClarifyingForm>;

/** What each kind of specialist submits. Figures, passages and files go by reference to tool results. */
export const Submissions = {
  tables: z.object({
    summary,
    tables: z
      .array(
        z.object({
          id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
          title: z.string().min(1),
          resultId: Sha256.describe("`resultId` of the sql call that has exactly these rows"),
          columns: z.array(ResultColumn.omit({ type: true })).min(1),
        }),
      )
      .min(1),
    notes,
  }),
  narrative: z.object({ summary, narrative: Narrative, notes }),
  passages: z.object({
    summary,
    passageIds: z
      .array(z.string())
      .min(1)
      .describe("ids of passages that search_documents returned"),
    notes,
  }),
  files: z.object({
    summary,
    files: z.array(Sha256).min(1).describe("sha256 of the files that the tools returned"),
    notes,
  }),
  data: z.object({ summary, data: z.record(z.string(), z.unknown()), notes }),
} as const satisfies Record<OutputKind, z.ZodType>;

/** Name of the tool by which an answer is given. */
export const SUBMIT_PLAN = "submit_plan";
export const ASK_CLARIFICATION = "ask_clarification";
export const submitToolFor = (kind: OutputKind): string => `submit_${kind}`;

const OPEN = "<briefing>";
const CLOSE = "</briefing>";

/** The text block a prompt carries. `<` inside is escaped, so that data cannot close the block. */
export const writeBriefing = (briefing: PlannerBriefing | SpecialistBriefing): string =>
  `${OPEN}\n${JSON.stringify(briefing).replaceAll("<", "\\u003c")}\n${CLOSE}`;

/** The briefing of a prompt, or undefined when it has none. Throws a ZodError on a malformed one. */
export const readBriefing = (text: string): PlannerBriefing | SpecialistBriefing | undefined => {
  const from = text.lastIndexOf(OPEN);
  const to = text.lastIndexOf(CLOSE);
  if (from < 0 || to < from) return undefined;
  const json: unknown = JSON.parse(text.slice(from + OPEN.length, to));
  return z.discriminatedUnion("role", [PlannerBriefing, SpecialistBriefing]).parse(json);
};

/** How the prompt of a conversation tells the date, `YYYY-MM-DD`; a conversation has no briefing. */
export const todayLine = (today: string): string => `Today is ${today}.`;
export const readToday = (text: string): string | undefined =>
  /Today is (\d{4}-\d{2}-\d{2})\./.exec(text)?.[1];
