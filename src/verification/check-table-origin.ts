// What a table says of itself, against the run's sources and the task's query: files, units, formats,
// and the question it claims to answer.
import type { TableSession, TaskContext } from "../ports/index.ts";
import {
  canonicalJson,
  type Finding,
  type HandOver,
  type MetricQuery,
  type ResultColumn,
  type ResultTable,
  type TableProfile,
} from "../protocol/index.ts";
import { answersQuery } from "./check-table-shape.ts";
import { aggregateColumns } from "./compute-aggregate.ts";
import { anomalyColumns } from "./compute-anomalies.ts";
import type { ExpectedColumn } from "./expected-table.ts";
import { asWarning, didYouMean, findingsOf } from "./finding.ts";
import { isRowMeasure } from "./slice.ts";
import { expressionUnit, isCurrency, sameUnit } from "./unit.ts";

const finding = findingsOf("schema");

const checkSources = (
  table: ResultTable,
  session: TableSession,
  context: TaskContext,
): Finding[] => {
  const where = `tables/${table.id}/sources`;
  const known = session.profiles.map(({ name }) => name);
  const findings = table.sources.flatMap(({ table: name, sha256 }): Finding[] => {
    const profile = session.profiles.find((each) => each.name === name);
    if (profile === undefined) {
      return [
        finding(
          "unknown-source",
          `table ${table.id} was made from ${name}, which is no table of this run; ${didYouMean(name, known)}`,
          where,
        ),
      ];
    }
    return profile.sha256 === sha256
      ? []
      : [
          finding(
            "stale-source",
            `table ${table.id} was made from ${name} with hash ${sha256.slice(0, 12)}…; the run's ${profile.file} has ${profile.sha256.slice(0, 12)}…`,
            where,
          ),
        ];
  });
  if (table.sources.length === 0) {
    findings.push(finding("unknown-source", `table ${table.id} names no source`, where));
  }
  const asked = answersQuery(table, context) ? context.task.query?.table : undefined;
  if (asked !== undefined && !table.sources.some((source) => source.table === asked)) {
    findings.push(
      finding(
        "unknown-source",
        `table ${table.id} answers a query on ${asked}, but does not name it as its source`,
        where,
      ),
    );
  }
  return findings;
};

/** A format that changes the meaning of a number; `number`, `integer` and `decimal` read alike. */
const family = (format: string | undefined): string | undefined =>
  format === "number" || format === "integer" ? "number" : format;

const checkColumnUnit = (
  table: ResultTable,
  column: ResultColumn,
  expected: ExpectedColumn,
  unit: string | undefined,
): Finding[] => {
  const where = `tables/${table.id}/columns/${column.name}`;
  const findings: Finding[] = [];
  if (expected.format !== undefined && family(expected.format) !== family(column.format)) {
    findings.push(
      finding(
        "wrong-unit",
        `table ${table.id}: ${column.name} is shown as ${column.format}, the query says ${expected.format}`,
        where,
      ),
    );
  }
  if (expected.format === "percent") return findings;
  if (unit !== undefined && column.unit !== undefined && !sameUnit(unit, column.unit)) {
    findings.push(
      finding(
        "wrong-unit",
        `table ${table.id}: ${column.name} is given in ${column.unit}, its source is in ${unit}`,
        where,
      ),
    );
  } else if (unit !== undefined && column.unit === undefined && expected.derived !== true) {
    findings.push(
      asWarning(
        finding(
          "wrong-unit",
          `table ${table.id}: ${column.name} has no unit, its source is in ${unit}`,
          where,
        ),
      ),
    );
  } else if (
    unit === undefined &&
    column.unit !== undefined &&
    isCurrency(column.unit) &&
    expected.exact === true
  ) {
    findings.push(
      finding(
        "wrong-unit",
        `table ${table.id}: ${column.name} is a count, but is given in ${column.unit}`,
        where,
      ),
    );
  }
  return findings;
};

