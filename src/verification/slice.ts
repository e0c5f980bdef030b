// One pass over a table: rows of a period that pass the filters, grouped, measured exactly. This is
// the computation that trusts no SQL.
import type { TableSession } from "../ports/index.ts";
import type { Cell, Filter, Measure, Period, RowExpression } from "../protocol/index.ts";
import { bucketOf, type Unit } from "./calendar.ts";
import {
  add,
  cellOf,
  type Decimal,
  decimalOf,
  ExactSum,
  multiply,
  negate,
  numberOf,
} from "./decimal.ts";
import { compileFilters } from "./row-filter.ts";

/** A measure that is taken from rows, not from other measures. */
export type RowMeasure = Extract<Measure, { aggregate: string }>;
export const isRowMeasure = (measure: Measure): measure is RowMeasure => "aggregate" in measure;

export interface SliceSpec {
  readonly table: string;
  readonly dimensions: readonly string[];
  readonly grain?: { readonly column: string; readonly unit: Unit } | undefined;
  readonly measures: readonly Pick<RowMeasure, "aggregate" | "of">[];
  readonly filters: readonly Filter[];
  readonly period?: Period | undefined;
}

export interface Group {
  /** Values of the dimensions, then the bucket when there is a grain. */
  readonly labels: readonly Cell[];
  /** One for each measure. A sum over missing values only is undefined: SQL says null, people say 0. */
  readonly values: readonly (Cell | undefined)[];
}
/** Groups by `labelKey` of their labels. */
export type Slice = ReadonlyMap<string, Group>;

export const labelKey = (labels: readonly Cell[]): string => JSON.stringify(labels);

type Row = readonly Cell[];
type Value = number | string | Decimal | undefined;

const columnsOfExpression = (of: RowExpression | undefined): readonly string[] =>
  of === undefined ? [] : "column" in of ? [of.column] : [of.left, of.right];

/** Every column that a specification reads. */
export const columnsRead = (spec: SliceSpec): string[] => [
  ...new Set([
    ...spec.dimensions,
    ...(spec.grain === undefined ? [] : [spec.grain.column]),
    ...(spec.period === undefined ? [] : [spec.period.column]),
    ...spec.filters.map(({ column }) => column),
    ...spec.measures.flatMap(({ of }) => columnsOfExpression(of)),
  ]),
];

const compileExpression = (
  of: RowExpression | undefined,
  index: (column: string) => number,
): ((row: Row) => Value) => {
  if (of === undefined) return () => 1;
  if ("column" in of) {
    const at = index(of.column);
    return (row) => {
      const cell = row[at];
      return typeof cell === "boolean" ? Number(cell) : (cell ?? undefined);
    };
  }
  const [left, right] = [index(of.left), index(of.right)];
  return (row) => {
    const [a, b] = [decimalOf(row[left]), decimalOf(row[right])];
    if (a === undefined || b === undefined) return undefined;
    return of.op === "multiply" ? multiply(a, b) : add(a, of.op === "add" ? b : negate(b));
  };
};

interface Accumulator {
  take(value: Value): void;
  result(): Cell | undefined;
}

const summing = (finish: (sum: ExactSum) => Cell | undefined): Accumulator => {
  const sum = new ExactSum();
  return {
    take(value) {
      const exact = typeof value === "string" ? decimalOf(value) : value;
      if (exact === undefined) return;
      if (typeof exact !== "number" || Number.isFinite(exact)) sum.add(exact);
    },
    result: () => finish(sum),
  };
};

const extreme = (sign: 1 | -1): Accumulator => {
  let best: Exclude<Value, Decimal> = undefined;
  return {
    take(value) {
      const plain = typeof value === "object" ? numberOf(value) : value;
      if (plain === undefined) return;
      if (best === undefined || (sign > 0 ? plain > best : plain < best)) best = plain;
    },
    result: () => best ?? null,
  };
};

