// The tiles at the top of a report: the measures of the first one-row table, with their changes.
import {
  formatCell,
  type Cell,
  type RenderedCell,
  type ResultTable,
} from "../../protocol/index.ts";
import { groupMeasures } from "./measure-groups.ts";
import { plainText } from "./plain-text.ts";

export interface KeyFigureChange {
  /** `vs August 2026`. */
  readonly label: string;
  readonly cell: RenderedCell;
  readonly direction: "up" | "down" | "same";
}

export interface KeyFigure {
  readonly label: string;
  readonly cell: RenderedCell;
  readonly changes: readonly KeyFigureChange[];
}

const MAX_TILES = 6;

const cellOf = (table: ResultTable, at: number): RenderedCell | undefined => {
  const column = table.columns[at];
  if (column === undefined) return undefined;
  const value: Cell = table.rows[0]?.[at] ?? null;
  const text = plainText(formatCell(value, column));
  return { table: table.id, row: 0, column: column.name, value, format: column.format, text };
};

const directionOf = (value: Cell): KeyFigureChange["direction"] =>
  typeof value !== "number" || value === 0 ? "same" : value > 0 ? "up" : "down";

/** At most six tiles; none when no table has exactly one row with a figure. */
export const keyFigures = (tables: readonly ResultTable[]): KeyFigure[] => {
  const single = tables.find(
    ({ rows, columns }) => rows.length === 1 && columns.some(({ role }) => role === "figure"),
  );
  if (single === undefined) return [];
  return groupMeasures(single)
    .slice(0, MAX_TILES)
    .flatMap(({ base, comparisons }) => {
      const cell = cellOf(single, base);
      if (cell === undefined) return [];
      const changes = comparisons.flatMap(({ label, change, changePct }) => {
        const at = changePct ?? change;
        const shown = at === undefined ? undefined : cellOf(single, at);
        if (shown === undefined) return [];
        return [
          { label: `vs ${plainText(label)}`, cell: shown, direction: directionOf(shown.value) },
        ];
      });
      return [{ label: plainText(single.columns[base]?.label ?? ""), cell, changes }];
    });
};
