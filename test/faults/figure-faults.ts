// Faults of single figures: the value in one cell is not what the source gives.
import { formatCell, type ResultTable } from "../../src/protocol/index.ts";
import { figureCells, scaled, shuffled, withCell } from "./cells.ts";
import type { HandOverFault, Random } from "./fault.ts";
import { FIGURE, tableFault } from "./table-change.ts";

/** Changes one figure of those wanted. */
const changeFigure =
  (
    to: (cell: ReturnType<typeof figureCells>[number], rng: Random) => number | undefined,
    wanted?: Parameters<typeof figureCells>[1],
  ) =>
  (table: ResultTable, rng: Random): ResultTable | undefined => {
    for (const cell of shuffled(rng, figureCells(table, wanted))) {
      const value = to(cell, rng);
      if (value !== undefined && value !== cell.value) {
        return withCell(table, cell.row, cell.index, value);
      }
    }
    return undefined;
  };

export const FIGURE_FAULTS: readonly HandOverFault[] = [
  tableFault(
    "a total off by a few percent",
    "wrong-total",
    ["wrong-total", ...FIGURE],
    changeFigure((cell, rng) => scaled(cell, rng.pick([0.93, 0.97, 1.02, 1.08]))),
  ),
  tableFault(
    "a total counted twice",
    "wrong-total",
    ["wrong-total", ...FIGURE],
    changeFigure((cell) => scaled(cell, 2)),
  ),
  tableFault(
    "a figure without one of its rows",
    "off-by-one-row",
    ["wrong-total", ...FIGURE],
    changeFigure(
      (cell, rng) =>
        cell.column.format === "integer" ? cell.value - 1 : scaled(cell, 1 - 1 / rng.int(40, 400)),
      ({ format }) => format !== "percent",
    ),
  ),
  tableFault(
    "a figure off by a cent or one",
    "off-by-one-row",
    ["wrong-total", ...FIGURE],
    changeFigure(
      (cell, rng) => {
        const step = cell.column.format === "integer" || cell.column.type === "integer" ? 1 : 0.01;
        return Number((cell.value + rng.pick([-step, step])).toFixed(6));
      },
      ({ format }) => format === "money" || format === "integer",
    ),
  ),
  tableFault(
    "a figure with its sign flipped",
    "sign-flipped",
    FIGURE,
    changeFigure((cell) => -cell.value),
  ),
  tableFault(
    "a change with its sign flipped",
    "sign-flipped",
    FIGURE,
    changeFigure(
      (cell) => -cell.value,
      ({ name }) => name.endsWith("_change"),
    ),
  ),
  tableFault(
    "a fraction given as a whole percentage",
    "percent-as-whole-number",
    ["wrong-unit", ...FIGURE],
    changeFigure(
      (cell) => scaled(cell, 100),
      ({ format }) => format === "percent",
    ),
  ),
  tableFault(
    "a decimal point one place off",
    "decimal-slip",
    FIGURE,
    changeFigure((cell) => scaled(cell, 10)),
  ),
  tableFault(
    "a decimal point two places off",
    "decimal-slip",
    FIGURE,
    changeFigure((cell, rng) => scaled(cell, rng.pick([100, 0.01]))),
  ),
  tableFault(
    "two digits of a figure changed round",
    "contradicting-number",
    FIGURE,
    changeFigure(({ value }) => {
      const digits = String(Math.abs(value));
      const at = digits.search(/(\d)(?!\1)\d/);
      if (at < 0 || digits.includes("e")) return undefined;
      const turned = `${digits.slice(0, at)}${digits[at + 1]}${digits[at]}${digits.slice(at + 2)}`;
      return Math.sign(value) * Number(turned);
    }),
  ),
  tableFault(
    "a figure rounded to one digit",
    "contradicting-number",
    FIGURE,
    changeFigure((cell) => {
      // A figure that reads the same as before is no fault.
      const value = Number(cell.value.toPrecision(1));
      return formatCell(value, cell.column) === formatCell(cell.value, cell.column)
        ? undefined
        : value;
    }),
  ),
  tableFault("a figure lost", "figure-lost", [...FIGURE, "schema"], (table, rng) => {
    const cells = figureCells(table);
    if (cells.length === 0) return undefined;
    const { row, index } = rng.pick(cells);
    return withCell(table, row, index, null);
  }),
  tableFault("a figure given as text", "figure-lost", [...FIGURE, "schema"], (table, rng) => {
    const cells = figureCells(table);
    if (cells.length === 0) return undefined;
    const { row, index, value } = rng.pick(cells);
    return withCell(table, row, index, `about ${Math.round(value * 1.1)}`);
  }),
];
