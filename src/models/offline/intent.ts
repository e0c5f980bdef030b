// What a goal comes to, follow-ups included: measures, breakdowns, period, comparisons. Pure data, from
// which the tasks are built.
import type { Comparison, TimeUnit } from "../../protocol/index.ts";
import { removes } from "./amend-reading.ts";
import { addUnits, daysIn, type DateRange } from "./calendar.ts";
import { choosePeriod, comparePeriods, type Notes } from "./choose-period.ts";
import { columnMeasure, rowCount, usualAggregate } from "./measure-choice.ts";
import { planComparison } from "./plan-comparison.ts";
import {
  dimensionOf,
  type Breakdown,
  type Choice,
  type FilterChoice,
  type MeasureChoice,
  type Reading,
} from "./reading.ts";
import type { GoalSetting } from "./read-goal.ts";
import { currencyOf, isDimension, isMeasure } from "./schema.ts";
import { listed } from "./words.ts";

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
