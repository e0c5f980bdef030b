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

/** The days behind one figure, when they are known: the row's bucket, the comparison's or the query's period. */
export const periodOfFigure = (
  table: ResultTable,
  column: string,
  row: number,
): Range | undefined => {
  const { query } = table;
  if (query === undefined) return undefined;
  if (query.grain !== undefined) {
    const { unit } = query.grain;
    const at = table.columns.findIndex(({ name }) => name === unit);
    const bucket = table.rows[row]?.[at];
    return typeof bucket === "string" ? rangeOfBucket(bucket.slice(0, 10), unit) : undefined;
  }
  if (query.kind !== "aggregate") return undefined;
  if (query.measures.some(({ as }) => as === column)) return query.period;
  const comparison = query.comparisons.find(({ label }) =>
    query.measures.some(({ as }) => column === `${as}_${label}`),
  );
  return comparison?.kind === "period" ? { from: comparison.from, to: comparison.to } : undefined;
};
