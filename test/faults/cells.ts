// Finding and changing cells of result tables by role and format, never by name.
import type { Cell, ResultColumn, ResultTable } from "../../src/protocol/index.ts";
import type { Random } from "./fault.ts";

export interface FigureCell {
  row: number;
  index: number;
  column: ResultColumn;
  value: number;
}

/** Numbers other than 0 in figure columns. */
export const figureCells = (
  table: ResultTable,
  wanted: (column: ResultColumn) => boolean = () => true,
): FigureCell[] =>
  table.rows.flatMap((cells, row) =>
    table.columns.flatMap((column, index) => {
      const value = cells[index];
      const isFigure = column.role === "figure" && typeof value === "number" && value !== 0;
      return isFigure && wanted(column) ? [{ row, index, column, value }] : [];
    }),
  );

export const figureColumns = (table: ResultTable): number[] =>
  table.columns.flatMap(({ role }, index) => (role === "figure" ? [index] : []));

export const labelColumns = (table: ResultTable): number[] =>
  table.columns.flatMap(({ role }, index) => (role === "label" ? [index] : []));

export const labelsOf = (table: ResultTable, row: number): string =>
  JSON.stringify(labelColumns(table).map((index) => table.rows[row]?.[index]));

export const withCell = (
  table: ResultTable,
  row: number,
  index: number,
  value: Cell,
): ResultTable => ({
  ...table,
  rows: table.rows.map((cells, at) => (at === row ? cells.with(index, value) : cells)),
});

/** Whole for integers, else to the cent, or finer where cents would hide the value. */
export const rounded = (value: number, { type, format }: ResultColumn): number => {
  if (type === "integer" || format === "integer") return Math.round(value);
  return Math.abs(value) < 10 || format === "percent"
    ? Number(value.toFixed(6))
    : Number(value.toFixed(2));
};

/** The value times a factor, in the column's precision and surely another number. */
export const scaled = (cell: FigureCell, factor: number): number => {
  const value = rounded(cell.value * factor, cell.column);
  return value === cell.value ? cell.value + (factor < 1 ? -1 : 1) : value;
};

/** Two rows whose cells differ in a column and whose labels differ, as [row, row]; or undefined. */
export const differingRows = (
  table: ResultTable,
  index: number,
  rng: Random,
): [number, number] | undefined => {
  const pairs = table.rows.flatMap((a, i) =>
    table.rows.flatMap((b, j): [number, number][] =>
      i < j && a[index] !== b[index] && labelsOf(table, i) !== labelsOf(table, j) ? [[i, j]] : [],
    ),
  );
  return pairs.length === 0 ? undefined : rng.pick(pairs);
};

export const shuffled = <T>(rng: Random, items: readonly T[]): T[] => {
  const left = [...items];
  const taken: T[] = [];
  while (left.length > 0) taken.push(...left.splice(rng.int(0, left.length - 1), 1));
  return taken;
};
