// Whether a metric query can be answered by the loaded tables: names, types, joins, periods, units.
import type {
  AggregateQuery,
  ColumnProfile,
  Comparison,
  Finding,
  Measure,
  MetricQuery,
  RowExpression,
  TableProfile,
} from "../protocol/index.ts";
import { aggregateColumns } from "./compute-aggregate.ts";
import { anomalyColumns } from "./compute-anomalies.ts";
import { didYouMean, findingsOf, shown } from "./finding.ts";
import { isRowMeasure } from "./slice.ts";
import { expressionUnit, sameUnit } from "./unit.ts";

const finding = findingsOf("plan");
const NUMERIC = new Set(["integer", "decimal", "boolean"]);
const TEMPORAL = new Set(["date", "timestamp"]);

/** Names of the columns a query yields, in order. */
export const queryColumns = (query: MetricQuery): string[] =>
  (query.kind === "aggregate" ? aggregateColumns(query) : anomalyColumns(query)).map(
    ({ name }) => name,
  );

/** Looks columns of one table up and keeps what was wrong. */
class TableReader {
  readonly findings: Finding[] = [];
  readonly profile: TableProfile | undefined;
  readonly #table: string;
  readonly #task: string;

  constructor(table: string, tables: readonly TableProfile[], task: string) {
    this.#table = table;
    this.#task = task;
    this.profile = tables.find(({ name }) => name === table);
    if (this.profile !== undefined) return;
    const known = didYouMean(
      table,
      tables.map(({ name }) => name),
    );
    this.add("unknown-table", `queries table ${table}, which is not loaded; ${known}`);
  }

  add(code: Finding["code"], message: string): void {
    this.findings.push(finding(code, `task ${this.#task} ${message}`, `tasks/${this.#task}/query`));
  }

  column(name: string, use: string): ColumnProfile | undefined {
    const columns = this.profile?.columns ?? [];
    const found = columns.find((column) => column.name === name);
    if (found === undefined && this.profile !== undefined) {
      const known = didYouMean(
        name,
        columns.map((column) => column.name),
      );
      this.add("unknown-table", `${use} ${name}, which is no column of ${this.#table}; ${known}`);
    }
    return found;
  }

  typed(name: string, use: string, types: ReadonlySet<string>, wanted: string): void {
    const found = this.column(name, use);
    if (found === undefined || types.has(found.type)) return;
    const fitting = (this.profile?.columns ?? []).filter(({ type }) => types.has(type));
    const others = fitting.map((column) => column.name).join(", ") || "none";
    this.add(
      "schema",
      `${use} ${name}, which is a ${found.type} column, not ${wanted}; ${wanted} are: ${others}`,
    );
  }
}

const checkExpression = (reader: TableReader, measure: Measure): void => {
  if (!isRowMeasure(measure)) return;
  const { aggregate, of, as } = measure;
  if (of === undefined) {
    if (aggregate === "count") return;
    reader.add("schema", `asks for the ${aggregate} ${as} without saying of which column`);
    return;
  }
  if ("op" in of) {
    for (const side of [of.left, of.right])
      reader.typed(side, `computes ${as} with`, NUMERIC, "numbers");
  } else if (aggregate.startsWith("count")) {
    reader.column(of.column, `counts`);
  } else if (aggregate === "min" || aggregate === "max") {
    reader.typed(
      of.column,
      `takes the ${aggregate} of`,
      new Set([...NUMERIC, ...TEMPORAL]),
      "numbers or dates",
    );
  } else {
    reader.typed(of.column, `takes the ${aggregate} of`, NUMERIC, "numbers");
  }
  checkUnit(reader, measure, of);
};

const checkUnit = (reader: TableReader, measure: Measure, of: RowExpression): void => {
  if (reader.profile === undefined || !isRowMeasure(measure)) return;
  if (measure.unit === undefined || measure.aggregate.startsWith("count")) return;
  const source = expressionUnit(of, reader.profile);
  if (source !== undefined && !sameUnit(source, measure.unit)) {
    reader.add("wrong-unit", `gives ${measure.as} in ${measure.unit}; its column is in ${source}`);
  }
};

const checkMeasures = (reader: TableReader, measures: readonly Measure[]): void => {
  const before: string[] = [];
  for (const measure of measures) {
    checkExpression(reader, measure);
    const operands =
      "ratio" in measure ? measure.ratio : "difference" in measure ? measure.difference : [];
    for (const operand of operands) {
      if (before.includes(operand)) continue;
      reader.add(
        "schema",
        `computes ${measure.as} from ${operand}, which is no measure named before it; ${didYouMean(operand, before)}`,
      );
    }
    before.push(measure.as);
  }
};

const checkRange = (reader: TableReader, use: string, from: string, to: string): void => {
  if (from >= to)
    reader.add(
      "schema",
      `${use} from ${from} to ${to}, which is no period: it ends before it begins`,
    );
};

type TableComparison = Extract<Comparison, { kind: "table" }>;

