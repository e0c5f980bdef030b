// Measures made from columns: sums, averages, rates, counts, margins and ratios.
import type { Measure, RowExpression } from "../../protocol/index.ts";
import { currencyOf, isAveraged, isMeasure, type Field, type TableSchema } from "./schema.ts";
import type { MeasureChoice } from "./reading.ts";
import { snake, stem } from "./words.ts";

type Aggregate = Extract<Measure, { aggregate: string }>["aggregate"];

const BAD_WHEN_HIGH = new Set([
  "cost",
  "response-time",
  "resolution-time",
  "waiting-time",
  "no-show",
  "breach",
  "reopened",
  "alarm",
  "escalation",
  "discount",
]);

const PREFIX: Readonly<Record<Aggregate, string>> = {
  sum: "",
  avg: "average ",
  min: "lowest ",
  max: "highest ",
  median: "median ",
  count: "number of ",
  count_distinct: "distinct ",
};
const NAME_PREFIX: Readonly<Record<Aggregate, string>> = {
  sum: "",
  avg: "avg_",
  min: "min_",
  max: "max_",
  median: "median_",
  count: "count_",
  count_distinct: "distinct_",
};

const figureFormat = (field: Field, aggregate: Aggregate): Pick<Measure, "format" | "unit"> => {
  const unit = currencyOf(field) ?? field.unit;
  const whole = field.column.type === "integer" && ["sum", "min", "max"].includes(aggregate);
  const format = currencyOf(field) !== undefined ? "money" : whole ? "integer" : "number";
  return unit === undefined ? { format } : { format, unit };
};

export const usualAggregate = (field: Field): "sum" | "avg" => (isAveraged(field) ? "avg" : "sum");

/** One aggregate of one column. */
export const columnMeasure = (field: Field, aggregate: Aggregate): MeasureChoice => {
  const as = snake(`${NAME_PREFIX[aggregate]}${field.label}`);
  return {
    as,
    label: `${PREFIX[aggregate]}${field.label}`,
    measures: [{ as, ...figureFormat(field, aggregate), aggregate, of: expressionOf(field) }],
    highIsBad: field.concept !== undefined && BAD_WHEN_HIGH.has(field.concept.id),
    additive: aggregate === "sum",
  };
};

const expressionOf = (field: Field): RowExpression => ({ column: field.column.name });

/** Share of rows where a yes-or-no column is true. */
export const rateMeasure = (field: Field): MeasureChoice => {
  const label = `${field.label.replace(/ed$/, "ed")} rate`;
  const as = snake(label);
  return {
    as,
    label,
    measures: [{ as, format: "percent", aggregate: "avg", of: expressionOf(field) }],
    highIsBad: true,
    additive: false,
  };
};

/** Number of rows where a yes-or-no column is true. */
export const flagCount = (field: Field): MeasureChoice => {
  const as = snake(`${field.label} count`);
  return {
    as,
    label: `number of ${field.label}`,
    measures: [{ as, format: "integer", aggregate: "sum", of: expressionOf(field) }],
    highIsBad: true,
    additive: true,
  };
};

export const plural = (word: string): string =>
  /(?:s|x|ch|sh)$/.test(word)
    ? `${word}es`
    : /[^aeiou]y$/.test(word)
      ? `${word.slice(0, -1)}ies`
      : `${word}s`;

/** Number of rows. */
export const rowCount = (schema: TableSchema): MeasureChoice => {
  const name = schema.entity.concept?.id ?? schema.entity.words.join(" ");
  const label = plural(stem(name).replaceAll("-", " "));
  const as = snake(label);
  return {
    as,
    label,
    measures: [{ as, format: "integer", aggregate: "count" }],
    highIsBad: false,
    additive: true,
  };
};

/** Number of different values of a column. */
export const distinctCount = (field: Field): MeasureChoice => {
  const label = plural(stem(field.label));
  const as = snake(label);
  return {
    as,
    label,
    measures: [{ as, format: "integer", aggregate: "count_distinct", of: expressionOf(field) }],
    highIsBad: false,
    additive: false,
  };
};

const withConcept = (schema: TableSchema, concept: string): Field | undefined =>
  schema.fields.find((field) => isMeasure(field) && field.concept?.id === concept);

/** Revenue or cost: a column of its own, or a price times a quantity. */
const amountOf = (schema: TableSchema, concept: "revenue" | "cost"): Measure | undefined => {
  const own =
    withConcept(schema, concept) ??
    (concept === "revenue" ? withConcept(schema, "fee") : undefined);
  if (own !== undefined) return columnMeasure(own, "sum").measures[0];
  const quantity = withConcept(schema, "quantity");
  const each = schema.fields.find(
    (field) =>
      isMeasure(field) &&
      (concept === "revenue"
        ? field.concept?.id === "price"
        : field.variants.some((words) => words.includes("unit") && words.includes("cost"))),
  );
  if (quantity === undefined || each === undefined) return undefined;
  const currency = currencyOf(each);
  return {
    as: concept,
    format: currency === undefined ? "number" : "money",
    ...(currency === undefined ? {} : { unit: currency }),
    aggregate: "sum",
    of: { op: "multiply", left: quantity.column.name, right: each.column.name },
  };
};

/** Revenue as quantity times price, when there is no column of it. */
export const computedRevenue = (schema: TableSchema): MeasureChoice | undefined => {
  const revenue = amountOf(schema, "revenue");
  return revenue === undefined
    ? undefined
    : {
        as: revenue.as,
        label: revenue.as.replaceAll("_", " "),
        measures: [revenue],
        highIsBad: false,
        additive: true,
      };
};

/** Revenue less cost; with `percent` also as a part of revenue. */
export const marginMeasure = (
  schema: TableSchema,
  word: "profit" | "margin",
): MeasureChoice | undefined => {
  const revenue = amountOf(schema, "revenue");
  const cost = amountOf(schema, "cost");
  if (revenue === undefined || cost === undefined) return undefined;
  const unit = revenue.unit === undefined ? {} : { unit: revenue.unit };
  const difference: Measure = {
    as: word,
    format: revenue.format,
    ...unit,
    difference: [revenue.as, cost.as],
  };
  const ratio: Measure = { as: "margin_pct", format: "percent", ratio: [word, revenue.as] };
  return {
    as: word,
    label: word,
    measures: word === "margin" ? [revenue, cost, difference, ratio] : [revenue, cost, difference],
    highIsBad: false,
    additive: true,
  };
};

/** One figure per another: revenue per order. */
export const perMeasure = (first: MeasureChoice, second: MeasureChoice): MeasureChoice => {
  const singular = second.label.split(" ").map(stem).join(" ");
  const as = snake(`${first.as} per ${singular}`);
  const base = first.measures.find((measure) => measure.as === first.as);
  return {
    as,
    label: `${first.label} per ${singular}`,
    measures: [
      ...first.measures,
      ...second.measures,
      {
        as,
        format: base?.format === "money" ? "money" : "number",
        ...(base?.unit === undefined ? {} : { unit: base.unit }),
        ratio: [first.as, second.as],
      },
    ],
    highIsBad: first.highIsBad,
    additive: false,
  };
};

/** All measures of some choices, each once, in an order in which none is used before it is named. */
export const mergedMeasures = (choices: readonly MeasureChoice[]): Measure[] => {
  const merged: Measure[] = [];
  for (const measure of choices.flatMap(({ measures }) => measures)) {
    if (!merged.some(({ as }) => as === measure.as)) merged.push(measure);
  }
  return merged;
};
