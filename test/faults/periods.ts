// Dates of another period, in SQL and in words.
import type { MetricQuery, Period } from "../../src/protocol/index.ts";

const MONTH_NAMES = [
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
];

/** `YYYY-MM-DD` some months away; the day is cut to 28. */
export const shiftMonths = (date: string, months: number): string => {
  const [year, month, day] = date.split("-").map(Number) as [number, number, number];
  return new Date(Date.UTC(year, month - 1 + months, Math.min(day, 28))).toISOString().slice(0, 10);
};

/** `April 2026`. */
export const monthInWords = (date: string): string =>
  `${MONTH_NAMES[Number(date.slice(5, 7)) - 1]} ${date.slice(0, 4)}`;

const ISO_DATE = /\b\d{4}-\d{2}-\d{2}\b/g;

/** The SQL with every date in it moved; undefined when it has none. */
export const shiftSql = (sql: string, months: number): string | undefined => {
  const shifted = sql.replace(ISO_DATE, (date) => shiftMonths(date, months));
  return shifted === sql ? undefined : shifted;
};

export const periodOf = (query: MetricQuery | undefined): Period | undefined => query?.period;

const shiftPeriod = (period: Period, months: number): Period => ({
  ...period,
  from: shiftMonths(period.from, months),
  to: shiftMonths(period.to, months),
});

export const shiftQuery = (query: MetricQuery, months: number): MetricQuery => {
  if (query.kind === "anomalies") {
    return { ...query, period: shiftPeriod(query.period, months) };
  }
  return query.period === undefined
    ? query
    : { ...query, period: shiftPeriod(query.period, months) };
};
