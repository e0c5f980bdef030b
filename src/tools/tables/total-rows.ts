// Stray totals: rows that sum up the others. They would double every figure.
import { BLANK } from "./text-grid.ts";
import type { NamedColumn } from "./read-headers.ts";
import type { TypedColumn } from "./type-column.ts";

const LABEL =
  /^(grand |sub-?|overall )?(totals?|sum|summe|gesamt|gesamtsumme|insgesamt|zwischensumme|endsumme|total general|total général|somme|totale)( (amount|sum|gesamt|overall|general|all|eur|usd))?\s*:?$/i;
/** A label on many rows is a value, not a total. */
const MOST_SHARE = 0.2;

const codeAt = (column: NamedColumn, row: number): number => column.column.codes[row] ?? BLANK;

/** Rows with a cell that reads like `Total`. */
export const rowsLabelledTotal = (
  columns: readonly NamedColumn[],
  rows: Int32Array,
): Set<number> => {
  const found = new Set<number>();
  for (const { column } of columns) {
    const codes = new Set<number>();
    for (const [code, text] of column.texts.entries()) {
      if (text.length <= 30 && LABEL.test(text)) codes.add(code);
    }
    if (codes.size === 0) continue;
    for (const row of rows) if (codes.has(column.codes[row] ?? BLANK)) found.add(row);
  }
  return found.size > Math.max(1, rows.length * MOST_SHARE) ? new Set() : found;
};

/** Rows to leave out: labelled ones that stand apart from the body, and an unlabelled last sum. */
export const totalRows = (
  columns: readonly NamedColumn[],
  typed: readonly TypedColumn[],
  body: Int32Array,
  labelled: ReadonlySet<number>,
): number[] => {
  const measures = typed.flatMap(({ type }, index) =>
    type === "integer" || type === "decimal" ? [index] : [],
  );
  const labels = typed.flatMap((_, index) => (measures.includes(index) ? [] : [index]));
  const valueOf = (index: number, row: number): string | null => {
    const code = codeAt(columns[index] as NamedColumn, row);
    return code === BLANK ? null : (typed[index]?.values[code] ?? null);
  };
  const totals = [...labelled].filter((row) => {
    const others = labels.filter((index) => {
      const value = valueOf(index, row);
      return value === null || !LABEL.test(value);
    });
    const empty = others.filter((index) => valueOf(index, row) === null).length;
    return others.length === 0 || empty * 2 >= others.length || sums(measures, valueOf, body, row);
  });
  const last = body.at(-1);
  if (last === undefined || body.length < 3 || labels.length === 0) return totals;
  const unlabelled = labels.every((index) => valueOf(index, last) === null);
  const before = body.subarray(0, -1);
  if (unlabelled && sums(measures, valueOf, before, last)) totals.push(last);
  return totals;
};

/** Whether a measure of the row is the sum of that measure over the others, and not just zero. */
const sums = (
  measures: readonly number[],
  valueOf: (index: number, row: number) => string | null,
  others: Int32Array,
  row: number,
): boolean =>
  measures.some((index) => {
    const claimed = Number(valueOf(index, row) ?? 0);
    if (claimed === 0) return false;
    let sum = 0;
    let cells = 0;
    for (const other of others) {
      const value = valueOf(index, other);
      if (value === null) continue;
      sum += Number(value);
      cells += 1;
    }
    return cells > 1 && Math.abs(sum - claimed) <= Math.max(0.005, Math.abs(claimed) * 1e-6);
  });
