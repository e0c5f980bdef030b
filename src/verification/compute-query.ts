// A metric query's answer, computed from the source. Row by row in TypeScript; above `SCAN_LIMIT` rows
// by SQL that was made here, independently of the hand-over's.
import type { TableSession } from "../ports/index.ts";
import type { AggregateQuery, Comparison, MetricQuery } from "../protocol/index.ts";
import {
  aggregateTable,
  otherSlice,
  ownSlices,
  READINGS,
  type Reading,
} from "./compute-aggregate.ts";
import { anomalySlices, anomalyTable } from "./compute-anomalies.ts";
import type { ExpectedTable } from "./expected-table.ts";
import type { ComputationCache } from "./computation-cache.ts";
import { scanSlices, type Slice, type SliceSpec } from "./slice.ts";
import { querySlice } from "./slice-sql.ts";

/** Source rows above which the verifier computes by SQL. */
export const SCAN_LIMIT = 5_000_000;

export interface Computation {
  /** The answer under each reading of what the protocol leaves open; mostly one. */
  readonly tables: readonly ExpectedTable[];
  readonly method: "rows" | "sql";
}

export interface ComputeOptions {
  readonly scanLimit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly cache?: ComputationCache | undefined;
}

const tablesOf = (query: MetricQuery): string[] => [
  query.table,
  ...(query.kind === "aggregate" ? query.comparisons : []).flatMap((comparison) =>
    comparison.kind === "table" ? [comparison.table] : [],
  ),
];

const slicesOf =
  (session: TableSession, bySql: boolean, signal: AbortSignal | undefined) =>
  async (specs: readonly SliceSpec[]): Promise<Slice[]> => {
    if (!bySql) return scanSlices(session, specs, signal);
    const slices: Slice[] = [];
    for (const spec of specs) slices.push(await querySlice(session, spec, signal));
    return slices;
  };

const isOpen = (slices: readonly Slice[]): boolean =>
  slices.some((slice) => [...slice.values()].some(({ values }) => values.includes(undefined)));

/** Only the readings that can differ for this query and these slices. */
const readingsFor = (query: MetricQuery, slices: readonly Slice[]): readonly Reading[] => {
  const distinct =
    query.kind === "aggregate" &&
    query.comparisons.length > 0 &&
    query.measures.some(
      (measure) => "aggregate" in measure && measure.aggregate === "count_distinct",
    );
  const sums = isOpen(slices);
  return READINGS.filter(
    ({ emptySum, absentDistinct }) =>
      (sums || emptySum === 0) && (distinct || absentDistinct === 0),
  );
};

const isTableComparison = (
  comparison: Comparison,
): comparison is Extract<Comparison, { kind: "table" }> => comparison.kind === "table";

const computeAggregate = async (
  query: AggregateQuery,
  slices: (specs: readonly SliceSpec[]) => Promise<Slice[]>,
): Promise<ExpectedTable[]> => {
  const own = await slices(ownSlices(query));
  const others: Slice[] = [];
  for (const comparison of query.comparisons.filter(isTableComparison)) {
    others.push(...(await slices([otherSlice(query, comparison)])));
  }
  return readingsFor(query, [...own, ...others]).map((reading) =>
    aggregateTable(query, own, others, reading),
  );
};

/** Throws what the session throws; the query's names must have been checked against its tables. */
export const computeQuery = (
  query: MetricQuery,
  session: TableSession,
  options: ComputeOptions = {},
): Promise<Computation> => {
  const { cache, scanLimit = SCAN_LIMIT } = options;
  const work = () => computeAnew(query, session, options);
  return cache === undefined
    ? work()
    : cache.of(session, [query, scanLimit], work, ({ tables }) =>
        tables.reduce((sum, { rows, others = [] }) => sum + rows.length + others.length, 0),
      );
};

const computeAnew = async (
  query: MetricQuery,
  session: TableSession,
  { scanLimit = SCAN_LIMIT, signal }: ComputeOptions,
): Promise<Computation> => {
  const rows = session.profiles
    .filter(({ name }) => tablesOf(query).includes(name))
    .reduce((sum, profile) => sum + profile.rows, 0);
  const bySql = rows > scanLimit;
  const slices = slicesOf(session, bySql, signal);
  const method = bySql ? "sql" : "rows";
  if (query.kind === "aggregate") return { tables: await computeAggregate(query, slices), method };
  const both = await slices(anomalySlices(query));
  return {
    tables: readingsFor(query, both).map((reading) => anomalyTable(query, both, reading)),
    method,
  };
};
