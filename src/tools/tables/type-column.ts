// Second look: the column's type, and the value of each of its texts. Values stay canonical text
// ("-1234.50", "2026-09-05", "true") until they are stored, so that no digit is lost.
import type { ColumnType } from "../../protocol/index.ts";
import type { DateOrder } from "./parse-date.ts";
import { parseNumber } from "./parse-number.ts";
import type { DecimalMark } from "./parse-number.ts";
import { FIT, booleanOf, dateOf, majority } from "./survey-column.ts";
import type { Habits, Survey } from "./survey-column.ts";

export type Storage =
  | { kind: "BIGINT" | "DOUBLE" | "DATE" | "TIMESTAMP" | "BOOLEAN" | "VARCHAR" }
  | { kind: "DECIMAL"; scale: number };

/** What became of a text. */
type Reading = "as-is" | "repaired" | "missing" | "unreadable";

export interface TypedColumn {
  type: ColumnType;
  storage: Storage;
  /** Per distinct text its canonical value; null when missing or unreadable. */
  values: (string | null)[];
  readings: Reading[];
  /** Per distinct text the unit written with it. */
  units: (string | undefined)[];
  /** Per distinct text the date format it is written in. */
  formats: (string | undefined)[];
  /** How ambiguous dates were read, and why. */
  order?: { order: DateOrder; because: "column" | "table" | "assumed"; codes: number[] };
  /** Time zones were written and dropped. */
  zones?: boolean;
  /** Months without a day were taken as the first day. */
  months?: boolean;
}

/** A decimal of up to 18 digits is stored and summed exactly. */
const DECIMAL_DIGITS = 18;
const DECIMAL_SCALE = 6;
/** Below this a few leading zeros are slips; above it the column holds codes. */
const CODE_SHARE = 0.005;

const CODE_NAME =
  /(^|_)(id|ids|code|key|no|nr|number|num|zip|plz|postal|postcode|phone|tel|telefon|sku|ean|gtin|iban|isbn|vat|uuid|guid|ref|reference|account|serial)$/;
const QUANTITY_NAME =
  /(^|_)(revenue|sales|amount|price|cost|costs|total|quantity|qty|units|betrag|umsatz|preis|menge|temp|temperature|score|duration|weight|fee|charge|balance)(_|$)/;

export const isCodeName = (name: string): boolean => CODE_NAME.test(name);

export const typeColumn = (survey: Survey, habits: Habits): TypedColumn => {
  const { present, numbers, dates, booleans } = survey;
  if (present === 0) return asText(survey);
  if (booleans === present) return asBooleans(survey);
  if (dates >= FIT * present && dates >= numbers) return asDates(survey, habits);
  const enough = QUANTITY_NAME.test(survey.name) ? 0.6 : FIT;
  if (numbers >= enough * present && !holdsCodes(survey)) return asNumbers(survey, habits);
  return asText(survey);
};

const holdsCodes = (survey: Survey): boolean => {
  if (survey.leadingZeros > CODE_SHARE * survey.present) return true;
  if (!CODE_NAME.test(survey.name)) return false;
  return survey.texts.some((text, code) => counted(survey, code) && !/^-?\d{1,18}$/.test(text));
};

const counted = (survey: Survey, code: number): boolean =>
  (survey.counts[code] ?? 0) > 0 && survey.missing[code] !== true;

const blank = (survey: Survey, type: ColumnType, storage: Storage): TypedColumn => ({
  type,
  storage,
  values: survey.texts.map(() => null),
  readings: survey.texts.map((_, code) =>
    survey.missing[code] === true ? "missing" : "unreadable",
  ),
  units: [],
  formats: [],
});

const set = (column: TypedColumn, code: number, value: string, text: string): void => {
  column.values[code] = value;
  column.readings[code] = value === text ? "as-is" : "repaired";
};

const asText = (survey: Survey): TypedColumn => {
  const column = blank(survey, "text", { kind: "VARCHAR" });
  for (const [code, text] of survey.texts.entries()) {
    if (survey.missing[code] !== true) set(column, code, text, text);
  }
  return column;
};

