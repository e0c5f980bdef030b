// What the reporter asks the rendering tools for. Figures come by reference: tables by id, charts as
// specs without data, text as a narrative with tokens.
import { z } from "zod";
import { FileRef } from "./source.ts";

/** A vega-lite spec without `data` and without any URL, plus the table that feeds it. */
export const ChartRequest = z.object({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  title: z.string().min(1),
  tableId: z.string(),
  /** vega-lite 6: `mark`, `encoding`, `transform` …; `data`, `datasets`, `href`, `url` are refused. */
  spec: z.record(z.string(), z.unknown()),
});
export type ChartRequest = z.infer<typeof ChartRequest>;

/** A chart as made by the chart tool. */
export const Chart = z.object({
  id: z.string(),
  title: z.string(),
  tableId: z.string(),
  svg: FileRef,
  png: FileRef,
});
export type Chart = z.infer<typeof Chart>;

export const ReportSection = z.object({
  heading: z.string().min(1),
  /** Id of a narrative section whose statements are shown. */
  narrative: z.string().optional(),
  tables: z.array(z.string()).default([]),
  charts: z.array(z.string()).default([]),
});
export type ReportSection = z.infer<typeof ReportSection>;

export const ReportSpec = z.object({
  title: z.string().min(1),
  subtitle: z.string().optional(),
  sections: z.array(ReportSection).min(1),
});
export type ReportSpec = z.infer<typeof ReportSpec>;

/** A native chart of the workbook, over columns of one table's sheet. */
export const WorkbookChart = z.object({
  type: z.enum(["column", "bar", "line", "pie"]),
  title: z.string(),
  category: z.string(),
  values: z.array(z.string()).min(1),
});
export const WorkbookSpec = z.object({
  title: z.string().min(1),
  sheets: z
    .array(
      z.object({
        name: z.string().min(1).max(31),
        tableId: z.string(),
        charts: z.array(WorkbookChart).default([]),
      }),
    )
    .min(1),
});
export type WorkbookSpec = z.infer<typeof WorkbookSpec>;
