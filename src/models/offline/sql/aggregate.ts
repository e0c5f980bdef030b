// An aggregate query as one SELECT: a part for the query, a part for each comparison, joined on every
// group that any of them has.
import type { AggregateQuery, Comparison, Measure, TableProfile } from "../../../protocol/index.ts";
import {
  aggregateSql,
  bucketSql,
  quoted,
  whereSql,
  type Arithmetic,
  type RowMeasure,
} from "./expression.ts";

const isRow = (measure: Measure): measure is RowMeasure => "aggregate" in measure;
const isZeroWithoutRows = (measure: Measure): boolean =>
  isRow(measure) && ["sum", "count", "count_distinct"].includes(measure.aggregate);

interface Part {
  readonly name: string;
  readonly sql: string;
}

interface Side {
  readonly part: Part;
  /** Measures it has, as expressions over the joined parts. */
  readonly values: ReadonlyMap<string, string>;
}

const profileOf = (tables: readonly TableProfile[], name: string): TableProfile => {
  const table = tables.find((each) => each.name === name);
  if (table !== undefined) return table;
  throw new RangeError(`there is no table ${name}`);
};

const keysOf = (query: AggregateQuery): string[] => [
  ...query.dimensions,
  ...(query.grain === undefined ? [] : [query.grain.unit]),
];

const selectSql = (
  columns: readonly string[],
  table: string,
  where: string,
  keys: number,
): string => {
  const group =
    keys === 0 ? "" : `\n  GROUP BY ${Array.from({ length: keys }, (_, at) => at + 1).join(", ")}`;
  return `SELECT ${columns.join(",\n    ")}\n  FROM ${quoted(table)}${where}${group}`;
};

const as = (sql: string, name: string): string =>
  sql === quoted(name) ? sql : `${sql} AS ${quoted(name)}`;

const ownPart = (
  query: AggregateQuery,
  table: TableProfile,
  name: string,
  period: AggregateQuery["period"],
  arithmetic: Arithmetic,
): Part => {
  const keys = [
    ...query.dimensions.map((dimension) => quoted(dimension)),
    ...(query.grain === undefined ? [] : [as(bucketSql(query.grain), query.grain.unit)]),
  ];
  const measures = query.measures.filter(isRow).map((measure) => {
    const sql = aggregateSql(measure, table, arithmetic);
    return as(measure.aggregate === "sum" ? `COALESCE(${sql}, 0)` : sql, measure.as);
  });
  return {
    name,
    sql: selectSql(
      [...keys, ...measures],
      query.table,
      whereSql(period, query.filters),
      keys.length,
    ),
  };
};

type TableComparison = Extract<Comparison, { kind: "table" }>;

const otherPart = (
  query: AggregateQuery,
  comparison: TableComparison,
  table: TableProfile,
  name: string,
  arithmetic: Arithmetic,
): Part => {
  const column = (dimension: string): string =>
    comparison.on.find((pair) => pair.dimension === dimension)?.column ?? dimension;
  const bucket =
    query.grain !== undefined && comparison.time !== undefined
      ? [
          as(
            bucketSql({ column: comparison.time.column, unit: query.grain.unit }),
            query.grain.unit,
          ),
        ]
      : [];
  const keys = [
    ...query.dimensions.map((dimension) => as(quoted(column(dimension)), dimension)),
    ...bucket,
  ];
  const measures = Object.entries(comparison.measures).map(([measure, of]) =>
    as(
      `COALESCE(${aggregateSql({ aggregate: "sum", of: { column: of } }, table, arithmetic)}, 0)`,
      measure,
    ),
  );
  return {
    name,
    sql: selectSql(
      [...keys, ...measures],
      comparison.table,
      whereSql(comparison.time, []),
      keys.length,
    ),
  };
};

const double = (sql: string): string => `CAST(${sql} AS DOUBLE)`;

/** Every measure of a side: absent sums and counts are 0; differences and ratios are computed. */
const sideValues = (
  measures: readonly Measure[],
  name: string,
  joined: boolean,
): Map<string, string> => {
  const values = new Map<string, string>();
  const value = (of: string): string => values.get(of) ?? "NULL";
  for (const measure of measures) {
    if ("difference" in measure)
      values.set(measure.as, `(${value(measure.difference[0])} - ${value(measure.difference[1])})`);
    else if ("ratio" in measure) {
      values.set(
        measure.as,
        `(${double(value(measure.ratio[0]))} / NULLIF(${double(value(measure.ratio[1]))}, 0))`,
      );
    } else {
      const column = `${quoted(name)}.${quoted(measure.as)}`;
      values.set(
        measure.as,
        joined && isZeroWithoutRows(measure) ? `COALESCE(${column}, 0)` : column,
      );
    }
  }
  return values;
};