const asBooleans = (survey: Survey): TypedColumn => {
  const column = blank(survey, "boolean", { kind: "BOOLEAN" });
  for (const [code, text] of survey.texts.entries()) {
    const value = booleanOf(text);
    if (value !== undefined) set(column, code, String(value), String(value));
  }
  return column;
};

const asDates = (survey: Survey, habits: Habits): TypedColumn => {
  const own = majority(survey.orders, "mdy", "dmy");
  const order = own ?? habits.order ?? "mdy";
  const column = blank(survey, "date", { kind: "DATE" });
  const ambiguous: number[] = [];
  let timed = false;
  for (const [code, text] of survey.texts.entries()) {
    if (survey.missing[code] === true) continue;
    const date = dateOf(text, survey.name, order);
    if (date === undefined) continue;
    column.values[code] = date.iso;
    column.readings[code] = "as-is";
    column.formats[code] = date.format;
    if (!counted(survey, code)) continue;
    if (date.ambiguous === true) ambiguous.push(code);
    if (date.zone === true) column.zones = true;
    if (date.monthOnly === true) column.months = true;
    if (date.iso.length > 10 && !date.iso.endsWith("T00:00:00")) timed = true;
  }
  if (timed) {
    column.type = "timestamp";
    column.storage = { kind: "TIMESTAMP" };
  }
  column.values = column.values.map((value) => (value === null ? null : asMoment(value, timed)));
  if (ambiguous.length > 0) {
    const because = own !== undefined ? "column" : habits.order !== undefined ? "table" : "assumed";
    column.order = { order, because, codes: ambiguous };
  }
  return column;
};

const asMoment = (iso: string, timed: boolean): string => {
  if (!timed) return iso.slice(0, 10);
  return iso.length > 10 ? iso : `${iso}T00:00:00`;
};

const asNumbers = (survey: Survey, habits: Habits): TypedColumn => {
  const mark: DecimalMark = majority(survey.marks, "point", "comma") ?? habits.mark;
  const column = blank(survey, "integer", { kind: "BIGINT" });
  for (const [code, text] of survey.texts.entries()) {
    if (survey.missing[code] === true) continue;
    const number = parseNumber(text, mark);
    if (number === undefined) continue;
    set(column, code, number.plain, text);
    column.units[code] = number.unit;
  }
  const { whole, scale, exponent, zeros } = extent(survey, column);
  if (scale === 0 && !exponent) return column;
  // 5.0, 6.0: whole numbers that went through a program that knows only floats.
  if (scale === 1 && zeros && !exponent) {
    column.values = column.values.map((value) => value?.replace(/\.0$/, "") ?? null);
    return column;
  }
  column.type = "decimal";
  const exact = !exponent && scale <= DECIMAL_SCALE && whole + scale <= DECIMAL_DIGITS;
  column.storage = exact ? { kind: "DECIMAL", scale } : { kind: "DOUBLE" };
  // 12.5 and 12.50 are one value.
  const same = exact
    ? (value: string) => padded(value, scale)
    : (value: string) => String(Number(value));
  column.values = column.values.map((value) => (value === null ? null : same(value)));
  return column;
};

/** A value of a row that does not count (a total) may have more decimals: they are cut. */
const padded = (value: string, scale: number): string => {
  const [whole = "0", fraction = ""] = value.split(".");
  return `${whole}.${fraction.padEnd(scale, "0").slice(0, scale)}`;
};

const extent = (survey: Survey, column: TypedColumn) => {
  let whole = 1;
  let scale = 0;
  let exponent = false;
  let zeros = true;
  for (const [code, value] of column.values.entries()) {
    if (value === null || !counted(survey, code)) continue;
    if (value.includes("e")) exponent = true;
    const [digits = "", fraction = ""] = value.replace("-", "").split(".");
    whole = Math.max(whole, digits.length);
    scale = Math.max(scale, fraction.length);
    if (/[^0]/.test(fraction)) zeros = false;
  }
  return { whole, scale, exponent, zeros };
};
