// Arguments and results of the built-in tools, as models see them. Results are the JSON text of a
// tool message. The tools live in src/tools; models and specialists only know these shapes.
import { z } from "zod";
import { Chart, ChartRequest, ReportSpec, WorkbookSpec } from "./report.ts";
import { FileRef, Sha256 } from "./source.ts";
import { Cell, ColumnType } from "./table.ts";
import { Passage } from "./handover.ts";

/** A failed call is a result too: `{ "error": { code, message, hint } }`, for the model to react to. */
export const ToolFailure = z.object({
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }),
});
export type ToolFailure = z.infer<typeof ToolFailure>;

/** `sql`: one SELECT over the run's tables. */
export const SqlArgs = z.object({ query: z.string().min(1) });
export const SqlResult = z.object({
  /** Hash of the stored StoredResult; what a submission refers to. */
  resultId: Sha256,
  columns: z.array(z.object({ name: z.string(), type: ColumnType })),
  rowCount: z.int(),
  truncated: z.boolean(),
  /** At most 50 rows, for the model to read; the stored result has them all. */
  rows: z.array(z.array(Cell)),
});
export type SqlResult = z.infer<typeof SqlResult>;

/** The artifact behind a `resultId`: canonical JSON, mime `application/vnd.tutti.result+json`. */
export const StoredResult = z.object({
  sql: z.string(),
  columns: z.array(z.object({ name: z.string(), type: ColumnType })),
  rows: z.array(z.array(Cell)),
  truncated: z.boolean(),
  /** Every table of the session, whether the SQL reads it or not. */
  sources: z.array(z.object({ table: z.string(), sha256: Sha256 })),
});
export type StoredResult = z.infer<typeof StoredResult>;
export const STORED_RESULT_MIME = "application/vnd.tutti.result+json";

/** `search_documents`: passages of the run's documents that answer a query best. */
export const SearchArgs = z.object({
  query: z.string().min(1),
  limit: z.int().min(1).max(20).default(5),
});
export const SearchResult = z.object({ passages: z.array(Passage) });
export type SearchResult = z.infer<typeof SearchResult>;

/** `chart`, answered with a Chart. */
export const ChartArgs = ChartRequest;
/** `workbook`, answered with a FileRef (`report.xlsx`). */
export const WorkbookArgs = WorkbookSpec;
/** `pdf` and `dashboard`, answered with a FileRef (`report.pdf`, `report.html`). */
export const DocumentArgs = z.object({ report: ReportSpec, charts: z.array(Chart).default([]) });
export const FileResult = FileRef;

/** `ask_person`: the task waits for the answer; other tasks go on. */
export const AskPersonArgs = z.object({
  question: z.string().min(1),
  options: z.array(z.string()).optional(),
});
export const AskPersonResult = z.object({ answer: z.unknown() });

/** Names of the built-in tools. */
export const TOOL_NAMES = [
  "describe_tables",
  "sql",
  "search_documents",
  "web_search",
  "chart",
  "workbook",
  "pdf",
  "dashboard",
  "ask_person",
] as const;
