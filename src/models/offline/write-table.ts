// What the writers share: a table's parts by meaning, tokens, and the words for comparisons.
import type { AggregateQuery, BriefTable, Cell, ResultColumn } from "../../protocol/index.ts";
import { rangeLabel, unitOf } from "./calendar.ts";

export type ColumnOf = BriefTable["columns"][number];

/** A verified table with its columns told apart. */
export interface Reading {
  readonly table: BriefTable;
  readonly names: readonly ColumnOf[];
  readonly bucket: ColumnOf | undefined;
  /** Measures, without comparison columns. */
  readonly measures: readonly ColumnOf[];
  readonly comparisons: AggregateQuery["comparisons"];
  /** The table's period, where its name is not that of a row of another table. */
  readonly period: string | undefined;
}

/** `September 2026`; undefined when it has no short name, or a series has a row of that name. */
const periodName = (table: BriefTable, tables: readonly BriefTable[]): string | undefined => {
  const period = table.query?.period;
  const unit = period === undefined ? undefined : unitOf(period);
  if (period === undefined || unit === undefined || unit === "week") return undefined;
  return tables.some(({ query }) => query?.grain !== undefined) ? undefined : rangeLabel(period);
};

export const readingOf = (table: BriefTable, tables: readonly BriefTable[] = []): Reading => {
  const { query } = table;
  const grain = query?.grain?.unit;
  const labels = table.columns.filter(({ role }) => role === "label");
  const wanted =
    query === undefined
      ? undefined
      : query.kind === "anomalies"
        ? [query.measure.as]
        : query.measures.map(({ as }) => as);
  return {
    table,
    names: labels.filter(({ name }) => name !== grain),
    bucket: labels.find(({ name }) => name === grain),
    measures: table.columns.filter(
      ({ name, role }) => role === "figure" && (wanted === undefined || wanted.includes(name)),
    ),
    comparisons: query?.kind === "aggregate" ? query.comparisons : [],
    period: periodName(table, tables),
  };
};

export const token = (
  { table }: Reading,
  row: number,
  column: Pick<ResultColumn, "name"> | string,
): string => `{{${table.id}.${row}.${typeof column === "string" ? column : column.name}}}`;

export const cellOf = ({ table }: Reading, row: number, name: string): Cell => {
  const at = table.columns.findIndex((column) => column.name === name);
  return table.rows[row]?.[at] ?? null;
};

export const numberOf = (reading: Reading, row: number, name: string): number | undefined => {
  const cell = cellOf(reading, row, name);
  return typeof cell === "number" && Number.isFinite(cell) ? cell : undefined;
};

/** Rows whose every name is there: a group without a name cannot be spoken of. */
export const namedRows = (reading: Reading): number[] =>
  reading.table.rows.flatMap((_, row) =>
    [...reading.names, ...(reading.bucket === undefined ? [] : [reading.bucket])].every(
      ({ name }) => cellOf(reading, row, name) !== null,
    )
      ? [row]
      : [],
  );

/** The row with the largest (or smallest) value; the first of equals. */
export const extremeRow = (
  reading: Reading,
  rows: readonly number[],
  name: string,
  sign: 1 | -1,
): number | undefined => {
  let best: number | undefined;
  let top = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    const value = numberOf(reading, row, name);
    if (value === undefined || sign * value <= top) continue;
    [best, top] = [row, sign * value];
  }
  return best;
};

export const rowName = (reading: Reading, row: number): string =>
  reading.names.map((column) => token(reading, row, column)).join(", ");

/** A label in running text: `Revenue` -> `revenue`, `CO2` stays. */
export const inText = (label: string): string =>
  /^\p{Lu}\p{Ll}/u.test(label) ? label.charAt(0).toLowerCase() + label.slice(1) : label;

/** `last_month` -> `last month`; `in_august_2026` -> `August 2026`. */
export const against = (label: string): string => {
  const words = label.replace(/^in_/, "").replaceAll("_", " ");
  if (label.startsWith("in_")) return words.replace(/^./, (first) => first.toUpperCase());
  if (label === "plan") return "the plan";
  return label === "previous_period" ? "the period before" : words;
};

/** `, a change of {{…}} on last month and {{…}} against the plan`; nothing where there is nothing to compare. */
export const changes = (reading: Reading, row: number, measure: string): string => {
  const parts = reading.comparisons.flatMap(({ kind, label }) => {
    const name = `${measure}_${label}_change_pct`;
    return numberOf(reading, row, name) === undefined
      ? []
      : [`${token(reading, row, name)} ${kind === "table" ? "against" : "on"} ${against(label)}`];
  });
  return parts.length === 0 ? "" : `, a change of ${parts.join(" and ")}`;
};

/** ` in September 2026`, when the table's period has a name. */
export const periodOf = ({ period }: Reading): string =>
  period === undefined ? "" : ` ${/^\d{1,2} /.test(period) ? "on" : "in"} ${period}`;

/** The title without the period behind it. */
export const headingOf = ({ title }: Pick<BriefTable, "title">): string =>
  title.split(",")[0]?.trim() || title;
