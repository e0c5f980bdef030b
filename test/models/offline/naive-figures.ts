// Figures by plain loops over rows, written for the tests alone: sums in whole cents, groups as maps.
import type {
  AggregateQuery,
  AnomalyQuery,
  Cell,
  Filter,
  Measure,
  RowExpression,
} from "../../../src/protocol/index.ts";

export type Row = Readonly<Record<string, Cell>>;
export type Data = Readonly<Record<string, readonly Row[]>>;

const MICRO = 1_000_000n;
const exact = (value: number): bigint => BigInt(Math.round(value * 1e6));

const numberIn = (row: Row, column: string): number | null => {
  const cell = row[column] ?? null;
  return cell === null ? null : Number(cell);
};

const valueOf = (row: Row, of: RowExpression): number | null => {
  if ("column" in of) return numberIn(row, of.column);
  const [a, b] = [numberIn(row, of.left), numberIn(row, of.right)];
  if (a === null || b === null) return null;
  if (of.op === "multiply") return Number(exact(a) * exact(b)) / 1e12;
  return of.op === "add" ? a + b : a - b;
};

const bucket = (day: string, unit: string): string => {
  const [year = "", month = ""] = day.split("-");
  if (unit === "year") return `${year}-01-01`;
  if (unit === "month") return `${year}-${month}-01`;
  if (unit === "quarter")
    return `${year}-${["01", "04", "07", "10"][Math.ceil(Number(month) / 3) - 1] ?? ""}-01`;
  const date = new Date(`${day.slice(0, 10)}T00:00:00Z`);
  if (unit === "week") while (date.getUTCDay() !== 1) date.setUTCDate(date.getUTCDate() - 1);
  return date.toISOString().slice(0, 10);
};

const passes = (row: Row, { column, op, value }: Filter): boolean => {
  const cell = row[column] ?? null;
  if (Array.isArray(value)) return value.includes(cell);
  if (op === "=" || op === "in") return cell === value;
  if (cell === null) return false;
  if (op === "!=") return cell !== value;
  const [a, b] = [Number(cell), Number(value)];
  return op === ">" ? a > b : op === ">=" ? a >= b : op === "<" ? a < b : a <= b;
};

const middle = (values: number[]): number | null => {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  if (sorted.length === 0) return null;
  return sorted.length % 2 === 1
    ? (sorted[half] ?? 0)
    : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2;
};

const aggregate = (
  rows: readonly Row[],
  measure: Extract<Measure, { aggregate: string }>,
): number | null => {
  const { of } = measure;
  if (of === undefined) return rows.length;
  const raw = rows
    .map((row) => ("column" in of ? (row[of.column] ?? null) : valueOf(row, of)))
    .filter((cell) => cell !== null);
  if (measure.aggregate === "count") return raw.length;
  if (measure.aggregate === "count_distinct") return new Set(raw).size;
  const numbers = rows.map((row) => valueOf(row, of)).filter((value) => value !== null);
  const sum = Number(numbers.reduce((total, value) => total + exact(value), 0n)) / Number(MICRO);
  switch (measure.aggregate) {
    case "sum":
      return sum;
    case "avg":
      return numbers.length === 0 ? null : sum / numbers.length;
    case "min":
      return numbers.length === 0 ? null : numbers.reduce((a, b) => Math.min(a, b));
    case "max":
      return numbers.length === 0 ? null : numbers.reduce((a, b) => Math.max(a, b));
    case "median":
      return middle(numbers);
    default:
      return measure.aggregate satisfies never;
  }
};

const measureAll = (
  rows: readonly Row[],
  measures: readonly Measure[],
): Map<string, number | null> => {
  const values = new Map<string, number | null>();
  for (const measure of measures) {
    if ("aggregate" in measure) {
      values.set(measure.as, aggregate(rows, measure));
      continue;
    }
    const [first, second] = ("ratio" in measure ? measure.ratio : measure.difference).map(
      (name) => values.get(name) ?? null,
    );
    const missing =
      first === null || first === undefined || second === null || second === undefined;
    const value = missing
      ? null
      : "ratio" in measure
        ? second === 0
          ? null
          : first / second
        : first - second;
    values.set(measure.as, value);
  }
  return values;
};

const inRange = (row: Row, column: string, from: string, to: string): boolean => {
  const day = String(row[column] ?? "").slice(0, 10);
  return day !== "" && day >= from && day < to;
};

const groupsOf = (rows: readonly Row[], keys: (row: Row) => Cell[]): Map<string, Row[]> =>
  Map.groupBy(rows, (row) => JSON.stringify(keys(row)));

const order = (a: Cell, b: Cell): number => {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return a === b ? 0 : a < b ? -1 : 1;
};