/** Unit of each expected column: what the query says, else what the source says. */
const unitsOf = (
  query: MetricQuery,
  profile: TableProfile | undefined,
): ((column: ExpectedColumn) => string | undefined) => {
  const measures = query.kind === "aggregate" ? query.measures : [query.measure];
  const bySource = new Map<string, string>();
  for (const measure of measures) {
    if (!isRowMeasure(measure) || measure.of === undefined || measure.aggregate.startsWith("count"))
      continue;
    const unit = profile === undefined ? undefined : expressionUnit(measure.of, profile);
    if (unit !== undefined) bySource.set(measure.as, unit);
  }
  const owner = (name: string) =>
    measures
      .map(({ as }) => as)
      .filter((as) => name === as || name.startsWith(`${as}_`))
      .sort((left, right) => right.length - left.length)[0];
  return ({ name, unit, format }) => {
    if (name === "score" || format === "percent") return undefined;
    const own = query.kind === "anomalies" ? query.measure.as : owner(name);
    return unit ?? (own === undefined ? undefined : bySource.get(own));
  };
};

const checkUnits = (table: ResultTable, query: MetricQuery, session: TableSession): Finding[] => {
  const profile = session.profiles.find(({ name }) => name === query.table);
  const unitOf = unitsOf(query, profile);
  const columns = query.kind === "aggregate" ? aggregateColumns(query) : anomalyColumns(query);
  return columns.flatMap((expected) => {
    const column = table.columns.find(({ name }) => name === expected.name);
    if (column === undefined || expected.kind === "label") return [];
    return checkColumnUnit(table, column, expected, unitOf(expected));
  });
};

/** Without a query: a column with the name of a source column is in that column's unit. */
const checkNamesakes = (table: ResultTable, session: TableSession): Finding[] =>
  table.columns.flatMap((column) => {
    const units = session.profiles
      .filter(({ name }) => table.sources.some((source) => source.table === name))
      .flatMap((profile) => profile.columns.filter(({ name }) => name === column.name))
      .flatMap(({ unit }) => (unit === undefined ? [] : [unit]));
    const { unit } = column;
    if (unit === undefined || units.length === 0 || units.some((each) => sameUnit(each, unit)))
      return [];
    return [
      finding(
        "wrong-unit",
        `table ${table.id}: ${column.name} is given in ${unit}, its source is in ${units.join(", ")}`,
        `tables/${table.id}/columns/${column.name}`,
      ),
    ];
  });

const periodsOf = (query: MetricQuery) =>
  JSON.stringify([
    query.period,
    query.kind === "anomalies"
      ? query.historyFrom
      : query.comparisons.map((each) =>
          each.kind === "period" ? [each.from, each.to] : each.time,
        ),
  ]);

/** A table that names a query must name the task's: readers and text go by what it names. */
const checkClaim = (table: ResultTable, { task }: TaskContext): Finding[] => {
  if (task.query === undefined || table.query === undefined) return [];
  if (canonicalJson(task.query) === canonicalJson(table.query)) return [];
  const where = `tables/${table.id}/query`;
  if (periodsOf(task.query) !== periodsOf(table.query)) {
    return [
      finding(
        "wrong-period",
        `table ${table.id} claims the periods ${periodsOf(table.query)}, the task asks for ${periodsOf(task.query)}`,
        where,
      ),
    ];
  }
  return [
    finding("schema", `table ${table.id} claims to answer another query than the task's`, where),
  ];
};

/** Findings of all tables of a hand-over. */
export const checkTableOrigins = (
  handOver: HandOver,
  context: TaskContext,
  session: TableSession,
): Finding[] =>
  handOver.tables.flatMap((table) => {
    const query = answersQuery(table, context) ? context.task.query : table.query;
    return [
      ...checkSources(table, session, context),
      ...(answersQuery(table, context) ? checkClaim(table, context) : []),
      ...(query === undefined ? checkNamesakes(table, session) : checkUnits(table, query, session)),
    ];
  });
