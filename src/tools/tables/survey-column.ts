// First look at a column: what its distinct texts could be, and what they prove about the file's habits.
import { isMissing, isRegionCode } from "./missing-text.ts";
import { compactDate, excelSerialDate, parseDate } from "./parse-date.ts";
import type { DateOrder, ParsedDate } from "./parse-date.ts";
import { parseNumber } from "./parse-number.ts";
import type { DecimalMark, ParsedNumber } from "./parse-number.ts";
import { BLANK } from "./text-grid.ts";
import type { TextColumn } from "./text-grid.ts";

export interface Survey {
  name: string;
  texts: readonly string[];
  /** Rows per distinct text, among the rows that count. */
  counts: Int32Array;
  missing: readonly boolean[];
  /** Cells that hold something. */
  present: number;
  numbers: number;
  dates: number;
  booleans: number;
  leadingZeros: number;
  /** Cells that only fit one decimal mark, one date order. */
  marks: Record<DecimalMark, number>;
  orders: Record<DateOrder, number>;
}

/** What a whole table proves, for columns that prove nothing themselves. */
export interface Habits {
  mark: DecimalMark;
  order: DateOrder | undefined;
}

const DATE_NAME = /(^|_)(date|datum|fecha|day|dated)(_|$)/;
const YES_NO = new Map<string, boolean>();
for (const word of ["true", "yes", "y", "ja", "wahr", "oui", "vrai", "si", "sí"])
  YES_NO.set(word, true);
for (const word of ["false", "no", "n", "nein", "falsch", "non", "faux"]) YES_NO.set(word, false);

const SAMPLE = 400;

export const booleanOf = (text: string): boolean | undefined =>
  text.length > 6 ? undefined : YES_NO.get(text.toLowerCase());

/** A date in the light of its column's name: `20260905` and `45910` are dates only in a date column. */
export const dateOf = (
  text: string,
  name: string,
  order: DateOrder | undefined,
): ParsedDate | undefined => {
  const parsed = parseDate(text, order);
  if (parsed !== undefined || !DATE_NAME.test(name)) return parsed;
  const compact = compactDate(text);
  if (compact !== undefined) return { iso: compact, format: "YYYYMMDD" };
  const serial = excelSerialDate(text);
  return serial === undefined ? undefined : { iso: serial, format: "Excel day number" };
};

/** How many of `rows` hold each distinct text. */
export const countTexts = (column: TextColumn, rows: Int32Array): Int32Array => {
  const counts = new Int32Array(column.texts.length);
  for (const row of rows) {
    const code = column.codes[row] ?? BLANK;
    if (code !== BLANK) counts[code]! += 1;
  }
  return counts;
};

export const surveyColumn = (name: string, column: TextColumn, rows: Int32Array): Survey => {
  const counts = countTexts(column, rows);
  const { texts } = column;
  const few = texts.length <= 60 ? texts.filter((_, code) => (counts[code] ?? 0) > 0) : [];
  const missing = texts.map((text) => isMissing(text) && !isRegionCode(text, few));
  const survey: Survey = {
    name,
    texts,
    counts,
    missing,
    present: 0,
    numbers: 0,
    dates: 0,
    booleans: 0,
    leadingZeros: 0,
    marks: { point: 0, comma: 0 },
    orders: { dmy: 0, mdy: 0 },
  };
  const used = texts.flatMap((_, code) =>
    (counts[code] ?? 0) > 0 && !missing[code] ? [code] : [],
  );
  const tryNumbers = anyOf(used, (code) => parseNumber(texts[code] as string) !== undefined);
  const tryDates = anyOf(
    used,
    (code) => dateOf(texts[code] as string, name, undefined) !== undefined,
  );
  for (const code of used) {
    const text = texts[code] as string;
    const count = counts[code] as number;
    survey.present += count;
    if (booleanOf(text) !== undefined) survey.booleans += count;
    if (tryNumbers) addNumber(survey, parseNumber(text), count);
    if (tryDates) addDate(survey, dateOf(text, name, undefined), count);
  }
  return survey;
};

const addNumber = (survey: Survey, parsed: ParsedNumber | undefined, count: number): void => {
  if (parsed === undefined) return;
  survey.numbers += count;
  if (parsed.leadingZero === true) survey.leadingZeros += count;
  if (parsed.proves !== undefined) survey.marks[parsed.proves] += count;
};

const addDate = (survey: Survey, parsed: ParsedDate | undefined, count: number): void => {
  if (parsed === undefined) return;
  survey.dates += count;
  if (parsed.proves !== undefined) survey.orders[parsed.proves] += count;
};

/** Whether any of an even sample fits: most columns of a long table are clearly not dates. */
const anyOf = (codes: readonly number[], fits: (code: number) => boolean): boolean => {
  const step = Math.max(1, Math.floor(codes.length / SAMPLE));
  for (let at = 0; at < codes.length; at += step) if (fits(codes[at] as number)) return true;
  return false;
};

/** Share of cells that must fit a type; the rest becomes missing and is reported. */
export const FIT = 0.8;

export const habitsOf = (surveys: readonly Survey[], commaLocale: boolean): Habits => {
  const marks = { point: 0, comma: 0 };
  const orders = { dmy: 0, mdy: 0 };
  for (const survey of surveys) {
    if (survey.numbers >= FIT * survey.present) {
      marks.point += survey.marks.point;
      marks.comma += survey.marks.comma;
    }
    if (survey.dates >= FIT * survey.present) {
      orders.dmy += survey.orders.dmy;
      orders.mdy += survey.orders.mdy;
    }
  }
  const mark = majority(marks, "point", "comma") ?? (commaLocale ? "comma" : "point");
  const order = majority(orders, "mdy", "dmy") ?? (mark === "comma" ? "dmy" : undefined);
  return { mark, order };
};

/** The one with more votes; undefined on a tie. */
export const majority = <K extends string>(
  votes: Record<K, number>,
  first: K,
  second: K,
): K | undefined =>
  votes[first] === votes[second] ? undefined : votes[first] > votes[second] ? first : second;
