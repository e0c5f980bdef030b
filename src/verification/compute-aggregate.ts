// An aggregate query computed from slices, to the letter of protocol/query.ts.
import type { AggregateQuery, Cell, Comparison, Measure } from "../protocol/index.ts";
import type { ExpectedColumn, ExpectedRow, ExpectedTable } from "./expected-table.ts";
import { compareCells } from "./row-filter.ts";
import { type Group, isRowMeasure, labelKey, type Slice, type SliceSpec } from "./slice.ts";

/**
 * Where the protocol leaves a choice: the sum over rows whose values are all missing, and the distinct
 * count of a side without rows, may be 0 or null. A hand-over has to be right under one reading.
 */
export interface Reading {
  readonly emptySum: 0 | null;
  readonly absentDistinct: 0 | null;
}
export const READINGS: readonly Reading[] = [
  { emptySum: 0, absentDistinct: 0 },
  { emptySum: null, absentDistinct: 0 },
  { emptySum: 0, absentDistinct: null },
  { emptySum: null, absentDistinct: null },
];

type TableComparison = Extract<Comparison, { kind: "table" }>;

const rowMeasures = (query: AggregateQuery) => query.measures.filter(isRowMeasure);

/** Slice of the query itself, then of each period comparison; all of one table. */
export const ownSlices = (query: AggregateQuery): SliceSpec[] => {
  const base: SliceSpec = {
    table: query.table,
    dimensions: query.dimensions,
    grain: query.grain,
    measures: rowMeasures(query),
    filters: query.filters,
    period: query.period,
  };
  const periods = query.comparisons.flatMap((comparison) =>
    comparison.kind === "period" && query.period !== undefined
      ? [{ ...base, period: { ...query.period, from: comparison.from, to: comparison.to } }]
      : [],
  );
  return [base, ...periods];
};

const coveredMeasures = (query: AggregateQuery, comparison: Comparison): Measure[] =>
  comparison.kind === "period"
    ? query.measures
    : query.measures.filter(({ as }) => comparison.measures[as] !== undefined);

/** Slice of the other table, with the query's dimensions in the query's order. */
export const otherSlice = (query: AggregateQuery, comparison: TableComparison): SliceSpec => ({
  table: comparison.table,
  dimensions: query.dimensions.map(
    (name) => comparison.on.find(({ dimension }) => dimension === name)?.column ?? name,
  ),
  grain:
    query.grain === undefined || comparison.time === undefined
      ? undefined
      : { column: comparison.time.column, unit: query.grain.unit },
  measures: coveredMeasures(query, comparison).map(({ as }) => ({
    aggregate: "sum",
    of: { column: comparison.measures[as] ?? "" },
  })),
  filters: [],
  period: comparison.time,
});

const arithmetic = (left: Cell, right: Cell, ratio: boolean): Cell => {
  if (left === null || right === null) return null;
  const [a, b] = [Number(left), Number(right)];
  if (!ratio) return a - b;
  return b === 0 ? null : a / b;
};

const absentValue = (measure: Measure, reading: Reading): Cell => {
  if (!isRowMeasure(measure)) return null;
  if (measure.aggregate === "count_distinct") return reading.absentDistinct;
  return measure.aggregate === "sum" || measure.aggregate === "count" ? 0 : null;
};

/** Values of all measures for one group of the query's own table. */
const measured = (query: AggregateQuery, group: Group | undefined, reading: Reading): Cell[] => {
  const values = new Map<string, Cell>();
  let at = 0;
  for (const measure of query.measures) {
    if (isRowMeasure(measure)) {
      const value = group?.values[at];
      at += 1;
      const empty = group === undefined ? absentValue(measure, reading) : reading.emptySum;
      values.set(measure.as, value === undefined ? empty : value);
    } else {
      const isRatio = "ratio" in measure;
      const [first, second] = isRatio ? measure.ratio : measure.difference;
      values.set(
        measure.as,
        arithmetic(values.get(first) ?? null, values.get(second) ?? null, isRatio),
      );
    }
  }
  return query.measures.map(({ as }) => values.get(as) ?? null);
};

/** `m_<label>`, its change and the change in percent, for every measure covered. */
const compared = (base: readonly Cell[], other: readonly Cell[]): Cell[] =>
  other.flatMap((value, at) => {
    const change = arithmetic(base[at] ?? null, value, false);
    const size = value === null ? null : Math.abs(Number(value));
    return [value, change, arithmetic(change, size, true)];
  });

