// What a finished task hands to the tasks that depend on it: status, typed output, evidence.
import { z } from "zod";
import { Narrative } from "./narrative.ts";
import { MetricQuery } from "./query.ts";
import { FileRef, Sha256 } from "./source.ts";
import { Cell, ResultColumn } from "./table.ts";

/** The answer to one query, complete: rows are never cut in silence. */
export const ResultTable = z.object({
  /** Unique in the run; by convention the task's id, or task id + `-` + a word. */
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  title: z.string().min(1),
  columns: z.array(ResultColumn).min(1),
  rows: z.array(z.array(Cell)),
  /** Rows of the whole result; `truncated` says whether `rows` holds fewer. */
  rowCount: z.int().nonnegative(),
  truncated: z.boolean(),
  /** The SQL that made it, to be run again on the sources. */
  sql: z.string().min(1),
  query: MetricQuery.optional(),
  /** Tables read, and the hash of the file behind each. */
  sources: z.array(z.object({ table: z.string(), sha256: Sha256 })),
});
export type ResultTable = z.infer<typeof ResultTable>;

/** A piece of a document, to be cited. */
export const Passage = z.object({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  text: z.string().min(1),
  file: z.string(),
  sha256: Sha256.optional(),
  /** From 1; absent for formats without pages. */
  page: z.int().positive().optional(),
  url: z.url().optional(),
});
export type Passage = z.infer<typeof Passage>;

/** One tool call of the task, as its own messages record it. */
export const CallRecord = z.object({
  tool: z.string(),
  callId: z.string(),
  args: z.unknown(),
  /** sha256 of the content returned to the model. */
  result: Sha256.optional(),
  ok: z.boolean(),
});
export type CallRecord = z.infer<typeof CallRecord>;

export const HandOver = z.object({
  status: z.enum(["done", "failed"]),
  /** What was done, in a sentence or two; no figures. */
  summary: z.string(),
  tables: z.array(ResultTable).default([]),
  narrative: Narrative.optional(),
  passages: z.array(Passage).default([]),
  files: z.array(FileRef).default([]),
  data: z.unknown().optional(),
  notes: z.array(z.string()).default([]),
  evidence: z.array(CallRecord).default([]),
});
export type HandOver = z.infer<typeof HandOver>;
