// Filters of a metric query, row by row. A missing value passes only `= null`; like in SQL it is
// neither equal nor unequal to anything else.
import type { Cell, Filter } from "../protocol/index.ts";

/** Text in the order of its UTF-8 bytes, as databases sort without a collation. */
export const compareText = (left: string, right: string): number => {
  if (left === right) return 0;
  for (let at = 0; at < left.length && at < right.length;) {
    const [a, b] = [left.codePointAt(at) ?? 0, right.codePointAt(at) ?? 0];
    if (a !== b) return a < b ? -1 : 1;
    at += a > 0xff_ff ? 2 : 1;
  }
  return left.length - right.length;
};

/** Ascending, missing values last. */
export const compareCells = (left: Cell, right: Cell): number => {
  if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1;
  if (typeof left === "string" && typeof right === "string") return compareText(left, right);
  return Number(left) - Number(right);
};

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}T/;

/** A day against a moment is that day's midnight. */
const compareValues = (cell: Exclude<Cell, null>, value: Exclude<Cell, null>): number => {
  if (typeof cell !== "string" || typeof value !== "string") {
    return Number(cell) - Number(value);
  }
  if (MOMENT.test(cell) && DAY.test(value)) return compareText(cell, `${value}T00:00:00`);
  if (DAY.test(cell) && MOMENT.test(value)) return compareText(`${cell}T00:00:00`, value);
  return compareText(cell, value);
};

const equals = (cell: Cell, value: Cell): boolean =>
  cell === null || value === null ? cell === value : compareValues(cell, value) === 0;

const holds = ({ op, value }: Filter, cell: Cell): boolean => {
  if (Array.isArray(value)) {
    const among = value.some((each) => equals(cell, each));
    return op === "in" || op === "=" ? among : op === "!=" && cell !== null && !among;
  }
  if (op === "=" || op === "in") return equals(cell, value);
  if (op === "!=") return value === null ? cell !== null : cell !== null && !equals(cell, value);
  if (cell === null || value === null) return false;
  const order = compareValues(cell, value);
  switch (op) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    default:
      return order >= 0;
  }
};

/** A predicate that a row must satisfy in every filter. */
export const compileFilters = (
  filters: readonly Filter[],
  index: (column: string) => number,
): ((row: readonly Cell[]) => boolean) => {
  const compiled = filters.map((filter) => ({ filter, at: index(filter.column) }));
  return (row) => compiled.every(({ filter, at }) => holds(filter, row[at] ?? null));
};
