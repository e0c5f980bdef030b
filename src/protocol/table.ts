// What is known of a loaded table, and what a query on tables returns.
import { z } from "zod";
import { Sha256 } from "./source.ts";

/**
 * One value of a table. Decimals are numbers; dates are `YYYY-MM-DD`, timestamps
 * `YYYY-MM-DDTHH:MM:SS` (no zone); never a bigint: integers beyond 2^53 are strings.
 */
export const Cell = z.union([z.string(), z.number(), z.boolean(), z.null()]);
export type Cell = z.infer<typeof Cell>;

export const ColumnType = z.enum(["integer", "decimal", "date", "timestamp", "boolean", "text"]);
export type ColumnType = z.infer<typeof ColumnType>;

/** What a column is good for: summed, grouped by, ordered by time, identifying a row, or read. */
export const ColumnRole = z.enum(["measure", "dimension", "time", "key", "text"]);
export type ColumnRole = z.infer<typeof ColumnRole>;

export const ColumnProfile = z.object({
  name: z.string(),
  /** The header as it stood in the file, when it was not usable as a name. */
  header: z.string().optional(),
  type: ColumnType,
  role: ColumnRole,
  /** ISO 4217 code for money, else e.g. `°C`, `%`, `min`; absent when unknown. */
  unit: z.string().optional(),
  missing: z.int(),
  distinct: z.int(),
  min: Cell.optional(),
  max: Cell.optional(),
  /** The most frequent values first, at most 12; all of them when `distinct` <= 12. */
  examples: z.array(Cell),
});
export type ColumnProfile = z.infer<typeof ColumnProfile>;

/** Something odd that loading found and what was done about it. */
export const DataIssue = z.object({
  code: z.enum([
    "missing-values",
    "duplicate-rows", // removed when the table has a key column, else kept
    "mixed-dates", // several date formats in one column
    "number-format", // thousands separators, decimal commas, currency signs
    "total-row", // a stray total, left out
    "unreadable-values", // values that do not fit the column's type: null
    "mixed-units", // several currencies or units in one column
    "encoding", // not UTF-8; which encoding was taken
    "header", // no header row, blank or repeated names
    "truncated", // more rows than the limit
  ]),
  column: z.string().optional(),
  /** How many rows or values. */
  count: z.int(),
  message: z.string(),
  examples: z.array(z.string()).default([]),
});
export type DataIssue = z.infer<typeof DataIssue>;

export const TableProfile = z.object({
  /** SQL name of the table: the file's base name in snake_case, `_sheet` appended when there are several. */
  name: z.string(),
  file: z.string(),
  sha256: Sha256,
  sheet: z.string().optional(),
  rows: z.int(),
  columns: z.array(ColumnProfile),
  issues: z.array(DataIssue),
});
export type TableProfile = z.infer<typeof TableProfile>;

/** How a figure is written for a reader. */
export const CellFormat = z.enum([
  "money",
  "number",
  "integer",
  "percent",
  "date",
  "month",
  "text",
]);
export type CellFormat = z.infer<typeof CellFormat>;

export const ResultColumn = z.object({
  name: z.string(),
  /** Column heading for readers. */
  label: z.string(),
  type: ColumnType,
  /** `label`: names the row; `figure`: a measured or computed number. */
  role: z.enum(["label", "figure"]),
  format: CellFormat,
  unit: z.string().optional(),
});
export type ResultColumn = z.infer<typeof ResultColumn>;
