// The days a verified table speaks of: its query's periods and comparisons, and the dates in its rows.
import type { Comparison, ResultTable } from "../protocol/index.ts";
import { type Range, rangeOfBucket } from "./calendar.ts";

const EVER: Range = { from: "0000-01-01", to: "9999-12-31" };

const ofComparison = (comparison: Comparison): Range[] => {
  if (comparison.kind === "period") return [{ from: comparison.from, to: comparison.to }];
  return comparison.time === undefined
    ? []
    : [{ from: comparison.time.from, to: comparison.time.to }];
};

const UNITS = ["day", "week", "month", "quarter", "year"] as const;

const ofRows = (table: ResultTable): Range[] =>
  table.columns.flatMap((column, at) => {
    if (column.role !== "label" || (column.type !== "date" && column.type !== "timestamp"))
      return [];
    const unit =
      UNITS.find((each) => each === column.name) ?? (column.format === "month" ? "month" : "day");
    return table.rows.flatMap((row) => {
      const day = row[at];
      return typeof day === "string" && /^\d{4}-\d{2}-\d{2}/.test(day)
        ? [rangeOfBucket(day.slice(0, 10), unit)]
        : [];
    });
  });

/** A table of all time allows every period; one without query and dates allows none of its own. */
export const periodsOfTable = (table: ResultTable): Range[] => {
  const { query } = table;
  if (query === undefined) return ofRows(table);
  if (query.period === undefined) return [EVER];
  const { from, to } = query.period;
  const others =
    query.kind === "anomalies"
      ? [{ from: query.historyFrom, to }]
      : query.comparisons.flatMap(ofComparison);
  return [{ from, to }, ...others, ...ofRows(table)];
};

/** The days behind one figure, as far as known: the row's bucket, or the periods it is made of. */
export const periodsOfFigure = (table: ResultTable, column: string, row: number): Range[] => {
  const { query } = table;
  if (query === undefined) return [];
  if (query.grain !== undefined) {
    const { unit } = query.grain;
    const at = table.columns.findIndex(({ name }) => name === unit);
    const bucket = table.rows[row]?.[at];
    return typeof bucket === "string" ? [rangeOfBucket(bucket.slice(0, 10), unit)] : [];
  }
  if (query.kind !== "aggregate" || query.period === undefined) return [];
  if (query.measures.some(({ as }) => as === column)) return [query.period];
  const isOf = (label: string, ending: string) =>
    query.measures.some(({ as }) => column === `${as}_${label}${ending}`);
  for (const comparison of query.comparisons) {
    const { label } = comparison;
    if (isOf(label, "")) return ofComparison(comparison);
    // A change is of both periods.
    if (isOf(label, "_change") || isOf(label, "_change_pct")) {
      return [query.period, ...ofComparison(comparison)];
    }
  }
  return [];
};
