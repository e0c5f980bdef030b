// What a goal comes to, follow-ups included: measures, breakdowns, period, comparisons. Pure data, from
// which the tasks are built.
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
import { columnMeasure, rowCount, usualAggregate } from "./measure-choice.ts";
import { lastComplete } from "./period-phrases.ts";
import { planComparison } from "./plan-comparison.ts";
import {
  dimensionOf,
  sameDimensions,
  type Breakdown,
  type Choice,
  type FilterChoice,
  type MeasureChoice,
  type Reading,
} from "./reading.ts";
import type { GoalSetting } from "./read-goal.ts";
import { currencyOf, isDimension, isMeasure } from "./schema.ts";
import { listed, stem, wordsOf } from "./words.ts";

export interface Intent {
  readonly setting: GoalSetting;
  readonly measures: readonly MeasureChoice[];
  readonly breakdowns: readonly Breakdown[];
  /** Units of the time series. */
  readonly units: readonly TimeUnit[];
  readonly period: DateRange | undefined;
  readonly periodComparisons: readonly Comparison[];
  /** How a comparison's label reads: `last_month` -> `August 2026`. */
  readonly labels: Readonly<Record<string, string>>;
  readonly comparesPlan: boolean;
  readonly filters: readonly FilterChoice[];
  readonly anomalies: boolean;
  readonly documents: readonly string[];
  readonly report: boolean;
  /** The breakdowns are ranked by growth. */
  readonly grows: boolean;
  readonly coverage: readonly { phrase: string; meaning: string }[];
  readonly notCovered: readonly string[];
  readonly assumptions: readonly string[];
  readonly questions: readonly Choice[];
}

interface Notes {
  readonly coverage: { phrase: string; meaning: string }[];
  readonly notCovered: string[];
  readonly assumptions: string[];
}

const removes = (removed: readonly string[], label: string): boolean =>
  removed.some((phrase) => wordsOf(phrase).some((word) => wordsOf(label).includes(word)));

/** A later reading changes an earlier one: adds measures and breakdowns, replaces period and grain. */
export const amended = (first: Reading, next: Reading): Reading => {
  const { removed } = next;
  const units = next.units.length > 0 ? next.units : first.units;
  const breakdowns = [
    ...first.breakdowns,
    ...next.breakdowns.filter((b) => !first.breakdowns.some((other) => sameDimensions(other, b))),
  ]
    .map((b) => next.breakdowns.find((other) => sameDimensions(other, b)) ?? b)
    .filter((b) => !b.dimensions.some(({ label }) => removes(removed, label)));
  const columns = new Set(next.filters.map(({ filter }) => filter.column));
  return {
    ...first,
    measures: [
      ...first.measures,
      ...next.measures.filter((m) => !first.measures.some(({ as }) => as === m.as)),
    ].filter(({ label }) => !removes(removed, label)),
    breakdowns,
    units: removes(removed, "trend series") ? [] : units,
    cadence: next.cadence ?? first.cadence,
    periods: next.periods.length > 0 ? next.periods : first.periods,
    comparisons: [
      ...first.comparisons,
      ...next.comparisons.filter(
        (c) => !first.comparisons.some((other) => other.phrase === c.phrase),
      ),
    ].filter(
      (c) =>
        !removes(
          removed,
          c.kind === "plan" ? `plan ${c.word} comparison` : `${c.phrase} comparison`,
        ),
    ),
    filters: [
      ...first.filters.filter(({ filter }) => !columns.has(filter.column)),
      ...next.filters,
    ],
    anomalies:
      (first.anomalies || next.anomalies) &&
      !removed.some(
        (phrase) =>
          stem(phrase.split(" ")[0] ?? "").startsWith("anomal") || phrase.startsWith("outlier"),
      ),
    documents: [...first.documents, ...next.documents],
    report: first.report || next.report,
    entity: first.entity || next.entity,
    growth: first.growth ?? next.growth,
    removed: [...first.removed, ...removed],
    coverage: [...first.coverage, ...next.coverage],
    notCovered: [...first.notCovered, ...next.notCovered],
    questions: [...first.questions, ...next.questions],
  };
};

/** True when a follow-up says anything that these rules can do. */
export const changesSomething = (reading: Reading): boolean =>
  reading.measures.length +
    reading.breakdowns.length +
    reading.units.length +
    reading.periods.length +
    reading.comparisons.length +
    reading.filters.length +
    reading.removed.length +
    reading.documents.length >
    0 || reading.anomalies;

