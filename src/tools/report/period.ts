// The period a report is about, in words, from the queries behind its tables.
import type { Period, ResultTable } from "../../protocol/index.ts";

const DAY = 86_400_000;

const monthName = (date: Date): string =>
  date.toLocaleDateString("en-GB", { month: "long", year: "numeric", timeZone: "UTC" });
const dayName = (date: Date): string =>
  date.toLocaleDateString("en-GB", {
    day: "numeric",
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  });

/** `September 2026`, `July 2026 – September 2026`, `2026`, or the first and the last day. */
export const periodText = ({ from, to }: Pick<Period, "from" | "to">): string => {
  const first = new Date(`${from}T00:00:00Z`);
  const end = new Date(`${to}T00:00:00Z`);
  const last = new Date(end.getTime() - DAY);
  const wholeMonths = from.endsWith("-01") && to.endsWith("-01");
  if (!wholeMonths) return `${dayName(first)} – ${dayName(last)}`;
  if (from.endsWith("-01-01") && to.endsWith("-01-01")) {
    const [a, b] = [first.getUTCFullYear(), last.getUTCFullYear()];
    return a === b ? `${a}` : `${a} – ${b}`;
  }
  return monthName(first) === monthName(last)
    ? monthName(first)
    : `${monthName(first)} – ${monthName(last)}`;
};

/** The period that most of the tables were computed for, or undefined when none says. */
export const periodOf = (tables: readonly ResultTable[]): string | undefined => {
  const counts = new Map<string, number>();
  for (const { query } of tables) {
    if (query?.period === undefined) continue;
    const text = periodText(query.period);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
};