const comparedColumns = (comparison: Comparison, base: Side, side: Side): string[] =>
  [...side.values].flatMap(([measure, other]) => {
    const own = base.values.get(measure) ?? "NULL";
    const name = `${measure}_${comparison.label}`;
    return [
      as(other, name),
      as(`${own} - ${other}`, `${name}_change`),
      as(`${double(`${own} - ${other}`)} / NULLIF(ABS(${double(other)}), 0)`, `${name}_change_pct`),
    ];
  });

const covered = (query: AggregateQuery, comparison: Comparison): Measure[] =>
  comparison.kind === "period"
    ? query.measures
    : query.measures
        .filter((measure) => comparison.measures[measure.as] !== undefined)
        .map((measure) => ({ as: measure.as, format: measure.format, aggregate: "sum" }));

const orderSql = (query: AggregateQuery, from: string): string => {
  const bucket = query.grain === undefined ? [] : [query.grain.unit];
  const labels = [...bucket, ...query.dimensions].map(
    (name) => `${quoted(from)}.${quoted(name)} ASC NULLS LAST`,
  );
  const first =
    query.orderBy === undefined
      ? []
      : [`${quoted(query.orderBy.column)} ${query.orderBy.direction.toUpperCase()} NULLS LAST`];
  const all = [...first, ...labels];
  return all.length === 0 ? "" : `\nORDER BY ${all.join(", ")}`;
};

/** The SELECT of an aggregate query. Throws a RangeError when a table is not loaded. */
export const aggregateQuerySql = (
  query: AggregateQuery,
  tables: readonly TableProfile[],
  arithmetic: Arithmetic,
): string => {
  // Names that no table has: a part must not hide the table it reads.
  const prefix = tables.some(({ name }) => name.startsWith("q_")) ? "query_part_" : "q_";
  const table = profileOf(tables, query.table);
  const keys = keysOf(query);
  const joined = query.comparisons.length > 0 && keys.length > 0;
  const base: Side = {
    part: ownPart(query, table, `${prefix}now`, query.period, arithmetic),
    values: sideValues(query.measures, `${prefix}now`, joined),
  };
  const sides = query.comparisons.map((comparison): Side => {
    const name = `${prefix}${comparison.label}`;
    const period =
      query.period === undefined || comparison.kind === "table"
        ? undefined
        : { ...query.period, from: comparison.from, to: comparison.to };
    const part =
      comparison.kind === "period"
        ? ownPart(query, table, name, period, arithmetic)
        : otherPart(query, comparison, profileOf(tables, comparison.table), name, arithmetic);
    return { part, values: sideValues(covered(query, comparison), name, joined) };
  });
  const parts = [base.part, ...sides.map(({ part }) => part)];
  const list = keys.map(quoted).join(", ");
  const spine = joined ? `${prefix}keys` : base.part.name;
  const union = parts
    .map(({ name }) => `SELECT ${list} FROM ${quoted(name)}`)
    .join("\n  UNION\n  ");
  const all = joined ? [...parts, { name: spine, sql: union }] : parts;
  const columns = [
    ...keys.map((key) => `${quoted(spine)}.${quoted(key)}`),
    ...query.measures.map((measure) => as(base.values.get(measure.as) ?? "NULL", measure.as)),
    ...query.comparisons.flatMap((comparison, at) => {
      const side = sides[at];
      return side === undefined ? [] : comparedColumns(comparison, base, side);
    }),
  ];
  const join = ({ name }: Part): string =>
    keys.length === 0
      ? `\nCROSS JOIN ${quoted(name)}`
      : `\nLEFT JOIN ${quoted(name)} ON ${keys.map((key) => `${quoted(spine)}.${quoted(key)} IS NOT DISTINCT FROM ${quoted(name)}.${quoted(key)}`).join(" AND ")}`;
  const joins = joined ? parts.map(join) : parts.slice(1).map(join);
  const limit = query.limit === undefined ? "" : `\nLIMIT ${query.limit}`;
  const withs = all.map(({ name, sql }) => `${quoted(name)} AS (\n  ${sql}\n)`).join(", ");
  return `WITH ${withs}\nSELECT ${columns.join(",\n  ")}\nFROM ${quoted(spine)}${joins.join("")}${orderSql(query, spine)}${limit}`;
};
