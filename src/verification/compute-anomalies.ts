// An anomaly query computed from two slices (history, period), to the letter of protocol/query.ts.
// The score is the modified z-score of Iglewicz and Hoaglin, 1993.
import type { AnomalyQuery, Cell } from "../protocol/index.ts";
import type { Reading } from "./compute-aggregate.ts";
import type { ExpectedColumn, ExpectedRow, ExpectedTable } from "./expected-table.ts";
import { compareCells } from "./row-filter.ts";
import { labelKey, medianOf, type Slice, type SliceSpec } from "./slice.ts";

const MAD_TO_SIGMA = 1.4826;
const MEAN_TO_SIGMA = 1.2533;
const BEYOND_SCALE = 999;

/** History first, then the period. */
export const anomalySlices = (query: AnomalyQuery): SliceSpec[] => {
  const base = {
    table: query.table,
    dimensions: query.dimensions,
    grain: query.grain,
    measures: [query.measure],
    filters: query.filters,
  };
  const history = { ...query.period, from: query.historyFrom, to: query.period.from };
  return [
    { ...base, period: history },
    { ...base, period: query.period },
  ];
};

export const anomalyColumns = (query: AnomalyQuery): ExpectedColumn[] => {
  const { as, aggregate, format, unit } = query.measure;
  const figure = { kind: "figure" as const, format, unit };
  return [
    ...query.dimensions.map((name) => ({ name, kind: "label" as const })),
    { name: query.grain.unit, kind: "label" },
    { ...figure, name: as, exact: aggregate === "count" },
    { ...figure, name: "expected" },
    { ...figure, name: "deviation", derived: true },
    { name: "deviation_pct", kind: "figure", format: "percent", derived: true },
    { name: "score", kind: "figure", format: "number", derived: true, relative: 1e-6 },
  ];
};

interface Usual {
  readonly expected: number;
  readonly scale: number;
}

const usualOf = (history: readonly number[]): Usual | undefined => {
  const expected = medianOf([...history]);
  if (expected === undefined) return undefined;
  const distances = history.map((value) => Math.abs(value - expected));
  const mad = medianOf([...distances]) ?? 0;
  const mean = distances.reduce((sum, each) => sum + each, 0) / distances.length;
  return { expected, scale: mad === 0 ? MEAN_TO_SIGMA * mean : MAD_TO_SIGMA * mad };
};

const scoreOf = (value: number, { expected, scale }: Usual): number => {
  const deviation = value - expected;
  return scale === 0 ? Math.sign(deviation) * BEYOND_SCALE : deviation / scale;
};

// A score this near to the threshold may fall on either side of it.
const EDGE = 1e-9;

const rowOf = (
  labels: readonly Cell[],
  value: Cell,
  usual: Usual,
  threshold: number,
): ExpectedRow & { readonly standsOut: boolean } => {
  const deviation = Number(value) - usual.expected;
  const score = scoreOf(Number(value), usual);
  const size = Math.abs(score);
  const part = usual.expected === 0 ? null : deviation / Math.abs(usual.expected);
  return {
    labels,
    // The score is left unrounded: a hand-over's two places are within tolerance of it.
    cells: [...labels, value, usual.expected, deviation, part, score],
    optional: size < threshold + EDGE,
    standsOut: size > threshold - EDGE,
  };
};

/** The buckets that stand out, largest |score| first. */
export const anomalyTable = (
  query: AnomalyQuery,
  [past, present]: readonly Slice[],
  reading: Reading,
): ExpectedTable => {
  const valueOf = (value: Cell | undefined): Cell =>
    value === undefined ? reading.emptySum : value;
  const histories = new Map<string, number[]>();
  for (const { labels, values } of past?.values() ?? []) {
    const value = valueOf(values[0]);
    if (value === null) continue;
    const key = labelKey(labels.slice(0, -1));
    const history = histories.get(key) ?? [];
    history.push(Number(value));
    histories.set(key, history);
  }
  const usual = new Map<string, Usual | undefined>();
  for (const [key, history] of histories) {
    if (history.length >= query.minHistory) usual.set(key, usualOf(history));
  }
  const rows = [...(present?.values() ?? [])].flatMap(({ labels, values }) => {
    const value = valueOf(values[0]);
    const known = usual.get(labelKey(labels.slice(0, -1)));
    return value === null || known === undefined
      ? []
      : [rowOf(labels, value, known, query.threshold)];
  });
  return {
    columns: anomalyColumns(query),
    rows: rows.filter(({ standsOut }) => standsOut).sort(byScore(query.dimensions.length)),
    others: rows.filter(({ standsOut }) => !standsOut),
    orderedBy: { column: "score", magnitude: true },
  };
};

const byScore = (dimensions: number) => (left: ExpectedRow, right: ExpectedRow) => {
  const size = (row: ExpectedRow) => Math.abs(Number(row.cells.at(-1)));
  const order = size(right) - size(left);
  if (order !== 0) return order;
  for (const at of [dimensions, ...Array(dimensions).keys()]) {
    const sign = compareCells(left.labels[at] ?? null, right.labels[at] ?? null);
    if (sign !== 0) return sign;
  }
  return 0;
};
