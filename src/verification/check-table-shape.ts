// What can be said of a table without computing: columns, widths, types, repeated rows, completeness.
import type { TaskContext } from "../ports/index.ts";
import type { Cell, ColumnType, Finding, HandOver, ResultTable } from "../protocol/index.ts";
import type { z } from "zod";
import { checkHeadings } from "./check-headings.ts";
import { didYouMean, findingsOf, listed, shown } from "./finding.ts";
import { queryColumns } from "./validate-query.ts";

const finding = findingsOf("schema");
const MOST = 10;

const fits = (cell: Cell, type: z.infer<typeof ColumnType>): boolean => {
  if (cell === null) return true;
  switch (type) {
    case "integer":
      return typeof cell === "string" ? /^-?\d+$/.test(cell) : Number.isInteger(cell);
    case "decimal":
      return typeof cell === "number" && Number.isFinite(cell);
    case "date":
      return typeof cell === "string" && /^\d{4}-\d{2}-\d{2}$/.test(cell);
    case "timestamp":
      return typeof cell === "string" && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?$/.test(cell);
    case "boolean":
      return typeof cell === "boolean";
    default:
      return typeof cell === "string";
  }
};

const checkColumns = (table: ResultTable, wanted: readonly string[]): Finding[] => {
  const names = table.columns.map(({ name }) => name);
  const where = `tables/${table.id}/columns`;
  return [
    ...wanted
      .filter((name) => !names.includes(name))
      .map((name) =>
        finding(
          "missing-column",
          `table ${table.id} has no column ${name}; ${didYouMean(name, names)}`,
          `${where}/${name}`,
        ),
      ),
    ...names
      .filter((name, at) => names.indexOf(name) !== at)
      .map((name) =>
        finding("schema", `table ${table.id} has two columns ${name}`, `${where}/${name}`),
      ),
  ];
};

const checkCells = (table: ResultTable): Finding[] => {
  const findings: Finding[] = [];
  for (const [row, cells] of table.rows.entries()) {
    const where = `tables/${table.id}/rows/${row}`;
    if (cells.length !== table.columns.length) {
      findings.push(
        finding(
          "schema",
          `table ${table.id}: row ${row} has ${cells.length} cells for ${table.columns.length} columns`,
          where,
        ),
      );
    }
    for (const [at, column] of table.columns.entries()) {
      const cell = cells[at] ?? null;
      if (fits(cell, column.type)) continue;
      const prose = column.role === "figure" && typeof cell === "string";
      findings.push(
        finding(
          prose ? "prose-instead-of-data" : "schema",
          `table ${table.id}: ${shown(cell)} stands in the ${column.type} column ${column.name}`,
          `${where}/${column.name}`,
        ),
      );
    }
    if (findings.length >= MOST) break;
  }
  return findings;
};

/** Whether cells can be told apart by row and column name. */
export const isRectangular = ({ columns, rows }: ResultTable): boolean =>
  new Set(columns.map(({ name }) => name)).size === columns.length &&
  rows.every((cells) => cells.length === columns.length);

const checkFigures = (table: ResultTable): Finding[] => {
  const figures = table.columns.filter(({ role }) => role === "figure");
  return figures
    .filter(({ type }) => type === "text")
    .map(({ name }) =>
      finding(
        "prose-instead-of-data",
        `table ${table.id}: the figures of ${name} are text`,
        `tables/${table.id}/columns/${name}`,
      ),
    );
};

/** With a known group key, no key twice; else no whole row twice. */
const checkRepeats = (table: ResultTable, labels: readonly string[] | undefined): Finding[] => {
  const positions =
    labels === undefined
      ? [...table.columns.keys()]
      : labels.map((label) => table.columns.findIndex(({ name }) => name === label));
  const seen = new Map<string, number>();
  const findings: Finding[] = [];
  for (const [row, cells] of table.rows.entries()) {
    const key = JSON.stringify(positions.map((at) => cells[at] ?? null));
    const first = seen.get(key);
    seen.set(key, first ?? row);
    if (first === undefined || findings.length >= MOST) continue;
    findings.push(
      finding(
        "duplicate-rows",
        `table ${table.id}: rows ${first} and ${row} are both ${key}`,
        `tables/${table.id}/rows/${row}`,
      ),
    );
  }
  return findings;
};

const checkCompleteness = (table: ResultTable): Finding[] => {
  const where = `tables/${table.id}/rowCount`;
  if (table.truncated) {
    return [
      finding(
        "truncated",
        `table ${table.id} is cut: ${table.rows.length} of ${table.rowCount} rows`,
        where,
      ),
    ];
  }
  return table.rowCount === table.rows.length
    ? []
    : [
        finding(
          "truncated",
          `table ${table.id} says it has ${table.rowCount} rows and holds ${table.rows.length}`,
          where,
        ),
      ];
};

/** Whether a table has every column that the task's query yields. */
export const answersQuery = (table: ResultTable, { task }: TaskContext): boolean =>
  task.query !== undefined &&
  queryColumns(task.query).every((name) => table.columns.some((column) => column.name === name));

/** The tables meant by the task's query: those that could answer it, else all. */
export const tablesDue = (handOver: HandOver, context: TaskContext): readonly ResultTable[] => {
  const able = handOver.tables.filter((table) => answersQuery(table, context));
  return able.length > 0 ? able : handOver.tables;
};

const labelsOf = (context: TaskContext): string[] | undefined => {
  const { query } = context.task;
  if (query === undefined) return undefined;
  return query.grain === undefined ? query.dimensions : [...query.dimensions, query.grain.unit];
};

/** Findings of all tables of a hand-over. */
export const checkTableShapes = (handOver: HandOver, context: TaskContext): Finding[] => {
  const { task } = context;
  const due = tablesDue(handOver, context);
  const wanted = [
    ...(task.expects.columns ?? []),
    ...(task.query === undefined ? [] : queryColumns(task.query)),
  ];
  const findings = handOver.tables.flatMap((table) => {
    const isDue = due.includes(table);
    return [
      ...checkColumns(
        table,
        isDue && (task.query !== undefined || handOver.tables.length === 1)
          ? [...new Set(wanted)]
          : [],
      ),
      ...checkCells(table),
      ...checkFigures(table),
      ...checkHeadings(table),
      ...checkRepeats(table, isDue ? labelsOf(context) : undefined),
      ...checkCompleteness(table),
    ];
  });
  if (task.query !== undefined || handOver.tables.length < 2) return findings;
  const all = handOver.tables.flatMap(({ columns }) => columns.map(({ name }) => name));
  return [
    ...findings,
    ...wanted
      .filter((name) => !all.includes(name))
      .map((name) =>
        finding(
          "missing-column",
          `no table has the column ${name}; there is: ${listed([...new Set(all)])}`,
          "tables",
        ),
      ),
  ];
};
