// Which chart shows a table best: bars for breakdowns, lines for series, a heat map for two names, points
// against the expectation for anomalies.
import type { BriefTable, ChartRequest } from "../../protocol/index.ts";
import { readingOf, type ColumnOf, type Reading } from "./write-table.ts";

const MAX_BARS = 30;
const MAX_LINES = 10;

const distinct = ({ table }: Reading, name: string): number => {
  const at = table.columns.findIndex((column) => column.name === name);
  return new Set(table.rows.map((row) => row[at])).size;
};

/** The measure with its counterpart in each comparison. */
export const comparedColumns = ({ table, comparisons }: Reading, measure: ColumnOf): string[] => [
  measure.name,
  ...comparisons
    .map(({ label }) => `${measure.name}_${label}`)
    .filter((name) => table.columns.some((column) => column.name === name)),
];

const folded = (columns: readonly string[]): { transform: Record<string, unknown>[] } => ({
  transform: [{ fold: columns, as: ["series", "figure"] }],
});

const bars = (reading: Reading, name: ColumnOf, measure: ColumnOf): Record<string, unknown> => {
  const columns = comparedColumns(reading, measure);
  const y = { field: name.name };
  if (columns.length === 1) return { mark: "bar", encoding: { y, x: { field: measure.name } } };
  return {
    ...folded(columns),
    mark: "bar",
    encoding: {
      y,
      x: { field: "figure", type: "quantitative" },
      yOffset: { field: "series" },
      color: { field: "series" },
    },
  };
};

const lines = (
  reading: Reading,
  bucket: ColumnOf,
  measure: ColumnOf,
): Record<string, unknown> | undefined => {
  const [name] = reading.names;
  const x = { field: bucket.name };
  const mark = { type: "line", point: true };
  if (name !== undefined) {
    if (reading.names.length > 1 || distinct(reading, name.name) > MAX_LINES) return undefined;
    return { mark, encoding: { x, y: { field: measure.name }, color: { field: name.name } } };
  }
  const columns = comparedColumns(reading, measure);
  if (columns.length === 1) return { mark, encoding: { x, y: { field: measure.name } } };
  return {
    ...folded(columns),
    mark,
    encoding: { x, y: { field: "figure", type: "quantitative" }, color: { field: "series" } },
  };
};

/** `East, Breeze Air Purifier`, as an expression over a row's names. */
const joinedNames = (names: readonly ColumnOf[]): string =>
  names.map(({ name }) => `datum[${JSON.stringify(name)}]`).join(" + ', ' + ");

const anomalies = (reading: Reading, measure: ColumnOf): Record<string, unknown> | undefined => {
  const { names } = reading;
  const only = names[0] ?? reading.bucket;
  if (only === undefined) return undefined;
  const { transform } = folded([measure.name, "expected"]);
  const several = names.length > 1;
  const label = several ? [{ calculate: joinedNames(names), as: "row_name" }] : [];
  return {
    transform: [...label, ...transform],
    mark: { type: "point", filled: true, size: 90 },
    encoding: {
      y: { field: several ? "row_name" : only.name, type: "nominal", title: null },
      x: { field: "figure", type: "quantitative" },
      color: { field: "series" },
    },
  };
};

const specOf = (reading: Reading): Record<string, unknown> | undefined => {
  const [measure] = reading.measures;
  const [first, second] = reading.names;
  const rows = reading.table.rows.length;
  if (measure === undefined || rows === 0) return undefined;
  if (reading.table.query?.kind === "anomalies")
    return rows <= MAX_BARS ? anomalies(reading, measure) : undefined;
  if (rows < 2) return undefined;
  if (reading.bucket !== undefined) return lines(reading, reading.bucket, measure);
  if (first === undefined || reading.names.length > 2) return undefined;
  if (second === undefined) return rows <= MAX_BARS ? bars(reading, first, measure) : undefined;
  if (distinct(reading, first.name) > MAX_BARS || distinct(reading, second.name) > MAX_BARS)
    return undefined;
  return {
    mark: "rect",
    encoding: {
      y: { field: first.name },
      x: { field: second.name },
      color: { field: measure.name },
    },
  };
};

/** Charts of the tables that have something to show. */
export const chartRequests = (tables: readonly BriefTable[]): ChartRequest[] =>
  tables.flatMap((table) => {
    const spec = specOf(readingOf(table));
    return spec === undefined
      ? []
      : [{ id: `chart-${table.id}`, title: table.title, tableId: table.id, spec }];
  });