const defaultMeasures = (
  { schema }: GoalSetting,
  reading: Reading,
  notes: Notes,
): MeasureChoice[] => {
  if (reading.measures.length > 0) return reading.measures;
  const count = rowCount(schema);
  const fields = schema.fields.filter(
    (field) => isMeasure(field) && field.column.role === "measure",
  );
  const money = fields.filter(
    (field) => currencyOf(field) !== undefined && usualAggregate(field) === "sum",
  );
  const choices = (money.length > 0 ? money : fields)
    .slice(0, 2)
    .map((field) => columnMeasure(field, usualAggregate(field)));
  // What is asked for may be among the words that no column answers: then rows are counted, no more.
  const unsure = reading.entity || reading.notCovered.length > 0 || choices.length === 0;
  const few = unsure ? [count] : choices.slice(0, 1);
  const many = reading.entity ? [count, ...choices] : [...choices, count];
  const chosen = reading.report ? many : few;
  notes.assumptions.push(
    `No figure is named in the goal; taken: ${listed(chosen.map(({ label }) => label))}.`,
  );
  return chosen;
};

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

const choosePeriod = (
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
const comparePeriods = (
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

const planCompared = (
  setting: GoalSetting,
  reading: Reading,
  measures: readonly MeasureChoice[],
  notes: Notes,
): boolean => {
  const wanted = reading.comparisons.find(({ kind }) => kind === "plan");
  if (wanted === undefined) return false;
  if (setting.plan === undefined) {
    notes.notCovered.push(`${wanted.phrase} (no table holds a plan)`);
    return false;
  }
  if (reading.filters.length > 0) {
    notes.notCovered.push(`${wanted.phrase} (the plan cannot be filtered the same way)`);
    return false;
  }
  const found = planComparison(setting.schema, setting.plan, measures, [], undefined);
  if (found === undefined) {
    notes.notCovered.push(
      `${wanted.phrase} (table ${setting.plan.table.name} has no figure to compare)`,
    );
    return false;
  }
  const { measures: pairs } = found as Extract<Comparison, { kind: "table" }>;
  notes.coverage.push({
    phrase: wanted.phrase,
    meaning: `compared with ${listed(Object.values(pairs))} of table ${setting.plan.table.name}`,
  });
  return true;
};

const seriesUnits = (
  setting: GoalSetting,
  reading: Reading,
  period: DateRange | undefined,
): TimeUnit[] => {
  const { first, last } = setting.schema;
  if (first === undefined || last === undefined) return [];
  const span = daysIn({ from: first, to: addUnits(last, "day", 1) });
  const automatic: TimeUnit = span >= 80 ? "month" : span >= 21 ? "week" : "day";
  const units = reading.units.map((unit) => (unit === "auto" ? automatic : unit));
  const removed = removes(reading.removed, "trend series");
  if (units.length === 0 && reading.report && !removed && span >= 80)
    units.push(period === undefined || daysIn(period) >= 28 ? "month" : "week");
  return [...new Set(units)];
};

const anomalyFallback = (setting: GoalSetting, reading: Reading): Breakdown[] => {
  if (!reading.report || reading.breakdowns.length > 0) return reading.breakdowns;
  const field = setting.schema.fields.find(
    (each) =>
      isDimension(each) && !each.flag && each.column.distinct >= 2 && each.column.distinct <= 30,
  );
  return field === undefined ? [] : [{ dimensions: [dimensionOf(field)] }];
};

/** What a reading comes to. */
export const intentOf = (reading: Reading, setting: GoalSetting): Intent => {
  const notes: Notes = {
    coverage: [...reading.coverage],
    notCovered: [...reading.notCovered],
    assumptions: [...reading.assumptions],
  };
  const measures = defaultMeasures(setting, reading, notes);
  const base = choosePeriod(setting, reading, notes);
  const { period, comparisons, labels } = comparePeriods(setting, reading, base, notes);
  const comparesPlan = planCompared(setting, reading, measures, notes);
  const breakdowns = anomalyFallback(setting, reading);
  const [shown] = breakdowns;
  if (reading.breakdowns.length === 0 && shown !== undefined) {
    notes.assumptions.push(
      `No breakdown is named: the figures are shown by ${shown.dimensions[0]?.label ?? ""}.`,
    );
  }
  const units = seriesUnits(setting, reading, period);
  if (reading.units.length > 0 && units.length === 0)
    notes.notCovered.push("the time series (the data have no dates)");
  return {
    setting,
    measures,
    breakdowns: breakdowns.map((b) =>
      b.ranking === undefined &&
      reading.ranking !== undefined &&
      b.dimensions.length === 1 &&
      b.unit === undefined
        ? { ...b, ranking: reading.ranking }
        : b,
    ),
    units,
    period,
    periodComparisons: comparisons,
    labels: { ...labels, plan: "the plan" },
    comparesPlan,
    filters: reading.filters,
    anomalies: reading.anomalies,
    documents: reading.documents,
    report: reading.report,
    grows:
      reading.growth !== undefined &&
      reading.breakdowns.some(({ ranking }) => ranking !== undefined),
    coverage: notes.coverage,
    notCovered: [...new Set(notes.notCovered)],
    assumptions: [...new Set(notes.assumptions)],
    questions: reading.questions,
  };
};
