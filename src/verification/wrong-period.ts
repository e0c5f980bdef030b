// When figures are wrong: are they the right figures of another period?
import type { TableSession } from "../ports/index.ts";
import type { AggregateQuery, Finding, MetricQuery, ResultTable } from "../protocol/index.ts";
import { describeRange, overlaps, rangeOfBucket } from "./calendar.ts";
import { compareRows, type Comparison, type Mismatch } from "./compare-rows.ts";
import { aggregateTable, ownSlices } from "./compute-aggregate.ts";
import type { ComputeOptions } from "./compute-query.ts";
import { type ExpectedTable, sameFigure } from "./expected-table.ts";
import { findingsOf } from "./finding.ts";
import { type OtherPeriod, otherPeriods } from "./other-periods.ts";
import { isRowMeasure, scanSlices } from "./slice.ts";

const finding = findingsOf("recompute");

/** The query in another period, figures of its own table alone: enough to recognise them. */
const answersElsewhere = async (
  query: AggregateQuery,
  candidates: readonly OtherPeriod[],
  session: TableSession,
  options: ComputeOptions,
): Promise<ExpectedTable[]> => {
  const bare = { ...query, comparisons: [], limit: undefined, orderBy: undefined };
  const { period } = query;
  if (period === undefined) return [];
  const compute = async () => {
    const specs = candidates.flatMap(({ range }) =>
      ownSlices({ ...bare, period: { ...period, ...range } }),
    );
    const slices = await scanSlices(session, specs, options.signal);
    return slices.map((slice) =>
      aggregateTable(bare, [slice], [], { emptySum: 0, absentDistinct: 0 }),
    );
  };
  const rowsOf = (tables: readonly ExpectedTable[]) =>
    tables.reduce((sum, { rows }) => sum + rows.length, 0);
  return options.cache === undefined
    ? compute()
    : options.cache.of(session, ["elsewhere", bare, candidates], compute, rowsOf);
};

/** The columns whose wrong cells all equal the candidate's, and the mismatches that this explains. */
const explained = (candidate: ExpectedTable, mismatches: readonly Mismatch[]): Mismatch[] => {
  const rows = new Map(candidate.rows.map((row) => [JSON.stringify(row.labels), row]));
  const columns = Map.groupBy(mismatches, ({ column }) => column.name);
  return [...columns].flatMap(([name, wrong]) => {
    const at = candidate.columns.findIndex((column) => column.name === name);
    const column = candidate.columns[at];
    if (column === undefined) return [];
    const all = wrong.every(({ labels, handed }) => {
      const row = rows.get(JSON.stringify(labels));
      const cell =
        row === undefined ? (column.additive === true ? 0 : null) : (row.cells[at] ?? null);
      return cell !== null && sameFigure(column, cell, handed);
    });
    // Nothing but zeros would be explained by any period without rows.
    const tells = wrong.some(({ handed }) => handed !== null && Number(handed) !== 0);
    return all && tells ? wrong : [];
  });
};

const outOfPeriod = (table: ResultTable, query: MetricQuery, { extra }: Comparison): Finding[] => {
  const { grain, period } = query;
  if (grain === undefined || period === undefined) return [];
  const at = query.dimensions.length;
  return extra.flatMap(({ row, cells, twice }) => {
    const bucket = cells[at];
    if (twice || typeof bucket !== "string" || !/^\d{4}-\d{2}-\d{2}/.test(bucket)) return [];
    const range = rangeOfBucket(bucket.slice(0, 10), grain.unit);
    if (overlaps(range, period)) return [];
    return [
      finding(
        "wrong-period",
        `row ${row} is of ${describeRange(range)}, outside the period ${describeRange(period)}`,
        `tables/${table.id}/rows/${row}/${grain.unit}`,
      ),
    ];
  });
};

/** Findings for rows and figures that belong to another period; empty when that is not what is wrong. */
export const findWrongPeriod = async (
  table: ResultTable,
  query: MetricQuery,
  comparison: Comparison,
  session: TableSession,
  options: ComputeOptions,
): Promise<Finding[]> => {
  const outside = outOfPeriod(table, query, comparison);
  const wrong = comparison.mismatches;
  // A series that only lacks steps may be the whole series of an earlier period.
  const lacks = comparison.missing.length > 0 && table.rows.length > 0 && query.grain !== undefined;
  const explainable = comparison.mismatches.length > 0 || comparison.extra.length > 0 || lacks;
  if (query.kind !== "aggregate" || outside.length > 0 || !explainable) return outside;
  const candidates = otherPeriods(query);
  if (candidates.length === 0 || query.measures.every((measure) => !isRowMeasure(measure)))
    return outside;
  const answers = await answersElsewhere(query, candidates, session, options);
  for (const [at, answer] of answers.entries()) {
    const candidate = candidates[at];
    if (candidate === undefined || query.period === undefined) continue;
    const figures = explained(answer, wrong);
    const whole = (query.comparisons.length === 0 || lacks) && compareRows(table, answer);
    const isWhole =
      whole !== false &&
      whole.mismatches.length === 0 &&
      whole.extra.length === 0 &&
      whole.missing.length === 0;
    if (figures.length === 0 && !isWhole) continue;
    const names = [...new Set(figures.map(({ column }) => column.name))].join(", ");
    const [first] = figures;
    return [
      finding(
        "wrong-period",
        `${names === "" ? "the rows" : names} of table ${table.id}: the figures are those of ${describeRange(candidate.range)} (${candidate.name}), not of ${describeRange(query.period)}`,
        first === undefined
          ? `tables/${table.id}`
          : `tables/${table.id}/rows/${first.row}/${first.column.name}`,
      ),
    ];
  }
  return outside;
};
