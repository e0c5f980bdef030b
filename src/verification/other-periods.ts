// Which other period a query could have been answered for by mistake.
import type { MetricQuery } from "../protocol/index.ts";
import { type Range, shift, type Unit } from "./calendar.ts";

export interface OtherPeriod {
  readonly range: Range;
  readonly name: string;
}

const moved = ({ from, to }: Range, unit: Unit, count: number): Range => ({
  from: shift(from, unit, count),
  to: shift(to, unit, count),
});

const lengthInDays = ({ from, to }: Range): number =>
  Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);

/** Comparison periods first, then the neighbours by day, month, quarter and year, then all time. */
export const otherPeriods = (query: MetricQuery): OtherPeriod[] => {
  const { period } = query;
  if (period === undefined) return [];
  const own: Range = { from: period.from, to: period.to };
  const days = lengthInDays(own);
  const compared = query.kind === "aggregate" ? query.comparisons : [];
  const candidates: OtherPeriod[] = [
    ...compared.flatMap((comparison) =>
      comparison.kind === "period"
        ? [{ range: { from: comparison.from, to: comparison.to }, name: comparison.label }]
        : [],
    ),
    { range: moved(own, "month", -1), name: "a month earlier" },
    { range: moved(own, "month", 1), name: "a month later" },
    { range: moved(own, "year", -1), name: "a year earlier" },
    { range: moved(own, "year", 1), name: "a year later" },
    { range: moved(own, "quarter", -1), name: "a quarter earlier" },
    { range: moved(own, "quarter", 1), name: "a quarter later" },
    { range: moved(own, "day", -days), name: "the period before" },
    { range: moved(own, "day", days), name: "the period after" },
    { range: { from: own.from, to: shift(own.to, "day", 1) }, name: "a day too many at the end" },
    { range: { from: own.from, to: shift(own.to, "day", -1) }, name: "without the last day" },
    {
      range: { from: shift(own.from, "day", -1), to: own.to },
      name: "a day too many at the start",
    },
    { range: { from: shift(own.from, "day", 1), to: own.to }, name: "without the first day" },
    { range: { from: "0001-01-01", to: own.to }, name: "everything up to the end" },
    { range: { from: "0001-01-01", to: "9999-12-31" }, name: "all time" },
  ];
  const seen = new Set([`${own.from}${own.to}`]);
  return candidates.filter(({ range }) => {
    const key = `${range.from}${range.to}`;
    const isNew = range.from < range.to && !seen.has(key);
    seen.add(key);
    return isNew;
  });
};
