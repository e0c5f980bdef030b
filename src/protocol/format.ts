// How a cell is written for a reader: the one place, used by text, PDF, HTML and the checks.
import type { Cell, ResultColumn } from "./table.ts";

/** What a missing value looks like. */
export const MISSING = "–";
/** The locale of reports unless a caller says otherwise. */
export const DEFAULT_LOCALE = "en-GB";

/** The parts of a column that decide how its cells are written. */
export type FormattedColumn = Pick<ResultColumn, "name" | "type" | "format" | "unit">;

// Only these have a sign that is read the same everywhere; the others show their ISO code.
const CURRENCY_SIGNS = new Set(["EUR", "USD", "GBP", "JPY", "INR", "KRW", "ILS"]);
const SIGN_TO_CODE: Readonly<Record<string, string>> = { "€": "EUR", $: "USD", "£": "GBP" };
const CHANGE = /(^|_)(change|deviation|delta|growth|variance)(_pct|_percent)?$/;

const numberFormats = new Map<string, Intl.NumberFormat>();
const numberFormat = (locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat => {
  const key = `${locale} ${JSON.stringify(options)}`;
  const known = numberFormats.get(key);
  if (known !== undefined) return known;
  const made = new Intl.NumberFormat(locale, { signDisplay: "negative", ...options });
  numberFormats.set(key, made);
  return made;
};

/** ISO 4217 code of a money column, or undefined when the unit is none. */
export const currencyOf = (column: FormattedColumn): string | undefined => {
  if (column.format !== "money" || column.unit === undefined) return undefined;
  const code = SIGN_TO_CODE[column.unit] ?? column.unit;
  return /^[A-Z]{3}$/.test(code) ? code : undefined;
};

/** True when a percentage of this column is a change, and so carries its sign also when positive. */
export const isChange = (column: Pick<FormattedColumn, "name">): boolean =>
  CHANGE.test(column.name);

type Figure = number | bigint;

const withUnit = (text: string, unit: string | undefined): string =>
  unit === undefined || unit === "" ? text : unit === "%" ? `${text}%` : `${text} ${unit}`;

const formatMoney = (value: Figure, column: FormattedColumn, locale: string): string => {
  const currency = currencyOf(column);
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  if (currency === undefined) {
    return withUnit(numberFormat(locale, digits).format(value), column.unit);
  }
  const currencyDisplay = CURRENCY_SIGNS.has(currency) ? "narrowSymbol" : "code";
  return numberFormat(locale, { style: "currency", currency, currencyDisplay }).format(value);
};

// Two decimals, unless they would hide the value: 0.00042 stays 0.00042.
const formatNumber = (value: Figure, column: FormattedColumn, locale: string): string => {
  const size = Math.abs(Number(value));
  const options: Intl.NumberFormatOptions =
    column.type === "integer"
      ? { maximumFractionDigits: 0 }
      : size > 0 && size < 0.01
        ? { maximumSignificantDigits: 3 }
        : { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return withUnit(numberFormat(locale, options).format(value), column.unit);
};

const formatPercent = (value: Figure, column: FormattedColumn, locale: string): string =>
  numberFormat(locale, {
    style: "percent",
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
    signDisplay: isChange(column) ? "exceptZero" : "negative",
  }).format(value);

const formatFigure = (value: Figure, column: FormattedColumn, locale: string): string => {
  switch (column.format) {
    case "money":
      return formatMoney(value, column, locale);
    case "percent":
      return formatPercent(value, column, locale);
    case "integer":
      return withUnit(
        numberFormat(locale, { maximumFractionDigits: 0 }).format(value),
        column.unit,
      );
    case "number":
      return formatNumber(value, column, locale);
    default:
      return String(value);
  }
};

const formatDate = (text: string, column: FormattedColumn, locale: string): string => {
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}:\d{2}))?/.exec(text);
  const date = match === null ? Number.NaN : Date.parse(text.slice(0, 10));
  if (match === null || Number.isNaN(date)) return text;
  const [, year, month, day, time] = match;
  const firstOfMonth = day === "01";
  // Time buckets are named after their unit and hold their first day.
  if (column.name === "year" && month === "01" && firstOfMonth) return `${year}`;
  if (column.name === "quarter" && firstOfMonth && Number(month) % 3 === 1) {
    return `Q${Math.ceil(Number(month) / 3)} ${year}`;
  }
  const isMonth = column.format === "month";
  const options: Intl.DateTimeFormatOptions = isMonth
    ? { month: "short", year: "numeric", timeZone: "UTC" }
    : { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
  const shown = dateFormat(locale, options).format(date).replace("Sept ", "Sep ");
  return !isMonth && column.type === "timestamp" && time !== undefined
    ? `${shown}, ${time}`
    : shown;
};

const dateFormats = new Map<string, Intl.DateTimeFormat>();
const dateFormat = (locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => {
  const key = `${locale} ${options.month}`;
  const known = dateFormats.get(key);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat(locale, options);
  dateFormats.set(key, made);
  return made;
};

/**
 * A cell as text: `€1,234,567.89`, `1,204 orders`, `12.3%` (from the fraction 0.123; with a plus sign
 * when the column is a change), `1 September 2026`, `Sep 2026`, `Q3 2026`, `–` for a missing value.
 * Integers beyond 2^53 come as strings and keep every digit. What does not fit its column's format
 * is shown as it is.
 */
export const formatCell = (
  cell: Cell,
  column: FormattedColumn,
  locale: string = DEFAULT_LOCALE,
): string => {
  if (cell === null) return MISSING;
  if (typeof cell === "boolean") return cell ? "yes" : "no";
  if (typeof cell === "number") {
    return Number.isFinite(cell) ? formatFigure(cell, column, locale) : MISSING;
  }
  switch (column.format) {
    case "date":
    case "month":
      return formatDate(cell, column, locale);
    case "text":
      return cell;
    default:
      return /^-?\d+$/.test(cell) ? formatFigure(BigInt(cell), column, locale) : cell;
  }
};
