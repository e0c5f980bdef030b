// Pieces of DuckDB SQL: quoted names, escaped values, exact sums, conditions.
import type {
  Cell,
  Filter,
  Measure,
  Period,
  RowExpression,
  TableProfile,
} from "../../../protocol/index.ts";

export type RowMeasure = Extract<Measure, { aggregate: string }>;

/** How numbers are added up: exactly, or as floats when the exact type is too narrow for the values. */
export type Arithmetic = "exact" | "float";

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const literal = (value: Cell): string => {
  if (value === null) return "NULL";
  if (typeof value === "string") return `'${value.replaceAll("'", "''")}'`;
  return String(value);
};

const typeOf = (table: TableProfile, column: string): string | undefined =>
  table.columns.find(({ name }) => name === column)?.type;

/** A column as a number: decimals and floats as DECIMAL, so that cents add up; booleans as 1 and 0. */
const numeric = (
  table: TableProfile,
  column: string,
  arithmetic: Arithmetic,
  width: string,
): string => {
  const type = typeOf(table, column);
  if (type === "boolean") return `CAST(${quoted(column)} AS INTEGER)`;
  if (arithmetic === "float") return `CAST(${quoted(column)} AS DOUBLE)`;
  return type === "integer" && width === "38, 9"
    ? quoted(column)
    : `CAST(${quoted(column)} AS DECIMAL(${width}))`;
};

const OPERATORS = { multiply: "*", add: "+", subtract: "-" } as const;

const rowValue = (of: RowExpression, table: TableProfile, arithmetic: Arithmetic): string => {
  if ("column" in of) return numeric(table, of.column, arithmetic, "38, 9");
  // A product has the places of both factors: narrower factors keep it within 38 digits.
  const [left, right] = [of.left, of.right].map((name) =>
    numeric(table, name, arithmetic, "18, 6"),
  );
  return `${left ?? ""} ${OPERATORS[of.op]} ${right ?? ""}`;
};

/** One aggregate over the rows of a group. */
export const aggregateSql = (
  { aggregate, of }: Pick<RowMeasure, "aggregate" | "of">,
  table: TableProfile,
  arithmetic: Arithmetic,
): string => {
  const raw = of !== undefined && "column" in of ? quoted(of.column) : undefined;
  const value = of === undefined ? "1" : rowValue(of, table, arithmetic);
  switch (aggregate) {
    case "sum":
      return `SUM(${value})`;
    case "avg":
      return `AVG(${value})`;
    case "min":
      return `MIN(${raw ?? value})`;
    case "max":
      return `MAX(${raw ?? value})`;
    case "median":
      return `MEDIAN(CAST(${value} AS DOUBLE))`;
    case "count":
      return of === undefined ? "COUNT(*)" : `COUNT(${raw ?? value})`;
    case "count_distinct":
      return of === undefined ? "COUNT(*)" : `COUNT(DISTINCT ${raw ?? value})`;
    default:
      return aggregate satisfies never;
  }
};

export const bucketSql = (grain: { column: string; unit: string }): string =>
  `CAST(date_trunc(${literal(grain.unit)}, ${quoted(grain.column)}) AS DATE)`;

export const periodSql = ({ column, from, to }: Period): string =>
  `${quoted(column)} >= DATE ${literal(from)} AND ${quoted(column)} < DATE ${literal(to)}`;

/** Values of a list by equality; a missing value passes only when it is asked for. */
const amongSql = (name: string, values: readonly Cell[]): string => {
  const present = values.filter((value) => value !== null);
  const parts = present.length === 0 ? [] : [`${name} IN (${present.map(literal).join(", ")})`];
  if (present.length < values.length) parts.push(`${name} IS NULL`);
  return parts.length === 0
    ? "FALSE"
    : parts.length === 1
      ? (parts[0] ?? "")
      : `(${parts.join(" OR ")})`;
};

const filterSql = ({ column, op, value }: Filter): string => {
  const name = quoted(column);
  if (Array.isArray(value)) {
    if (op === "!=") return `${name} IS NOT NULL AND NOT ${amongSql(name, value)}`;
    return op === "=" || op === "in" ? amongSql(name, value) : "FALSE";
  }
  if (op === "=" || op === "in") return amongSql(name, [value]);
  if (value === null) return op === "!=" ? `${name} IS NOT NULL` : "FALSE";
  return `${name} ${op === "!=" ? "<>" : op} ${literal(value)}`;
};

/** `WHERE …` with a line for each condition, or nothing. */
export const whereSql = (period: Period | undefined, filters: readonly Filter[]): string => {
  const conditions = [
    ...(period === undefined ? [] : [periodSql(period)]),
    ...filters.map(filterSql),
  ];
  return conditions.length === 0 ? "" : `\n  WHERE ${conditions.join("\n    AND ")}`;
};
