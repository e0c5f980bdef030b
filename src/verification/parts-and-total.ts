// Tables about the same thing must agree: the parts of one add up to the total of the other.
import type { Finding, HandOver, MetricQuery, ResultTable } from "../protocol/index.ts";
import { add, cellOf, type Decimal, decimalOf } from "./decimal.ts";
import { sameFigure } from "./expected-table.ts";
import { findingsOf, shown } from "./finding.ts";
import { isRowMeasure } from "./slice.ts";

const finding = findingsOf("recompute");

const columnTotal = (table: ResultTable, name: string): number | string | undefined => {
  const at = table.columns.findIndex((column) => column.name === name);
  if (at < 0) return undefined;
  let sum: Decimal = { digits: 0n, scale: 0 };
  for (const row of table.rows) {
    const value = decimalOf(row[at]);
    if (value !== undefined) sum = add(sum, value);
  }
  return cellOf(sum);
};

/** What has to be equal for two sums to be comparable. */
const scopeOf = (query: MetricQuery): string | undefined =>
  query.kind === "aggregate" && query.limit === undefined
    ? JSON.stringify([query.table, query.period ?? null, query.filters])
    : undefined;

const additive = (query: MetricQuery | undefined) =>
  query?.kind === "aggregate"
    ? query.measures
        .filter(isRowMeasure)
        .filter(({ aggregate }) => aggregate === "sum" || aggregate === "count")
    : [];

const measureKey = ({ aggregate, of }: { aggregate: string; of?: unknown }): string =>
  JSON.stringify([aggregate, of ?? null]);

const reconcile = (table: ResultTable, query: MetricQuery, other: ResultTable): Finding[] => {
  if (
    other.query === undefined ||
    scopeOf(query) === undefined ||
    scopeOf(query) !== scopeOf(other.query)
  )
    return [];
  return additive(query).flatMap((measure) => {
    const twin = additive(other.query).find((each) => measureKey(each) === measureKey(measure));
    const [ours, theirs] = [columnTotal(table, measure.as), twin && columnTotal(other, twin.as)];
    if (ours === undefined || theirs === undefined) return [];
    const column = {
      name: measure.as,
      kind: "figure" as const,
      format: measure.format,
      exact: measure.aggregate === "count",
    };
    // Every row may have been rounded by itself.
    const slack = 0.005 * (table.rows.length + other.rows.length);
    const near = column.exact ? false : Math.abs(Number(ours) - Number(theirs)) <= slack;
    if (near || sameFigure(column, theirs, ours)) return [];
    return [
      finding(
        "wrong-total",
        `${measure.as} adds up to ${shown(ours)} in table ${table.id}, to ${shown(theirs)} in table ${other.id}`,
        `tables/${table.id}/${measure.as}`,
      ),
    ];
  });
};

/** Sums of a table against those of the verified tables with the same measures, period and filters. */
export const reconcileTotals = (
  table: ResultTable,
  query: MetricQuery | undefined,
  inputs: Readonly<Record<string, HandOver>>,
): Finding[] =>
  query === undefined
    ? []
    : Object.values(inputs).flatMap(({ tables }) =>
        tables.flatMap((other) => reconcile(table, query, other)),
      );
