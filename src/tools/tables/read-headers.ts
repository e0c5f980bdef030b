// Where the header row is, and what the columns are called.
import { isMissing } from "./missing-text.ts";
import { parseDate } from "./parse-date.ts";
import { parseNumber } from "./parse-number.ts";
import { sqlName, uniqueName } from "./sql-name.ts";
import { BLANK, textAt } from "./text-grid.ts";
import type { GridNote, TextColumn, TextGrid } from "./text-grid.ts";

export interface NamedColumn {
  name: string;
  /** As it stood in the file, when the name differs. */
  header?: string;
  /** Header as written, or the name when there is none. */
  title: string;
  column: TextColumn;
}

export interface Headers {
  columns: NamedColumn[];
  /** The first row of data. */
  firstRow: number;
  notes: GridNote[];
}

/** Rows of the body that are looked at. */
const SAMPLE = 200;
/** A report's title stands above its table in so many rows at most. */
const TITLE_ROWS = 12;

export const readHeaders = (grid: TextGrid): Headers => {
  if (grid.headers !== undefined) return named(grid, grid.headers, 0, []);
  const titles = titleRows(grid);
  const notes: GridNote[] = [];
  if (titles > 0) {
    notes.push({
      code: "header",
      count: titles,
      message: `${titles} line(s) above the header were left out.`,
      examples: examplesOf(grid, 0, titles),
    });
  }
  if (hasHeader(grid, titles)) {
    const headers = grid.columns.map((column) => textAt(column, titles) ?? "");
    return named(grid, headers, titles + 1, notes);
  }
  notes.push({
    code: "header",
    count: 1,
    message: "There is no header row; the columns were numbered.",
    examples: examplesOf(grid, titles, titles + 1),
  });
  return named(grid, [], titles, notes);
};

const examplesOf = (grid: TextGrid, from: number, to: number): string[] => {
  const lines: string[] = [];
  for (let row = from; row < Math.min(to, from + 3); row += 1) {
    const cells = grid.columns.slice(0, 8).map((column) => textAt(column, row) ?? "");
    lines.push(
      cells
        .filter((cell) => cell !== "")
        .join(" | ")
        .slice(0, 120),
    );
  }
  return lines;
};

const filled = (grid: TextGrid, row: number): number =>
  grid.columns.filter((column) => (column.codes[row] ?? BLANK) !== BLANK).length;

/** Leading rows with one or two cells, above a table that is clearly wider. */
const titleRows = (grid: TextGrid): number => {
  const last = Math.min(grid.rows - 1, TITLE_ROWS);
  const widths: number[] = [];
  for (let row = 0; row < Math.min(grid.rows, SAMPLE); row += 1) widths.push(filled(grid, row));
  const usual = [...widths].sort((a, b) => a - b)[Math.floor(widths.length / 2)] ?? 0;
  if (usual < 3) return 0;
  let row = 0;
  while (row < last && (widths[row] ?? 0) <= Math.min(2, usual / 2)) row += 1;
  return row;
};

const dataLike = (text: string): boolean =>
  parseNumber(text) !== undefined || parseDate(text) !== undefined;
const isYear = (text: string): boolean => /^(19|20)\d{2}$/.test(text);
const isPeriod = (text: string): boolean => isYear(text) || parseDate(text)?.monthOnly === true;

/**
 * Text above numbers or dates is a header; a number above numbers is not, unless it is a year or a
 * month, as in a table with a column per period. All text: a header, unless its words come again below.
 */
const hasHeader = (grid: TextGrid, at: number): boolean => {
  let above = 0;
  let same = 0;
  let again = 0;
  let texts = 0;
  for (const column of grid.columns) {
    const head = textAt(column, at);
    const body = bodyOf(column, at + 1, grid.rows);
    if (head === undefined || body.length === 0) continue;
    const data = body.filter(dataLike).length > body.length / 2;
    if (!dataLike(head)) texts += 1;
    if (data && !dataLike(head) && !isMissing(head)) above += 1;
    if (data && dataLike(head) && !(isPeriod(head) && !body.every(isPeriod))) same += 1;
    if (!data && body.includes(head)) again += 1;
  }
  if (above > 0 || same > 0) return above >= same;
  return texts === 0 || again < texts / 2;
};

const bodyOf = (column: TextColumn, from: number, rows: number): string[] => {
  const texts: string[] = [];
  for (let row = from; row < Math.min(rows, from + SAMPLE); row += 1) {
    const text = textAt(column, row);
    if (text !== undefined && !isMissing(text)) texts.push(text);
  }
  return texts;
};

const named = (
  grid: TextGrid,
  headers: readonly string[],
  firstRow: number,
  notes: GridNote[],
): Headers => {
  const taken = new Set<string>();
  const seen = new Set<string>();
  const repeated: string[] = [];
  let blanks = 0;
  const columns: NamedColumn[] = [];
  for (const [index, column] of grid.columns.entries()) {
    const header = headers[index]?.trim() ?? "";
    if (header === "" && isEmpty(column, firstRow)) continue;
    if (header === "") blanks += 1;
    else if (seen.has(header.toLowerCase())) repeated.push(header);
    seen.add(header.toLowerCase());
    const name = uniqueName(sqlName(header, `column_${index + 1}`), taken);
    taken.add(name);
    const title = header === "" ? name : header;
    columns.push(
      header === "" || header === name ? { name, title, column } : { name, header, title, column },
    );
  }
  if (headers.length > 0 && blanks > 0)
    notes.push(headerNote(blanks, "without a header were numbered", []));
  if (repeated.length > 0) {
    notes.push(headerNote(repeated.length, "with a repeated header were numbered", repeated));
  }
  return { columns, firstRow, notes };
};

const headerNote = (count: number, what: string, examples: string[]): GridNote => ({
  code: "header",
  count,
  message: `${count} column(s) ${what}.`,
  examples: examples.slice(0, 5),
});

const isEmpty = (column: TextColumn, firstRow: number): boolean => {
  for (let row = firstRow; row < column.codes.length; row += 1) {
    if (column.codes[row] !== BLANK) return false;
  }
  return true;
};