const checkTableComparison = (
  reader: TableReader,
  query: AggregateQuery,
  comparison: TableComparison,
  other: TableReader,
): void => {
  for (const [measure, column] of Object.entries(comparison.measures)) {
    const names = query.measures.map(({ as }) => as);
    if (!names.includes(measure)) {
      reader.add(
        "schema",
        `compares ${measure}, which is no measure of the query; ${didYouMean(measure, names)}`,
      );
    }
    other.typed(column, `compares ${measure} with`, NUMERIC, "numbers");
  }
  if (Object.keys(comparison.measures).length === 0) {
    reader.add("schema", `compares nothing with ${comparison.table}: no measure is named`);
  }
  for (const { dimension, column } of comparison.on) {
    if (!query.dimensions.includes(dimension)) {
      reader.add(
        "schema",
        `joins ${comparison.table} on ${dimension}, which is no dimension of the query; ${didYouMean(dimension, query.dimensions)}`,
      );
    }
    other.column(column, "joins on");
  }
  const joined = comparison.on.map(({ dimension }) => dimension);
  for (const dimension of query.dimensions.filter((name) => !joined.includes(name))) {
    reader.add(
      "schema",
      `compares with ${comparison.table} by ${dimension}, but does not say which column there is meant`,
    );
  }
  if (comparison.time === undefined) {
    if (query.grain !== undefined) {
      reader.add(
        "schema",
        `compares with ${comparison.table} by ${query.grain.unit}, but names no time column there`,
      );
    }
    return;
  }
  other.typed(comparison.time.column, "takes its time from", TEMPORAL, "dates");
  checkRange(reader, `compares with ${comparison.table}`, comparison.time.from, comparison.time.to);
};

const checkAggregate = (
  reader: TableReader,
  query: AggregateQuery,
  tables: readonly TableProfile[],
  task: string,
): Finding[] => {
  checkMeasures(reader, query.measures);
  const found: Finding[] = [];
  for (const comparison of query.comparisons) {
    if (comparison.kind === "table") {
      const other = new TableReader(comparison.table, tables, task);
      checkTableComparison(reader, query, comparison, other);
      found.push(...other.findings);
      continue;
    }
    checkRange(reader, "compares with a period", comparison.from, comparison.to);
    if (query.period === undefined) {
      reader.add("schema", `compares with ${comparison.label}, but has no period of its own`);
    }
    if (query.grain !== undefined) {
      reader.add(
        "schema",
        `compares periods and groups by ${query.grain.unit} at once; only one of them is possible`,
      );
    }
  }
  const columns = queryColumns(query);
  if (query.orderBy !== undefined && !columns.includes(query.orderBy.column)) {
    reader.add(
      "schema",
      `orders by ${query.orderBy.column}, which the query does not yield; ${didYouMean(query.orderBy.column, columns)}`,
    );
  }
  return found;
};

const checkFilters = (reader: TableReader, query: MetricQuery): void => {
  for (const { column, op, value } of query.filters) {
    const found = reader.column(column, "filters on");
    const values = Array.isArray(value) ? value : [value];
    if (found === undefined) continue;
    if (Array.isArray(value) && op !== "in" && op !== "=" && op !== "!=") {
      reader.add("schema", `filters ${column} ${op} a list of values; that needs "in"`);
    }
    const isNumber = found.type === "integer" || found.type === "decimal";
    const odd = values.find(
      (each) =>
        each !== null &&
        (typeof each === "number") !== isNumber &&
        !(
          isNumber &&
          found.type === "integer" &&
          typeof each === "string" &&
          /^-?\d+$/.test(each)
        ) &&
        !(found.type === "boolean" && typeof each === "boolean"),
    );
    if (odd !== undefined) {
      reader.add("schema", `filters ${column}, a ${found.type} column, with ${shown(odd)}`);
    }
  }
};

/** What is wrong with a task's query; messages name the task and what there is instead. */
export const validateQuery = (
  query: MetricQuery,
  tables: readonly TableProfile[],
  task: string,
): Finding[] => {
  const reader = new TableReader(query.table, tables, task);
  for (const dimension of query.dimensions) reader.column(dimension, "groups by");
  if (query.grain !== undefined) {
    reader.typed(query.grain.column, `groups by ${query.grain.unit} of`, TEMPORAL, "dates");
  }
  if (query.period !== undefined) {
    reader.typed(query.period.column, "takes its period from", TEMPORAL, "dates");
    checkRange(reader, "has a period", query.period.from, query.period.to);
  }
  checkFilters(reader, query);
  const others: Finding[] = [];
  if (query.kind === "aggregate") others.push(...checkAggregate(reader, query, tables, task));
  else {
    checkMeasures(reader, [query.measure]);
    checkRange(reader, "has a history", query.historyFrom, query.period.from);
  }
  const columns = queryColumns(query);
  const twice = columns.find((name, at) => columns.indexOf(name) !== at);
  if (twice !== undefined) reader.add("schema", `yields two columns named ${twice}`);
  return [...reader.findings, ...others];
};
