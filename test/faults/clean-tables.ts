// Right answers made by hand for the four example tables: the SQL here is the tests' own, so that the clean
// runs depend neither on an agent nor on the checker.
import type { TableSession } from "../../src/ports/index.ts";
import type {
  AggregateQuery,
  CellFormat,
  Measure,
  ResultColumn,
  ResultTable,
} from "../../src/protocol/index.ts";

/** One measure of a clean table, in terms of a column. */
export interface CleanMeasure {
  as: string;
  label: string;
  aggregate: "sum" | "avg" | "count";
  column?: string;
  format: CellFormat;
  unit?: string;
}

export interface CleanSpec {
  table: string;
  file: string;
  mime: string;
  time: string;
  dimensions: string[];
  measures: CleanMeasure[];
}

const PERIOD = { from: "2026-09-01", to: "2026-10-01" };
const BEFORE = { label: "last_month", from: "2026-08-01", to: "2026-09-01" };

export const CLEAN_SPECS: readonly CleanSpec[] = [
  {
    table: "sales",
    file: "sales.csv",
    mime: "text/csv",
    time: "date",
    dimensions: ["region", "product"],
    measures: [
      {
        as: "revenue",
        label: "Revenue",
        aggregate: "sum",
        column: "revenue_eur",
        format: "money",
        unit: "EUR",
      },
      { as: "orders", label: "Orders", aggregate: "count", format: "integer" },
    ],
  },
  {
    table: "sensors",
    file: "sensors.parquet",
    mime: "application/vnd.apache.parquet",
    time: "timestamp",
    dimensions: ["site", "room"],
    measures: [
      {
        as: "avg_temperature",
        label: "Avg temperature",
        aggregate: "avg",
        column: "temperature_c",
        format: "number",
        unit: "°C",
      },
      { as: "readings", label: "Readings", aggregate: "count", format: "integer" },
    ],
  },
  {
    table: "tickets",
    file: "tickets.tsv",
    mime: "text/tab-separated-values",
    time: "opened_at",
    dimensions: ["team", "priority"],
    measures: [
      { as: "tickets", label: "Tickets", aggregate: "count", format: "integer" },
      {
        as: "avg_resolution",
        label: "Avg resolution",
        aggregate: "avg",
        column: "resolution_hours",
        format: "number",
        unit: "h",
      },
    ],
  },
  {
    table: "clinic",
    file: "clinic.json",
    mime: "application/json",
    time: "visit_date",
    dimensions: ["department", "doctor"],
    measures: [
      {
        as: "fees",
        label: "Fees",
        aggregate: "sum",
        column: "fee_eur",
        format: "money",
        unit: "EUR",
      },
      {
        as: "avg_waiting",
        label: "Avg waiting",
        aggregate: "avg",
        column: "waiting_min",
        format: "number",
        unit: "min",
      },
    ],
  },
];

const measureOf = ({ as, aggregate, column, format, unit }: CleanMeasure): Measure => ({
  as,
  aggregate,
  format,
  ...(unit === undefined ? {} : { unit }),
  ...(column === undefined ? {} : { of: { column } }),
});

const figures = ({ measures }: CleanSpec): string =>
  measures.map(({ as, aggregate, column }) => `${aggregate}(${column ?? "*"}) as ${as}`).join(", ");

const within = (time: string, { from, to }: { from: string; to: string }): string =>
  `${time} >= '${from}' and ${time} < '${to}'`;

/** Of a side without rows, sums and counts are 0 and averages missing. */
const filled = ({ as, aggregate }: CleanMeasure, side: string): string =>
  aggregate === "avg" ? `${side}.${as}` : `coalesce(${side}.${as}, 0)`;

