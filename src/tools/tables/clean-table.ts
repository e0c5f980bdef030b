// From a sheet of text to a typed table: headers, types, stray totals, duplicates, profile.
import type { ColumnProfile, DataIssue, TableProfile } from "../../protocol/index.ts";
import { columnIssues } from "./column-issues.ts";
import type { CountedColumn } from "./column-issues.ts";
import { duplicateRows, keyColumn, valueIds } from "./duplicate-rows.ts";
import { profileColumn } from "./profile-column.ts";
import { readHeaders } from "./read-headers.ts";
import type { NamedColumn } from "./read-headers.ts";
import { countTexts, habitsOf, surveyColumn } from "./survey-column.ts";
import { tableUnits } from "./table-units.ts";
import { textAt } from "./text-grid.ts";
import type { TextGrid } from "./text-grid.ts";
import { rowsLabelledTotal, totalRows } from "./total-rows.ts";
import { turn } from "./turn.ts";
import { typeColumn } from "./type-column.ts";
import type { TypedColumn } from "./type-column.ts";

export interface CleanTable {
  profile: TableProfile;
  columns: { named: NamedColumn; typed: TypedColumn }[];
  /** Rows of the grid that are kept, in file order. */
  rows: Int32Array;
}

export type TableIdentity = Pick<TableProfile, "name" | "file" | "sha256" | "sheet">;

/** Undefined when the sheet has a header but no rows. */
export const cleanTable = async (
  grid: TextGrid,
  identity: TableIdentity,
  signal?: AbortSignal,
): Promise<CleanTable | undefined> => {
  const headers = readHeaders(grid);
  const all = Int32Array.from(
    { length: grid.rows - headers.firstRow },
    (_, i) => i + headers.firstRow,
  );
  if (all.length === 0 || headers.columns.length === 0) return undefined;
  const issues: DataIssue[] = [...grid.notes, ...headers.notes];
  const labelled = rowsLabelledTotal(headers.columns, all);
  const body = all.filter((row) => !labelled.has(row));
  const typed = await typeColumns(headers.columns, body, grid.commaLocale === true, signal);
  const totals = new Set(totalRows(headers.columns, typed, body, labelled));
  if (totals.size > 0) issues.push(totalIssue(headers.columns, [...totals]));
  const kept = all.filter((row) => !totals.has(row));
  const rows = withoutDuplicates(headers.columns, typed, kept, issues);
  await turn(signal);
  const counted: CountedColumn[] = headers.columns.map((named, index) => ({
    named,
    typed: typed[index] as TypedColumn,
    counts: countTexts(named.column, rows),
    rows: rows.length,
  }));
  const { units, issues: unitIssues } = tableUnits(counted);
  issues.push(...counted.flatMap(columnIssues), ...unitIssues);
  const columns: ColumnProfile[] = counted.map((column) =>
    profileColumn(column, units.get(column.named.name)),
  );
  return {
    profile: { ...identity, rows: rows.length, columns, issues },
    columns: counted.map(({ named, typed: column }) => ({ named, typed: column })),
    rows,
  };
};

const typeColumns = async (
  columns: readonly NamedColumn[],
  body: Int32Array,
  commaLocale: boolean,
  signal: AbortSignal | undefined,
): Promise<TypedColumn[]> => {
  const surveys = [];
  for (const { name, column } of columns) {
    surveys.push(surveyColumn(name, column, body));
    await turn(signal);
  }
  const habits = habitsOf(surveys, commaLocale);
  const typed: TypedColumn[] = [];
  for (const survey of surveys) {
    typed.push(typeColumn(survey, habits));
    await turn(signal);
  }
  return typed;
};

const rowText = (columns: readonly NamedColumn[], row: number): string =>
  columns
    .slice(0, 12)
    .map(({ column }) => textAt(column, row) ?? "")
    .join(" | ")
    .slice(0, 160);

const totalIssue = (columns: readonly NamedColumn[], rows: number[]): DataIssue => ({
  code: "total-row",
  count: rows.length,
  message: `${rows.length} row(s) that sum up others were left out.`,
  examples: rows.slice(0, 5).map((row) => rowText(columns, row)),
});

const withoutDuplicates = (
  columns: readonly NamedColumn[],
  typed: readonly TypedColumn[],
  rows: Int32Array,
  issues: DataIssue[],
): Int32Array => {
  const ids = typed.map(valueIds);
  const duplicates = duplicateRows(columns, ids, rows);
  if (duplicates.length === 0) return rows;
  const gone = new Set(duplicates);
  const rest = rows.filter((row) => !gone.has(row));
  const key = keyColumn(columns, typed, ids, rest);
  const what =
    key === undefined
      ? "were kept, since no column tells rows apart"
      : `were removed (the same ${columns[key]?.name} and everything else)`;
  issues.push({
    code: "duplicate-rows",
    count: duplicates.length,
    message: `${duplicates.length} row(s) that repeat another one exactly ${what}.`,
    examples: duplicates.slice(0, 3).map((row) => rowText(columns, row)),
  });
  return key === undefined ? rows : rest;
};
