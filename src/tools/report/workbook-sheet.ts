// One sheet for one result: a header that stays, a filter, real numbers and dates, sensible widths.
// What is text stays text: no cell becomes a formula.
import type { Cell as SheetCell, Style, Worksheet } from "@cj-tech-master/excelts";
import {
  formatCell,
  type Cell,
  type ResultColumn,
  type ResultTable,
} from "../../protocol/index.ts";
import { numberFormat } from "./number-format.ts";
import { plainText } from "./plain-text.ts";
import { COLORS } from "./theme.ts";

export const FONT = "Calibri";
const MAX_CHARS = 32_000; // Excel holds 32,767 in a cell
const MIN_WIDTH = 11;
const MAX_WIDTH = 46;

/** A theme colour as Excel writes it. */
export const argb = (color: string): { argb: string } => ({
  argb: `FF${color.slice(1).toUpperCase()}`,
});

const HEADER: Partial<Style> = {
  font: { name: FONT, size: 11, bold: true, color: argb(COLORS.paper) },
  fill: { type: "pattern", pattern: "solid", fgColor: argb(COLORS.accent) },
  border: { bottom: { style: "thin", color: argb(COLORS.accent) } },
};
const LINE = { bottom: { style: "hair", color: argb(COLORS.rule) } } as const;

/** Text as a cell may hold it. */
export const cellText = (text: string): string => {
  const plain = plainText(text);
  return plain.length > MAX_CHARS ? `${plain.slice(0, MAX_CHARS)}…` : plain;
};

const dateOf = (text: string): Date | undefined => {
  const match = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2})?$/.exec(text);
  if (match === null || text < "1900-03-01") return undefined; // Excel's calendar is wrong before
  const date = new Date(match[1] === undefined ? `${text}T00:00:00Z` : `${text}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
};

/** A cell as Excel keeps it: a number, a date, text, or nothing. */
const valueOf = (cell: Cell, column: ResultColumn): string | number | Date | null => {
  if (cell === null) return null;
  if (typeof cell === "boolean") return formatCell(cell, column);
  if (typeof cell === "number") return Number.isFinite(cell) ? cell : null;
  if (column.format === "date" || column.format === "month") {
    // Quarters and years have no format code of their own.
    const named = column.name === "quarter" || column.name === "year";
    return named ? formatCell(cell, column) : (dateOf(cell) ?? cellText(cell));
  }
  const isFigure = column.format !== "text" && /^-?\d+$/.test(cell);
  return isFigure ? formatCell(cell, column) : cellText(cell);
};

const isNumeric = ({ role, format }: ResultColumn): boolean =>
  role === "figure" && format !== "text";

const widthOf = (table: ResultTable, at: number): number => {
  const column = table.columns[at];
  if (column === undefined) return MIN_WIDTH;
  const longest = table.rows.reduce(
    (most, row) => Math.max(most, formatCell(row[at] ?? null, column).length),
    0,
  );
  const words = column.label.split(/\s+/).map((word) => word.length);
  return Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, longest + 4, ...words.map((n) => n + 6)));
};

/** Points for a row: text cells wrap, and not every program measures them for itself. */
const heightOf = (table: ResultTable, row: readonly Cell[], widths: readonly number[]): number => {
  const lines = table.columns.map((column, at) => {
    const cell = row[at];
    if (isNumeric(column) || typeof cell !== "string") return 1;
    return cell
      .split("\n")
      .reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / (widths[at] ?? 10))), 0);
  });
  return Math.min(400, 1.5 + 15 * Math.max(...lines));
};

const styleCell = (cell: SheetCell, column: ResultColumn): void => {
  const format = numberFormat(column);
  if (format !== undefined) cell.numFmt = format;
  cell.font = { name: FONT, size: 11, color: argb(COLORS.ink) };
  cell.border = LINE;
  cell.alignment = {
    horizontal: isNumeric(column) ? "right" : "left",
    vertical: "top",
    indent: 1,
    wrapText: !isNumeric(column),
  };
};

/** Fills a sheet: headings in row 1, the result's rows from row 2 on. */
export const fillSheet = (sheet: Worksheet, table: ResultTable, check: () => void): void => {
  const widths = table.columns.map((_, at) => widthOf(table, at));
  table.columns.forEach((column, at) => {
    sheet.getColumn(at + 1).width = widths[at] ?? MIN_WIDTH;
    const cell = sheet.getCell(1, at + 1);
    cell.value = cellText(column.label);
    cell.style = { ...cell.style, ...HEADER };
    cell.alignment = {
      horizontal: isNumeric(column) ? "right" : "left",
      vertical: "middle",
      indent: 1,
      wrapText: true,
    };
  });
  const lines = table.columns.map(({ label }, at) =>
    Math.ceil((label.length + 3) / (widths[at] ?? MIN_WIDTH)),
  );
  sheet.getRow(1).height = 8 + 15 * Math.max(...lines);
  table.rows.forEach((row, index) => {
    check();
    sheet.getRow(index + 2).height = heightOf(table, row, widths);
    table.columns.forEach((column, at) => {
      const cell = sheet.getCell(index + 2, at + 1);
      cell.value = valueOf(row[at] ?? null, column);
      styleCell(cell, column);
    });
  });
  if (table.rows.length === 0) {
    const cell = sheet.getCell(2, 1);
    cell.value = "None found.";
    cell.font = { name: FONT, size: 11, italic: true, color: argb(COLORS.muted) };
  }
  sheet.autoFilter = {
    from: { row: 1, col: 1 },
    to: { row: Math.max(2, table.rows.length + 1), col: table.columns.length },
  };
};
