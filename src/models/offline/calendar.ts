// Date arithmetic on `YYYY-MM-DD`, without time zones.
import type { TimeUnit } from "../../protocol/index.ts";

/** Half open: `from` <= day < `to`. */
export interface DateRange {
  readonly from: string;
  readonly to: string;
}

const utc = (iso: string): Date => new Date(`${iso.slice(0, 10)}T00:00:00Z`);
const isoOf = (date: Date): string => date.toISOString().slice(0, 10);

export const addDays = (iso: string, days: number): string => {
  const date = utc(iso);
  date.setUTCDate(date.getUTCDate() + days);
  return isoOf(date);
};

/** Keeps the day where the month has it, else takes the month's last day. */
export const addMonths = (iso: string, months: number): string => {
  const date = utc(iso);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, last));
  return isoOf(date);
};

const MONTHS_OF: Readonly<Record<"month" | "quarter" | "year", number>> = {
  month: 1,
  quarter: 3,
  year: 12,
};

export const addUnits = (iso: string, unit: TimeUnit, count: number): string =>
  unit === "day"
    ? addDays(iso, count)
    : unit === "week"
      ? addDays(iso, 7 * count)
      : addMonths(iso, MONTHS_OF[unit] * count);

/** First day of the bucket that holds a day; weeks begin on Monday. */
export const startOf = (unit: TimeUnit, iso: string): string => {
  const day = iso.slice(0, 10);
  if (unit === "day") return day;
  if (unit === "week") return addDays(day, -((utc(day).getUTCDay() + 6) % 7));
  const [year = "1970", month = "01"] = day.split("-");
  if (unit === "year") return `${year}-01-01`;
  if (unit === "month") return `${year}-${month}-01`;
  return monthStart(Number(year), 3 * Math.floor((Number(month) - 1) / 3) + 1);
};

/** `month` counts from 1. */
export const monthStart = (year: number, month: number): string =>
  `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-01`;

/** The bucket that holds a day. */
export const bucketOf = (unit: TimeUnit, iso: string): DateRange => {
  const from = startOf(unit, iso);
  return { from, to: addUnits(from, unit, 1) };
};

export const shifted = (range: DateRange, unit: TimeUnit, count: number): DateRange => ({
  from: addUnits(range.from, unit, count),
  to: addUnits(range.to, unit, count),
});

export const daysIn = (range: DateRange): number =>
  Math.round((utc(range.to).getTime() - utc(range.from).getTime()) / 86_400_000);

/** The unit of which a range is exactly one bucket. */
export const unitOf = (range: DateRange): TimeUnit | undefined =>
  (["day", "week", "month", "quarter", "year"] as const).find(
    (unit) =>
      startOf(unit, range.from) === range.from && addUnits(range.from, unit, 1) === range.to,
  );

export const MONTH_NAMES = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

/** `September 2026`, `Q3 2026`, `2026`, `14 September 2026`, `June 2026 to September 2026`, else `2026-09-01 to 2026-09-20`. */
export const rangeLabel = (range: DateRange): string => {
  const unit = unitOf(range);
  const [year = "", month = "", day = ""] = range.from.split("-");
  const name = MONTH_NAMES[Number(month) - 1] ?? month;
  if (unit === "year") return year;
  if (unit === "quarter") return `Q${Math.ceil(Number(month) / 3)} ${year}`;
  if (unit === "month") return `${name} ${year}`;
  if (unit === "day") return `${Number(day)} ${name} ${year}`;
  if (unit === "week") return `week of ${Number(day)} ${name} ${year}`;
  if (startOf("month", range.from) === range.from && startOf("month", range.to) === range.to) {
    return `${name} ${year} to ${rangeLabel(bucketOf("month", addDays(range.to, -1)))}`;
  }
  return `${range.from} to ${addDays(range.to, -1)}`;
};
