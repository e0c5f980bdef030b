// Days as `YYYY-MM-DD`, and the buckets and ranges made of them. No time zones: data has none.
import type { z } from "zod";
import type { TimeUnit } from "../protocol/index.ts";

export type Unit = z.infer<typeof TimeUnit>;
/** Half open: `from` <= day < `to`. */
export interface Range {
  readonly from: string;
  readonly to: string;
}

const DAY = 86_400_000;
const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
const two = (value: number): string => String(value).padStart(2, "0");

export const addDays = (day: string, days: number): string => dayOf(Date.parse(day) + days * DAY);

/** The day some months later; the 31st becomes the last day of a shorter month. */
export const addMonths = (day: string, months: number): string => {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  const index = year * 12 + month - 1 + months;
  const target = { year: Math.floor(index / 12), month: (index % 12) + 1 };
  const last = new Date(Date.UTC(target.year, target.month, 0)).getUTCDate();
  return `${String(target.year).padStart(4, "0")}-${two(target.month)}-${two(Math.min(date, last))}`;
};

const mondays = new Map<string, string>();
const mondayOf = (day: string): string => {
  const known = mondays.get(day);
  if (known !== undefined) return known;
  const monday = addDays(day, -((new Date(Date.parse(day)).getUTCDay() + 6) % 7));
  if (mondays.size > 20_000) mondays.clear();
  mondays.set(day, monday);
  return monday;
};

/** First day of the bucket a date or timestamp falls into; weeks begin on Monday. */
export const bucketOf = (value: string, unit: Unit): string => {
  const year = value.slice(0, 4);
  switch (unit) {
    case "day":
      return value.slice(0, 10);
    case "week":
      return mondayOf(value.slice(0, 10));
    case "month":
      return `${value.slice(0, 7)}-01`;
    case "quarter":
      return `${year}-${two(Math.floor((Number(value.slice(5, 7)) - 1) / 3) * 3 + 1)}-01`;
    default:
      return `${year}-01-01`;
  }
};

/** The range of the bucket that begins on a day. */
export const rangeOfBucket = (first: string, unit: Unit): Range => ({
  from: first,
  to: shift(first, unit, 1),
});

export const shift = (day: string, unit: Unit, count: number): string => {
  switch (unit) {
    case "day":
      return addDays(day, count);
    case "week":
      return addDays(day, 7 * count);
    case "month":
      return addMonths(day, count);
    case "quarter":
      return addMonths(day, 3 * count);
    default:
      return addMonths(day, 12 * count);
  }
};

export const overlaps = (left: Range, right: Range): boolean =>
  left.from < right.to && right.from < left.to;

export const contains = (outer: Range, inner: Range): boolean =>
  outer.from <= inner.from && inner.to <= outer.to;

/** `2026-09-01..2026-09-30`, with the last day included, as people read it. */
export const describeRange = ({ from, to }: Range): string => `${from}..${addDays(to, -1)}`;
