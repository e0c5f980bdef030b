// A verified table as it is laid out for readers, the same in PDF and HTML. Every cell still knows
// which cell of the result it shows.
import { formatCell, type Cell, type CellRef, type ResultTable } from "../../protocol/index.ts";
import { columnsOf, groupMeasures, type MeasureGroup } from "./measure-groups.ts";
import { plainText } from "./plain-text.ts";

export interface DisplayCell {
  readonly text: string;
  /** Absent for a heading that is no cell of the result. */
  readonly ref?: CellRef;
  /** The cell's value, to sort by. */
  readonly value?: Cell;
}

export interface DisplayColumn {
  readonly title: string;
  readonly align: "left" | "right";
}

export interface DisplayTable {
  readonly id: string;
  readonly title: string;
  readonly columns: readonly DisplayColumn[];
  readonly rows: readonly (readonly DisplayCell[])[];
  /** How many columns at the left name the row. */
  readonly labels: number;
  /** Indices of the other columns, in blocks that belong side by side. */
  readonly blocks: readonly (readonly number[])[];
  /** Said under the table, e.g. that rows are missing. */
  readonly note?: string;
  /** What stands in place of the rows when there are none. */
  readonly empty: string;
}

const MAX_ONE_ROW_COLUMNS = 6;

const showCell = (table: ResultTable, row: number, at: number | undefined): DisplayCell => {
  const column = at === undefined ? undefined : table.columns[at];
  if (column === undefined || at === undefined) return { text: "" };
  const value = table.rows[row]?.[at] ?? null;
  return {
    text: plainText(formatCell(value, column)),
    ref: { table: table.id, row, column: column.name },
    value,
  };
};

const isFigure = (table: ResultTable, at: number): boolean => table.columns[at]?.role === "figure";

const asItIs = (table: ResultTable): Omit<DisplayTable, "id" | "title" | "empty"> => {
  const labels = table.columns.flatMap((_, at) => (isFigure(table, at) ? [] : [at]));
  const groups = groupMeasures(table).map(columnsOf);
  const order = [...labels, ...groups.flat()];
  let next = labels.length;
  return {
    columns: order.map((at) => ({
      title: plainText(table.columns[at]?.label ?? ""),
      align: isFigure(table, at) ? "right" : "left",
    })),
    rows: table.rows.map((_, row) => order.map((at) => showCell(table, row, at))),
    labels: labels.length,
    blocks: groups.map((group) => group.map(() => next++)),
  };
};

/** One row with comparisons: a line per measure, a block of columns per comparison. */
const byMeasure = (
  table: ResultTable,
  groups: readonly MeasureGroup[],
): Omit<DisplayTable, "id" | "title" | "empty"> => {
  const names = [...new Set(groups.flatMap(({ comparisons }) => comparisons.map((c) => c.label)))];
  const right = (title: string): DisplayColumn => ({ title, align: "right" });
  const labels = table.columns.flatMap((_, at) => (isFigure(table, at) ? [] : [at]));
  const lines = groups.map(({ base, comparisons }) => [
    { text: plainText(table.columns[base]?.label ?? "") },
    showCell(table, 0, base),
    ...names.flatMap((name) => {
      const found = comparisons.find(({ label }) => label === name);
      return [found?.value, found?.change, found?.changePct].map((at) => showCell(table, 0, at));
    }),
  ]);
  const blank = names.flatMap(() => [{ text: "" }, { text: "" }, { text: "" }]);
  const named = labels.map((at) => [
    { text: plainText(table.columns[at]?.label ?? "") },
    showCell(table, 0, at),
    ...blank,
  ]);
  return {
    columns: [
      { title: "Measure", align: "left" },
      right("Value"),
      ...names.flatMap((name) => [right(plainText(name)), right("Change"), right("Change %")]),
    ],
    rows: [...named, ...lines],
    labels: 1,
    blocks: [[1], ...names.map((_, i) => [2 + 3 * i, 3 + 3 * i, 4 + 3 * i])],
  };
};

/** One wide row without comparisons: a line per column. */
const byColumn = (table: ResultTable): Omit<DisplayTable, "id" | "title" | "empty"> => ({
  columns: [
    { title: "Measure", align: "left" },
    { title: "Value", align: "right" },
  ],
  rows: table.columns.map(({ label }, at) => [{ text: plainText(label) }, showCell(table, 0, at)]),
  labels: 1,
  blocks: [[1]],
});

/** Lays a result out: as it is, or turned when it is a single wide row. */
export const displayTable = (table: ResultTable): DisplayTable => {
  const groups = groupMeasures(table);
  const single = table.rows.length === 1;
  const layout =
    single && groups.some(({ comparisons }) => comparisons.length > 0)
      ? byMeasure(table, groups)
      : single && table.columns.length > MAX_ONE_ROW_COLUMNS
        ? byColumn(table)
        : asItIs(table);
  return {
    ...layout,
    id: table.id,
    title: plainText(table.title),
    empty: "None found.",
    ...(table.truncated
      ? { note: `Only ${table.rows.length} of ${table.rowCount} rows were handed over.` }
      : {}),
  };
};