/** Rows of an aggregate query, columns as protocol/query.ts lays down. */
export const naiveAggregate = (query: AggregateQuery, data: Data): Cell[][] => {
  const all = (data[query.table] ?? []).filter((row) =>
    query.filters.every((filter) => passes(row, filter)),
  );
  const { period, grain, dimensions } = query;
  const keys = (row: Row): Cell[] => [
    ...dimensions.map((name) => row[name] ?? null),
    ...(grain === undefined
      ? []
      : [
          typeof row[grain.column] === "string"
            ? bucket(String(row[grain.column]), grain.unit)
            : null,
        ]),
  ];
  const base = groupsOf(
    period === undefined
      ? all
      : all.filter((row) => inRange(row, period.column, period.from, period.to)),
    keys,
  );
  const sides = query.comparisons.map((comparison) => {
    if (comparison.kind === "period") {
      const rows = all.filter((row) =>
        inRange(row, period?.column ?? "", comparison.from, comparison.to),
      );
      return { label: comparison.label, groups: groupsOf(rows, keys), measures: query.measures };
    }
    const { time, on } = comparison;
    const rows = (data[comparison.table] ?? []).filter(
      (row) => time === undefined || inRange(row, time.column, time.from, time.to),
    );
    const otherKeys = (row: Row): Cell[] => [
      ...dimensions.map(
        (name) => row[on.find(({ dimension }) => dimension === name)?.column ?? ""] ?? null,
      ),
      ...(grain === undefined || time === undefined
        ? []
        : [bucket(String(row[time.column]), grain.unit)]),
    ];
    const measures = query.measures.flatMap((measure): Measure[] => {
      const column = comparison.measures[measure.as];
      return column === undefined
        ? []
        : [{ as: measure.as, format: measure.format, aggregate: "sum", of: { column } }];
    });
    return { label: comparison.label, groups: groupsOf(rows, otherKeys), measures };
  });
  const found = new Set([...base.keys(), ...sides.flatMap(({ groups }) => [...groups.keys()])]);
  if (found.size === 0 && dimensions.length === 0 && grain === undefined) found.add("[]");
  const rows = [...found].map((key) => {
    const own = measureAll(base.get(key) ?? [], query.measures);
    const compared = sides.flatMap(({ groups, measures }) =>
      [...measureAll(groups.get(key) ?? [], measures)].flatMap(([name, other]) => {
        const value = own.get(name) ?? null;
        const change = value === null || other === null ? null : value - other;
        return [
          other,
          change,
          change === null || other === null || other === 0 ? null : change / Math.abs(other),
        ];
      }),
    );
    return {
      keys: JSON.parse(key) as Cell[],
      cells: [...(JSON.parse(key) as Cell[]), ...own.values(), ...compared],
    };
  });
  const names = [
    ...dimensions,
    ...(grain === undefined ? [] : [grain.unit]),
    ...query.measures.map(({ as }) => as),
  ];
  const at = names.indexOf(query.orderBy?.column ?? "");
  const sign = query.orderBy?.direction === "desc" ? -1 : 1;
  const priority =
    grain === undefined
      ? dimensions.map((_, index) => index)
      : [dimensions.length, ...dimensions.map((_, index) => index)];
  rows.sort((a, b) => {
    const [x = null, y = null] = at < 0 ? [] : [a.cells[at], b.cells[at]];
    const first = at < 0 ? 0 : x === null || y === null ? order(x, y) : sign * order(x, y);
    return first !== 0
      ? first
      : (priority
          .map((index) => order(a.keys[index] ?? null, b.keys[index] ?? null))
          .find((each) => each !== 0) ?? 0);
  });
  return rows.map(({ cells }) => cells).slice(0, query.limit);
};

/** Rows of an anomaly query. */
export const naiveAnomalies = (query: AnomalyQuery, data: Data): Cell[][] => {
  const { grain, period, dimensions, measure } = query;
  const rows = (data[query.table] ?? []).filter((row) =>
    query.filters.every((filter) => passes(row, filter)),
  );
  const keys = (row: Row): Cell[] => [
    ...dimensions.map((name) => row[name] ?? null),
    bucket(String(row[grain.column]), grain.unit),
  ];
  const figures = (from: string, to: string) =>
    [
      ...groupsOf(
        rows.filter((row) => inRange(row, period.column, from, to)),
        keys,
      ),
    ].map(([key, group]) => ({
      keys: JSON.parse(key) as Cell[],
      value: aggregate(group, measure),
    }));
  const history = figures(query.historyFrom, period.from);
  const found = figures(period.from, period.to).flatMap(({ keys: labels, value }) => {
    const past = history
      .filter(
        (each) => JSON.stringify(each.keys.slice(0, -1)) === JSON.stringify(labels.slice(0, -1)),
      )
      .flatMap((each) => each.value ?? []);
    const expected = middle(past);
    if (expected === null || value === null || past.length < query.minHistory) return [];
    const distances = past.map((each) => Math.abs(each - expected));
    const mad = middle(distances) ?? 0;
    const mean = distances.reduce((a, b) => a + b, 0) / distances.length;
    const scale = mad !== 0 ? 1.4826 * mad : 1.2533 * mean;
    const score = scale === 0 ? 999 * Math.sign(value - expected) : (value - expected) / scale;
    if (Math.abs(score) <= query.threshold) return [];
    const part = expected === 0 ? null : (value - expected) / Math.abs(expected);
    return [[...labels, value, expected, value - expected, part, Math.round(score * 100) / 100]];
  });
  return found.sort((a, b) => Math.abs(Number(b.at(-1))) - Math.abs(Number(a.at(-1))));
};
