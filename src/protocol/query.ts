// A metric query says which figures are wanted, in terms of columns, so that two independent
// implementations (the SQL an analyst writes, the verifier's own computation) can be compared.
import { z } from "zod";
import { CellFormat, Cell } from "./table.ts";

const Name = z.string().min(1).max(128);
/** Half open: `from` <= value < `to`, both `YYYY-MM-DD`. */
export const Period = z.object({ column: Name, from: z.iso.date(), to: z.iso.date() });
export type Period = z.infer<typeof Period>;

export const TimeUnit = z.enum(["day", "week", "month", "quarter", "year"]);
export type TimeUnit = z.infer<typeof TimeUnit>;

/**
 * A number per row: a column, or two combined. A missing operand makes the value missing; true counts
 * as 1 and false as 0, so that the average of a boolean column is the share of rows where it is true.
 */
export const RowExpression = z.union([
  z.object({ column: Name }),
  z.object({ op: z.enum(["multiply", "add", "subtract"]), left: Name, right: Name }),
]);
export type RowExpression = z.infer<typeof RowExpression>;

const named = {
  /** Column name of the result, snake_case. */
  as: Name,
  format: CellFormat,
  unit: z.string().optional(),
};
/**
 * `count` without `of` counts rows, with it the values that are not missing. `difference` is
 * first - second and `ratio` first / second of measures named before it (null when the second is 0).
 */
export const Measure = z.union([
  z.object({
    ...named,
    aggregate: z.enum(["sum", "avg", "min", "max", "median", "count", "count_distinct"]),
    of: RowExpression.optional(),
  }),
  z.object({ ...named, difference: z.tuple([Name, Name]) }),
  z.object({ ...named, ratio: z.tuple([Name, Name]) }),
]);
export type Measure = z.infer<typeof Measure>;

export const Filter = z.object({
  column: Name,
  op: z.enum(["=", "!=", "<", "<=", ">", ">=", "in"]),
  value: z.union([Cell, z.array(Cell)]),
});
export type Filter = z.infer<typeof Filter>;

/**
 * Adds, for every measure `m` that it covers, the columns `m_<label>`, `m_<label>_change` (m - m_<label>)
 * and `m_<label>_change_pct` (change / |m_<label>|, a fraction; null when that is 0 or null).
 * `period`: the same table and filters in another period. `table`: another table's figures, joined
 * on the query's dimensions (`on`: dimension of the query -> column there) and, with a grain, on `time`.
 */
export const Comparison = z.union([
  z.object({ kind: z.literal("period"), label: Name, from: z.iso.date(), to: z.iso.date() }),
  z.object({
    kind: z.literal("table"),
    label: Name,
    table: Name,
    /** Measure name of this query -> column of the other table, summed there. */
    measures: z.record(Name, Name),
    on: z.array(z.object({ dimension: Name, column: Name })),
    /** Its time column and the range taken; with a grain also the bucket joined on. */
    time: Period.optional(),
  }),
]);
export type Comparison = z.infer<typeof Comparison>;

/**
 * Rows: one for each combination of `dimensions` (and time bucket, when there is a `grain`) found in
 * the period or in any comparison; where a side has no rows, sum and count are 0, all else null.
 * Missing dimension values form a group of their own (null). Columns, in this order: dimensions,
 * the bucket (named after the unit; its first day as `YYYY-MM-DD`; weeks begin on Monday), measures,
 * then each comparison's columns measure by measure. Without `orderBy`: by bucket, then dimensions
 * ascending, nulls last. No total row. With a grain only `table` comparisons are allowed.
 */
export const AggregateQuery = z.object({
  kind: z.literal("aggregate"),
  table: Name,
  measures: z.array(Measure).min(1),
  dimensions: z.array(Name).default([]),
  grain: z.object({ column: Name, unit: TimeUnit }).optional(),
  period: Period.optional(),
  filters: z.array(Filter).default([]),
  comparisons: z.array(Comparison).default([]),
  orderBy: z.object({ column: Name, direction: z.enum(["asc", "desc"]) }).optional(),
  /** After ordering; ties are broken by the dimensions ascending. */
  limit: z.int().positive().optional(),
});
export type AggregateQuery = z.infer<typeof AggregateQuery>;

/**
 * Buckets of `period` that stand out from the history before it, for each combination of dimensions.
 * expected = median of the history's buckets (a bucket without rows is not counted; fewer than
 * `minHistory` buckets: the combination is skipped); scale = 1.4826 * median(|x - expected|), or when
 * that is 0, 1.2533 * mean(|x - expected|); score = (value - expected) / scale; with scale 0, a value
 * that differs from expected has the score +-999. Rows: |score| > threshold.
 * Columns: dimensions, the bucket (named after `grain.unit`), the measure, `expected`, `deviation`,
 * `deviation_pct` (deviation / |expected|, null when 0), `score` (rounded to 2 places).
 * Order: |score| descending, then bucket, then dimensions. (Iglewicz and Hoaglin, 1993.)
 */
export const AnomalyQuery = z.object({
  kind: z.literal("anomalies"),
  table: Name,
  measure: z.object({
    ...named,
    aggregate: z.enum(["sum", "avg", "count"]),
    of: RowExpression.optional(),
  }),
  dimensions: z.array(Name).default([]),
  grain: z.object({ column: Name, unit: TimeUnit }),
  period: Period,
  /** Start of the history; it ends where the period begins. */
  historyFrom: z.iso.date(),
  filters: z.array(Filter).default([]),
  threshold: z.number().positive().default(3.5),
  minHistory: z.int().min(3).default(6),
});
export type AnomalyQuery = z.infer<typeof AnomalyQuery>;

export const MetricQuery = z.discriminatedUnion("kind", [AggregateQuery, AnomalyQuery]);
export type MetricQuery = z.infer<typeof MetricQuery>;
