// The period of the figures, and the periods they are compared with.
import type { Comparison, TimeUnit } from "../../protocol/index.ts";
import {
  addUnits,
  bucketOf,
  daysIn,
  rangeLabel,
  shifted,
  startOf,
  unitOf,
  type DateRange,
} from "./calendar.ts";
import type { ComparisonPhrase } from "./comparison-phrases.ts";
import { lastComplete } from "./period-phrases.ts";
import type { GoalSetting } from "./read-goal.ts";
import type { Reading } from "./reading.ts";

/** What the steps of understanding say to the reader of the plan. */
export interface Notes {
  readonly coverage: { phrase: string; meaning: string }[];
  readonly notCovered: string[];
  readonly assumptions: string[];
}

const cadenceOf = (reading: Reading): TimeUnit | undefined => {
  if (reading.cadence !== undefined) return reading.cadence;
  const before = reading.comparisons.find((c) => c.kind === "before");
  if (before?.kind === "before" && reading.units.length === 0) {
    return before.unit === "year" || before.unit === "period" ? "month" : before.unit;
  }
  return reading.growth !== undefined && reading.units.length === 0 && reading.report
    ? "month"
    : undefined;
};

/** Says so when the data hold only a part of a range. */
const partly = ({ schema: { first, last } }: GoalSetting, range: DateRange): string[] => {
  if (first === undefined || last === undefined || range.to <= first || range.from > last)
    return [];
  const unit = unitOf(range) ?? "month";
  const late = startOf("month", first) > range.from && unit !== "day" && unit !== "week";
  const early = bucketOf("month", last).to < range.to;
  return [
    ...(late ? [`Of ${rangeLabel(range)} the data hold only what comes after ${first}.`] : []),
    ...(early
      ? [
          `Of ${rangeLabel(range)} the data hold only what comes before ${addUnits(last, "day", 1)}.`,
        ]
      : []),
  ];
};

/** The period a goal names, or the one its rhythm and comparisons imply; undefined: all rows. */
export const choosePeriod = (
  setting: GoalSetting,
  reading: Reading,
  notes: Notes,
): DateRange | undefined => {
  const { schema, plan, today } = setting;
  const context = { today, first: schema.first, last: schema.last };
  const named = reading.periods
    .map(({ range }) => range)
    .sort((a, b) => b.from.localeCompare(a.from))[0];
  if (schema.time === undefined || schema.last === undefined) {
    if (named !== undefined) notes.notCovered.push(...reading.periods.map(({ phrase }) => phrase));
    return undefined;
  }
  if (named !== undefined) {
    if (named.from > schema.last || named.to <= (schema.first ?? "")) {
      notes.assumptions.push(
        `The data hold no rows of ${rangeLabel(named)}: they run from ${schema.first ?? ""} to ${schema.last}.`,
      );
    } else notes.assumptions.push(...partly(setting, named));
    return named;
  }
  const unit = cadenceOf(reading) ?? (reading.anomalies && !reading.report ? "month" : undefined);
  if (unit !== undefined) {
    const range = lastComplete(context, unit);
    notes.assumptions.push(
      `No period is named: the last complete ${unit}, ${rangeLabel(range)}, was taken.`,
    );
    return range;
  }
  if (
    reading.comparisons.some(({ kind }) => kind === "plan") &&
    plan?.first !== undefined &&
    plan.last !== undefined
  ) {
    const from = startOf(
      "month",
      [schema.first ?? plan.first, plan.first].sort().at(-1) ?? plan.first,
    );
    const to =
      [lastComplete(context, "month").to, bucketOf("month", plan.last).to].sort()[0] ?? plan.last;
    if (from < to) {
      notes.assumptions.push(
        `No period is named: the months that data and plan share, ${rangeLabel({ from, to })}, were taken.`,
      );
      return { from, to };
    }
  }
  notes.assumptions.push(
    `No period is named: all rows, ${schema.first ?? ""} to ${schema.last}, were taken.`,
  );
  // Rows without a date (a ticket that is still open) have not had the event that dates the others.
  return schema.time.column.missing > 0 && schema.first !== undefined
    ? { from: schema.first, to: addUnits(schema.last, "day", 1) }
    : undefined;
};

const beforeRange = (
  period: DateRange,
  unit: TimeUnit | "period",
): { range: DateRange; label: string } => {
  const own = unitOf(period);
  if (unit !== "period") return { range: shifted(period, unit, -1), label: `last_${unit}` };
  if (own !== undefined) return { range: shifted(period, own, -1), label: "previous_period" };
  const months = (["year", "quarter", "month"] as const).find(
    (each) => startOf(each, period.from) === period.from && startOf(each, period.to) === period.to,
  );
  if (months === undefined)
    return {
      range: { from: addUnits(period.from, "day", -daysIn(period)), to: period.from },
      label: "previous_period",
    };
  let count = 1;
  while (addUnits(period.from, months, count) < period.to) count += 1;
  return { range: shifted(period, months, -count), label: "previous_period" };
};

interface Comparing {
  period: DateRange | undefined;
  comparisons: Comparison[];
  labels: Record<string, string>;
}

/** Turns comparands into ranges; a named range that is later than the period changes places with it. */
export const comparePeriods = (
  setting: GoalSetting,
  reading: Reading,
  base: DateRange | undefined,
  notes: Notes,
): Comparing => {
  const result: Comparing = { period: base, comparisons: [], labels: {} };
  const wanted: ComparisonPhrase[] = [...reading.comparisons];
  if (
    wanted.length === 0 &&
    reading.growth !== undefined &&
    base !== undefined &&
    reading.units.length === 0
  ) {
    wanted.push({ kind: "before", unit: "period", phrase: reading.growth });
  }
  const others = reading.periods.filter(
    ({ range }) => range.from !== base?.from || range.to !== base.to,
  );
  for (const { range, phrase } of others) {
    wanted.push({
      kind: "range",
      range,
      label: `in_${rangeLabel(range)
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, "_")}`,
      phrase,
    });
  }
  for (const comparison of wanted) {
    if (comparison.kind === "plan") continue;
    if (result.period === undefined) {
      notes.notCovered.push(`${comparison.phrase} (the data have no period to compare)`);
      continue;
    }
    let { range, label } =
      comparison.kind === "range" ? comparison : beforeRange(result.period, comparison.unit);
    if (comparison.kind === "range" && range.from > result.period.from) {
      [range, result.period] = [result.period, range];
      label = `in_${rangeLabel(range)
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, "_")}`;
    }
    if (range.to <= (setting.schema.first ?? "")) {
      notes.notCovered.push(
        `${comparison.phrase} (the data begin on ${setting.schema.first ?? ""})`,
      );
      continue;
    }
    if (
      result.comparisons.some(
        (other) => other.kind === "period" && other.from === range.from && other.to === range.to,
      )
    )
      continue;
    notes.assumptions.push(...partly(setting, range));
    result.comparisons.push({ kind: "period", label, ...range });
    result.labels[label] = rangeLabel(range);
    notes.coverage.push({
      phrase: comparison.phrase,
      meaning: `compared with ${rangeLabel(range)}`,
    });
  }
  return result;
};