const median = (): Accumulator => {
  const values: number[] = [];
  return {
    take(value) {
      if (value === undefined) return;
      values.push(typeof value === "object" ? numberOf(value) : Number(value));
    },
    result: () => medianOf(values) ?? null,
  };
};

/** Sorts in place. The mean of the middle two for an even count; undefined for none. */
export const medianOf = (values: number[]): number | undefined => {
  values.sort((left, right) => left - right);
  const upper = values[values.length >> 1];
  const lower = values[(values.length - 1) >> 1];
  return upper === undefined || lower === undefined ? undefined : (lower + upper) / 2;
};

const counting = (distinct: boolean): Accumulator => {
  let count = 0;
  const seen = new Set<unknown>();
  return {
    take(value) {
      if (value === undefined) return;
      count += 1;
      if (distinct) seen.add(typeof value === "object" ? numberOf(value) : value);
    },
    result: () => (distinct ? seen.size : count),
  };
};

const accumulator = (aggregate: RowMeasure["aggregate"]): Accumulator => {
  switch (aggregate) {
    case "sum":
      return summing((sum) => (sum.count === 0 ? undefined : cellOf(sum.total())));
    case "avg":
      return summing((sum) => (sum.count === 0 ? null : numberOf(sum.total()) / sum.count));
    case "min":
      return extreme(-1);
    case "max":
      return extreme(1);
    case "median":
      return median();
    case "count":
      return counting(false);
    default:
      return counting(true);
  }
};

interface Pending {
  readonly labels: readonly Cell[];
  readonly accumulators: readonly Accumulator[];
}

/** Takes rows of one table for one specification. */
const slicer = (spec: SliceSpec, columns: readonly string[]) => {
  const index = (column: string): number => columns.indexOf(column);
  const passes = compileFilters(spec.filters, index);
  const expressions = spec.measures.map(({ of }) => compileExpression(of, index));
  const dimensions = spec.dimensions.map(index);
  const { grain, period } = spec;
  const grainAt = grain === undefined ? -1 : index(grain.column);
  const periodAt = period === undefined ? -1 : index(period.column);
  const groups = new Map<string, Pending>();

  const groupOf = (row: Row): Pending => {
    const labels = dimensions.map((at) => row[at] ?? null);
    if (grain !== undefined) {
      const time = row[grainAt];
      labels.push(typeof time === "string" ? bucketOf(time, grain.unit) : null);
    }
    const key = labelKey(labels);
    const known = groups.get(key);
    if (known !== undefined) return known;
    const made = {
      labels,
      accumulators: spec.measures.map(({ aggregate }) => accumulator(aggregate)),
    };
    groups.set(key, made);
    return made;
  };

  return {
    take(row: Row): void {
      if (period !== undefined) {
        const time = row[periodAt];
        if (typeof time !== "string" || time < period.from || time.slice(0, 10) >= period.to)
          return;
      }
      if (!passes(row)) return;
      const { accumulators } = groupOf(row);
      for (let at = 0; at < accumulators.length; at += 1) {
        accumulators[at]?.take(expressions[at]?.(row));
      }
    },
    slice: (): Slice =>
      new Map(
        [...groups].map(([key, { labels, accumulators }]) => [
          key,
          { labels, values: accumulators.map((each) => each.result()) },
        ]),
      ),
  };
};

/** Computes several slices of one table in one scan. Throws what the session throws. */
export const scanSlices = async (
  session: TableSession,
  specs: readonly SliceSpec[],
  signal?: AbortSignal,
): Promise<Slice[]> => {
  const [first] = specs;
  if (first === undefined) return [];
  const columns = [...new Set(specs.flatMap(columnsRead))];
  if (columns.length === 0) {
    const profile = session.profiles.find(({ name }) => name === first.table);
    columns.push(...(profile?.columns ?? []).slice(0, 1).map(({ name }) => name));
  }
  const slicers = specs.map((spec) => slicer(spec, columns));
  for await (const chunk of session.scan(first.table, columns, signal)) {
    for (const row of chunk) for (const each of slicers) each.take(row);
  }
  return slicers.map((each) => each.slice());
};