const measureColumn = (measure: Measure): ExpectedColumn => {
  const counts = isRowMeasure(measure) && measure.aggregate.startsWith("count");
  return {
    name: measure.as,
    kind: "figure",
    format: measure.format,
    unit: measure.unit,
    exact: counts,
    additive: isRowMeasure(measure) && ["sum", "count"].includes(measure.aggregate),
    derived: !isRowMeasure(measure),
  };
};

const comparisonColumns = (query: AggregateQuery, comparison: Comparison): ExpectedColumn[] =>
  coveredMeasures(query, comparison).flatMap((measure) => {
    const column = measureColumn(measure);
    const name = `${measure.as}_${comparison.label}`;
    const additive = comparison.kind === "table" || column.additive === true;
    return [
      { ...column, name, additive },
      { ...column, name: `${name}_change`, additive: false, derived: true },
      {
        name: `${name}_change_pct`,
        kind: "figure" as const,
        format: "percent" as const,
        additive: false,
        derived: true,
      },
    ];
  });

/** The columns of the result, in order. */
export const aggregateColumns = (query: AggregateQuery): ExpectedColumn[] => [
  ...query.dimensions.map((name) => ({ name, kind: "label" as const })),
  ...(query.grain === undefined ? [] : [{ name: query.grain.unit, kind: "label" as const }]),
  ...query.measures.map(measureColumn),
  ...query.comparisons.flatMap((comparison) => comparisonColumns(query, comparison)),
];

const byLabels = (query: AggregateQuery) => {
  const dimensions = query.dimensions.length;
  const order = [...Array(dimensions).keys()];
  if (query.grain !== undefined) order.unshift(dimensions);
  return (left: ExpectedRow, right: ExpectedRow): number => {
    for (const at of order) {
      const sign = compareCells(left.labels[at] ?? null, right.labels[at] ?? null);
      if (sign !== 0) return sign;
    }
    return 0;
  };
};

const inOrder = (
  query: AggregateQuery,
  columns: readonly ExpectedColumn[],
  rows: ExpectedRow[],
): ExpectedRow[] => {
  const labels = byLabels(query);
  const { orderBy } = query;
  if (orderBy === undefined) return rows.sort(labels);
  const at = columns.findIndex(({ name }) => name === orderBy.column);
  const sign = orderBy.direction === "asc" ? 1 : -1;
  return rows.sort((left, right) => {
    const [a, b] = [left.cells[at] ?? null, right.cells[at] ?? null];
    const order = a === null || b === null ? compareCells(a, b) : sign * compareCells(a, b);
    return order === 0 ? labels(left, right) : order;
  });
};

/** The result, from the query's own slices and those of the comparison tables, in order. */
export const aggregateTable = (
  query: AggregateQuery,
  own: readonly Slice[],
  others: readonly Slice[],
  reading: Reading,
): ExpectedTable => {
  const [base = new Map<string, Group>(), ...periods] = own;
  const columns = aggregateColumns(query);
  const groups = new Map<string, readonly Cell[]>();
  for (const slice of [base, ...periods, ...others]) {
    for (const { labels } of slice.values()) groups.set(labelKey(labels), labels);
  }
  // A query without dimensions and without a grain has one row, also over nothing.
  if (groups.size === 0 && query.dimensions.length === 0 && query.grain === undefined) {
    groups.set(labelKey([]), []);
  }
  const rows = [...groups].map(([key, labels]): ExpectedRow => {
    const values = measured(query, base.get(key), reading);
    const slices = { period: periods.values(), table: others.values() };
    const comparisons = query.comparisons.flatMap((comparison) => {
      const group = slices[comparison.kind].next().value?.get(key);
      const covered = coveredMeasures(query, comparison);
      const side =
        comparison.kind === "period"
          ? measured(query, group, reading)
          : covered.map((_, at) =>
              group === undefined ? 0 : (group.values[at] ?? reading.emptySum),
            );
      const ours = covered.map((measure) => values[query.measures.indexOf(measure)] ?? null);
      return compared(ours, side);
    });
    return { labels, cells: [...labels, ...values, ...comparisons] };
  });
  return {
    columns,
    rows: inOrder(query, columns, rows),
    limit: query.limit,
    orderedBy: query.orderBy === undefined ? undefined : { column: query.orderBy.column },
  };
};
