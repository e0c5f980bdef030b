// A plan or budget table joined to the figures: which of its columns is whose counterpart.
import type { Comparison, Measure } from "../../protocol/index.ts";
import type { DateRange } from "./calendar.ts";
import type { DimensionChoice, MeasureChoice } from "./reading.ts";
import {
  isDimension,
  isMeasure,
  isPlanWord,
  matchScore,
  type Field,
  type TableSchema,
} from "./schema.ts";

const named = (schema: TableSchema, column: string): Field | undefined =>
  schema.fields.find((field) => field.column.name === column);

const sharesValues = (a: Field, b: Field): boolean =>
  a.column.examples.length > 0 &&
  a.column.examples.some((cell) => cell !== null && b.column.examples.includes(cell));

/** The plan's column with the same values or name as a dimension. */
const counterpart = (own: Field, plan: TableSchema): Field | undefined => {
  const fields = plan.fields.filter(isDimension);
  return (
    fields.find((field) => field.column.name === own.column.name) ??
    fields.find(
      (field) => own.variants[0] !== undefined && matchScore(own.variants[0], field) >= 90,
    ) ??
    fields.find((field) => sharesValues(own, field))
  );
};

const planWords = (field: Field): string[] => {
  const words = (field.variants[0] ?? []).filter((word) => !isPlanWord(word));
  return words.length > 0 ? words : ["amount"];
};

const planColumn = (
  own: TableSchema,
  measure: Measure,
  plan: TableSchema,
  onlyOne: boolean,
): Field | undefined => {
  const of = "aggregate" in measure && measure.aggregate === "sum" ? measure.of : undefined;
  if (of === undefined) return undefined;
  const source = "column" in of ? named(own, of.column) : undefined;
  const figures = plan.fields.filter(isMeasure);
  const stripped = figures.map((field) => ({
    field,
    as: { ...field, variants: [planWords(field)] },
  }));
  const words = source?.variants[0] ?? [measure.as];
  const concept = source?.concept?.id ?? measure.as;
  const match = stripped.find(
    ({ as }) => matchScore(words, as) >= 66 || matchScore([concept], as) >= 90,
  );
  if (match !== undefined) return match.field;
  return onlyOne && figures.length === 1 && measure.format === "money" ? figures[0] : undefined;
};

/**
 * The comparison of some measures with a plan on some dimensions; undefined when the plan lacks a
 * dimension or has no counterpart of any measure.
 */
export const planComparison = (
  own: TableSchema,
  plan: TableSchema,
  choices: readonly MeasureChoice[],
  dimensions: readonly DimensionChoice[],
  period: DateRange | undefined,
): Comparison | undefined => {
  const on = dimensions.map(({ column }) => {
    const field = named(own, column);
    return {
      dimension: column,
      column: field === undefined ? undefined : counterpart(field, plan)?.column.name,
    };
  });
  const joined = on.flatMap(({ dimension, column }) =>
    column === undefined ? [] : [{ dimension, column }],
  );
  if (joined.length < on.length) return undefined;
  const measures = choices.flatMap(({ measures: parts }) => parts);
  const sums = measures.filter((measure) => "aggregate" in measure && measure.aggregate === "sum");
  const pairs = sums.flatMap((measure) => {
    const field = planColumn(own, measure, plan, sums.length === 1);
    return field === undefined ? [] : [[measure.as, field.column.name] as const];
  });
  if (pairs.length === 0) return undefined;
  const time = plan.time?.column.name;
  if (period !== undefined && time === undefined) return undefined;
  return {
    kind: "table",
    label: "plan",
    table: plan.table.name,
    measures: Object.fromEntries(pairs),
    on: joined,
    ...(period === undefined || time === undefined ? {} : { time: { column: time, ...period } }),
  };
};