const comparisonSql = (spec: CleanSpec, dimensions: readonly string[]): string => {
  const side = (period: { from: string; to: string }): string =>
    `select ${[...dimensions, figures(spec)].join(", ")} from ${spec.table} where ${within(spec.time, period)}${dimensions.length > 0 ? ` group by ${dimensions.join(", ")}` : ""}`;
  const join =
    dimensions.length > 0
      ? `full join b on ${dimensions.map((d) => `a.${d} is not distinct from b.${d}`).join(" and ")}`
      : "cross join b";
  const compared = spec.measures.map((measure) => {
    const [now, before] = [filled(measure, "a"), filled(measure, "b")];
    const name = `${measure.as}_${BEFORE.label}`;
    return `${before} as ${name}, ${now} - ${before} as ${name}_change, (${now} - ${before})::double / nullif(abs(${before}), 0) as ${name}_change_pct`;
  });
  const columns = [
    ...dimensions.map((d) => `coalesce(a.${d}, b.${d}) as ${d}`),
    ...spec.measures.map((m) => `${filled(m, "a")} as ${m.as}`),
    ...compared,
  ];
  const order =
    dimensions.length > 0 ? ` order by ${dimensions.map((_, i) => i + 1).join(", ")}` : "";
  return `with a as (${side(PERIOD)}), b as (${side(BEFORE)}) select ${columns.join(", ")} from a ${join}${order}`;
};

const seriesSql = (spec: CleanSpec): string =>
  `select date_trunc('month', ${spec.time})::date as month, ${figures(spec)} from ${spec.table} where ${within(spec.time, { ...PERIOD, from: "2025-10-01" })} group by 1 order by 1`;

type Heading = Omit<ResultColumn, "type">;

const label = (name: string, format: CellFormat): Heading => ({
  name,
  label: name[0]?.toUpperCase() + name.slice(1),
  role: "label",
  format,
});

const measureHeading = ({ as, label: text, format, unit }: CleanMeasure): Heading => ({
  name: as,
  label: text,
  role: "figure",
  format,
  ...(unit === undefined ? {} : { unit }),
});

const comparedHeadings = (measure: CleanMeasure): Heading[] => {
  const heading = measureHeading(measure);
  const name = `${measure.as}_${BEFORE.label}`;
  return [
    { ...heading, name, label: `${measure.label} last month` },
    { ...heading, name: `${name}_change`, label: `${measure.label} change` },
    {
      name: `${name}_change_pct`,
      label: `${measure.label} change, %`,
      role: "figure",
      format: "percent",
    },
  ];
};

const answer = async (
  session: TableSession,
  result: { id: string; title: string; headings: Heading[]; query: AggregateQuery; sql: string },
): Promise<ResultTable> => {
  const { columns, rows, truncated } = await session.query(result.sql);
  const source = session.profiles.find(({ name }) => name === result.query.table);
  if (source === undefined) throw new Error(`no table ${result.query.table}`);
  return {
    id: result.id,
    title: result.title,
    columns: result.headings.map((heading) => {
      const type = columns.find(({ name }) => name === heading.name)?.type;
      if (type === undefined) throw new Error(`no column ${heading.name} in ${result.sql}`);
      return { ...heading, type };
    }),
    rows,
    rowCount: rows.length,
    truncated,
    sql: result.sql,
    query: result.query,
    sources: [{ table: source.name, sha256: source.sha256 }],
  };
};

const base = (spec: CleanSpec): AggregateQuery => ({
  kind: "aggregate",
  table: spec.table,
  measures: spec.measures.map(measureOf),
  dimensions: [],
  period: { column: spec.time, ...PERIOD },
  filters: [],
  comparisons: [],
});

/** September by one or more dimensions, or in all, against August. */
export const compared = (
  session: TableSession,
  spec: CleanSpec,
  id: string,
  dimensions: string[],
): Promise<ResultTable> =>
  answer(session, {
    id,
    title: dimensions.length === 0 ? "In all" : `By ${dimensions.join(" and ")}`,
    headings: [
      ...dimensions.map((d) => label(d, "text")),
      ...spec.measures.map(measureHeading),
      ...spec.measures.flatMap(comparedHeadings),
    ],
    query: { ...base(spec), dimensions, comparisons: [{ kind: "period", ...BEFORE }] },
    sql: comparisonSql(spec, dimensions),
  });

/** Twelve months to September. */
export const series = (session: TableSession, spec: CleanSpec, id: string): Promise<ResultTable> =>
  answer(session, {
    id,
    title: "By month",
    headings: [label("month", "month"), ...spec.measures.map(measureHeading)],
    query: {
      ...base(spec),
      grain: { column: spec.time, unit: "month" },
      period: { column: spec.time, from: "2025-10-01", to: PERIOD.to },
    },
    sql: seriesSql(spec),
  });
