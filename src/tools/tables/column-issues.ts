// What cleaning did to a column, in sentences with counts and examples.
import type { DataIssue } from "../../protocol/index.ts";
import type { NamedColumn } from "./read-headers.ts";
import { parseNumber } from "./parse-number.ts";
import { isCurrency } from "./unit.ts";
import type { TypedColumn } from "./type-column.ts";

const EXAMPLES = 5;

export interface CountedColumn {
  named: NamedColumn;
  typed: TypedColumn;
  /** Kept rows per distinct text. */
  counts: Int32Array;
  rows: number;
}

export const columnIssues = (column: CountedColumn): DataIssue[] =>
  [
    missingValues(column),
    unreadableValues(column),
    numberFormat(column),
    dateFormats(column),
    mixedUnits(column),
  ].filter((issue) => issue !== undefined);

interface Found {
  count: number;
  examples: string[];
}

/** Cells of the codes that fit, and up to five of their texts. */
const find = (column: CountedColumn, fits: (code: number) => boolean): Found => {
  let count = 0;
  const examples: string[] = [];
  for (const [code, cells] of column.counts.entries()) {
    if (cells === 0 || !fits(code)) continue;
    count += cells;
    const text = column.named.column.texts[code] ?? "";
    if (examples.length < EXAMPLES) examples.push(text.slice(0, 80));
  }
  return { count, examples };
};

const missingValues = (column: CountedColumn): DataIssue | undefined => {
  const written = find(column, (code) => column.typed.readings[code] === "missing");
  const filled = column.counts.reduce((sum, cells) => sum + cells, 0);
  const count = column.rows - filled + written.count;
  if (count === 0) return undefined;
  const message = `${count} of ${column.rows} values are missing.`;
  return issue("missing-values", column, count, message, written.examples);
};

const unreadableValues = (column: CountedColumn): DataIssue | undefined => {
  const { count, examples } = find(column, (code) => column.typed.readings[code] === "unreadable");
  if (count === 0) return undefined;
  const { type } = column.typed;
  const message = `${count} value(s) that are no ${NOUNS[type]} were taken as missing.`;
  return issue("unreadable-values", column, count, message, examples);
};

const NOUNS: Record<TypedColumn["type"], string> = {
  integer: "number",
  decimal: "number",
  date: "date",
  timestamp: "time",
  boolean: "yes or no",
  text: "text",
};

const numberFormat = (column: CountedColumn): DataIssue | undefined => {
  const { type, readings } = column.typed;
  if (type !== "integer" && type !== "decimal") return undefined;
  const { count, examples } = find(column, (code) => readings[code] === "repaired");
  if (count === 0) return undefined;
  const kinds = new Set<string>();
  for (const text of examples) for (const kind of kindsOf(text)) kinds.add(kind);
  const what = kinds.size === 0 ? "unusual forms" : [...kinds].join(", ");
  const message = `${count} value(s) written with ${what} were read as numbers.`;
  return issue("number-format", column, count, message, examples);
};

const kindsOf = (text: string): string[] => {
  const parsed = parseNumber(text);
  return [
    /\d[.,'’ \u00a0\u202f]\d{3}(\D|$)/.test(text) ? ["thousands separators"] : [],
    parsed?.proves === "comma" ? ["decimal commas"] : [],
    parsed?.unit !== undefined && isCurrency(parsed.unit) ? ["currency signs"] : [],
    parsed?.unit === "%" ? ["percent signs"] : [],
    parsed?.unit !== undefined && !isCurrency(parsed.unit) && parsed.unit !== "%" ? ["units"] : [],
    text.includes("(") ? ["brackets for negative values"] : [],
  ].flat();
};

const dateFormats = (column: CountedColumn): DataIssue | undefined => {
  const { formats, order, zones, months, type } = column.typed;
  if (type !== "date" && type !== "timestamp") return undefined;
  const cells = new Map<string, number>();
  const examples: string[] = [];
  for (const [code, count] of column.counts.entries()) {
    const format = formats[code];
    if (format === undefined || count === 0) continue;
    if (!cells.has(format)) examples.push(column.named.column.texts[code] ?? "");
    cells.set(format, (cells.get(format) ?? 0) + count);
  }
  const ordered = [...cells].sort((a, b) => b[1] - a[1]);
  const said: string[] = [];
  let count = 0;
  if (ordered.length > 1) {
    said.push(
      `${ordered.length} date formats: ${ordered.map(([name, n]) => `${name} (${n})`).join(", ")}.`,
    );
    count = ordered.slice(1).reduce((sum, [, n]) => sum + n, 0);
  }
  if (order !== undefined) {
    const unsure = order.codes.reduce((sum, code) => sum + (column.counts[code] ?? 0), 0);
    count = Math.max(count, unsure);
    said.push(
      `${unsure} date(s) could be read day first or month first; ${ORDERS[order.order]} was taken, ${BECAUSE[order.because]}.`,
    );
  }
  if (zones === true) said.push("Time zones were dropped; times are as written.");
  if (months === true) said.push("Months were taken as their first day.");
  if (said.length === 0) return undefined;
  const shown = examples.slice(0, EXAMPLES);
  return issue(
    "mixed-dates",
    column,
    Math.max(count, zones === true || months === true ? filled(column) : 0),
    said.join(" "),
    shown,
  );
};

const filled = (column: CountedColumn): number => find(column, () => true).count;

const ORDERS = { dmy: "day first", mdy: "month first" };
const BECAUSE = {
  column: "as other values of the column prove",
  table: "as the rest of the file suggests",
  assumed: "which is an assumption: nothing in the file proves it",
};

const mixedUnits = (column: CountedColumn): DataIssue | undefined => {
  const { units, cells } = valueUnits(column);
  if (units.length < 2) return undefined;
  const listed = units.map((unit) => `${unit} (${cells.get(unit)})`).join(", ");
  const message = `Values in several units stand in one column: ${listed}. Their sum means nothing.`;
  const { examples } = find(column, (code) => column.typed.units[code] !== undefined);
  const count = units.reduce((sum, unit) => sum + (cells.get(unit) ?? 0), 0);
  return issue("mixed-units", column, count, message, examples);
};

const NO_UNIT = "no unit";

/** Units written with the values. A percent sign on some values only makes two units. */
export const valueUnits = (
  column: CountedColumn,
): { units: string[]; cells: Map<string, number> } => {
  const cells = new Map<string, number>();
  let bare = 0;
  for (const [code, count] of column.counts.entries()) {
    if (count === 0 || column.typed.values[code] == null) continue;
    const unit = column.typed.units[code];
    if (unit === undefined) bare += count;
    else cells.set(unit, (cells.get(unit) ?? 0) + count);
  }
  if (cells.has("%") && bare > 0) cells.set(NO_UNIT, bare);
  return { units: [...cells.keys()], cells };
};

const issue = (
  code: DataIssue["code"],
  column: CountedColumn,
  count: number,
  message: string,
  examples: string[],
): DataIssue => ({ code, column: column.named.name, count, message, examples });
