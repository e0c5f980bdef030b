// The figure sets that an intent asks for, each a metric query with a stable id.
import {
  MetricQuery,
  type AggregateQuery,
  type AnomalyQuery,
  type Measure,
  type TimeUnit,
} from "../../protocol/index.ts";
import { addDays, addUnits, rangeLabel, startOf, unitOf, type DateRange } from "./calendar.ts";
import type { Intent } from "./intent.ts";
import { mergedMeasures, plural } from "./measure-choice.ts";
import { lastComplete } from "./period-phrases.ts";
import { planComparison } from "./plan-comparison.ts";
import {
  dimensionOf,
  type Breakdown,
  type DimensionChoice,
  type MeasureChoice,
  type Ranking,
} from "./reading.ts";
import { isDimension } from "./schema.ts";
import { capitalised, listed, slug } from "./words.ts";

export interface FigureSet {
  readonly id: string;
  readonly title: string;
  readonly query: MetricQuery;
}

export interface Figures {
  readonly sets: FigureSet[];
  readonly notCovered: string[];
  readonly assumptions: string[];
}

const idOf = (...parts: string[]): string => {
  const id = slug(parts.join(" ")).slice(0, 60).replace(/-+$/, "");
  return /^[a-z]/.test(id) ? id : `figures-${id}`;
};

const figureWords = (measures: readonly MeasureChoice[]): string =>
  measures.length > 2 ? "figures" : listed(measures.map(({ label }) => label));

const titleOf = (intent: Intent, text: string, range: DateRange | undefined): string => {
  const filters = intent.filters.map(({ label }) => label);
  const period = range === undefined ? [] : [rangeLabel(range)];
  return [capitalised(text), ...new Set(filters), ...period].join(", ").slice(0, 200);
};

const aggregate = (
  intent: Intent,
  part: {
    dimensions: readonly DimensionChoice[];
    unit?: TimeUnit | undefined;
    range: DateRange | undefined;
    order?: AggregateQuery["orderBy"];
    limit?: number | undefined;
  },
  notCovered: string[],
): MetricQuery => {
  const { schema, plan } = intent.setting;
  const time = schema.time?.column.name;
  const planned =
    intent.comparesPlan && plan !== undefined
      ? planComparison(schema, plan, intent.measures, part.dimensions, part.range)
      : undefined;
  if (intent.comparesPlan && planned === undefined && plan !== undefined) {
    notCovered.push(
      `the plan by ${listed(part.dimensions.map(({ label }) => label))} (table ${plan.table.name} is not that fine)`,
    );
  }
  const dated =
    time !== undefined && part.range !== undefined
      ? { period: { column: time, ...part.range } }
      : {};
  return MetricQuery.parse({
    kind: "aggregate",
    table: schema.table.name,
    measures: mergedMeasures(intent.measures),
    dimensions: part.dimensions.map(({ column }) => column),
    ...(part.unit === undefined || time === undefined
      ? {}
      : { grain: { column: time, unit: part.unit } }),
    ...dated,
    filters: intent.filters.map(({ filter }) => filter),
    comparisons: [
      ...(part.unit === undefined ? intent.periodComparisons : []),
      ...(planned === undefined ? [] : [planned]),
    ],
    ...(part.order === undefined ? {} : { orderBy: part.order }),
    ...(part.limit === undefined ? {} : { limit: part.limit }),
  });
};

const directionOf = (ranking: Ranking | undefined, measure: MeasureChoice): "asc" | "desc" => {
  const direction = ranking?.direction ?? "desc";
  if (direction === "asc" || direction === "desc") return direction;
  return (direction === "best") === measure.highIsBad ? "asc" : "desc";
};

const LOOK_BACK: Readonly<Record<TimeUnit, number>> = {
  day: 31,
  week: 13,
  month: 13,
  quarter: 8,
  year: 5,
};

/** A series over the period, or, when that holds fewer than three steps, over the steps up to its end. */
const seriesRange = (intent: Intent, unit: TimeUnit): DateRange | undefined => {
  const { period, setting } = intent;
  if (period === undefined || addUnits(startOf(unit, period.from), unit, 2) < period.to)
    return period;
  const end = startOf(unit, addDays(period.to, -1));
  const to = addUnits(end, unit, 1) > period.to ? period.to : addUnits(end, unit, 1);
  const from = addUnits(end, unit, 1 - LOOK_BACK[unit]);
  const first = startOf(unit, setting.schema.first ?? from);
  return { from: from < first ? first : from, to };
};

/** The figure, or its growth when the goal asks what grew. */
const rankedColumn = (intent: Intent, main: MeasureChoice): string => {
  const [first] = intent.periodComparisons;
  return intent.grows && first !== undefined ? `${main.as}_${first.label}_change` : main.as;
};

const breakdownSet = (intent: Intent, breakdown: Breakdown, notCovered: string[]): FigureSet => {
  const { dimensions, unit, ranking } = breakdown;
  const names = listed([
    ...dimensions.map(({ label }) => label),
    ...(unit === undefined ? [] : [unit]),
  ]);
  const groups = plural(dimensions[0]?.label ?? "");
  const [main] = intent.measures;
  const range = unit === undefined ? intent.period : seriesRange(intent, unit);
  const ordered = main !== undefined && unit === undefined && dimensions.length === 1;
  const direction = main === undefined ? "desc" : directionOf(ranking, main);
  const query = aggregate(
    intent,
    {
      dimensions,
      unit,
      range,
      limit: ranking?.limit,
      ...(ordered ? { order: { column: rankedColumn(intent, main), direction } } : {}),
    },
    notCovered,
  );
  if (ranking?.limit !== undefined && main !== undefined) {
    const word = ranking.direction === "worst" || ranking.direction === "asc" ? "bottom" : "top";
    return {
      id: idOf(word, groups, "by", main.label),
      title: titleOf(intent, `${word} ${groups} by ${main.label}`, range),
      query,
    };
  }
  const text = `${figureWords(intent.measures)} by ${names}`;
  return { id: idOf(text), title: titleOf(intent, text, range), query };
};

const isPlain = (measure: Measure): measure is AnomalyQuery["measure"] =>
  "aggregate" in measure && ["sum", "avg", "count"].includes(measure.aggregate);

/** The finest unit, not above the period's own, that gives the history at least six steps. */
const anomalyUnit = (period: DateRange, first: string): TimeUnit | undefined => {
  const own = unitOf(period) ?? "month";
  const order: readonly TimeUnit[] = ["year", "quarter", "month", "week", "day"];
  return order
    .slice(order.indexOf(own))
    .find((unit) => addUnits(wholeFrom(unit, first), unit, 6) <= period.from);
};

const wholeFrom = (unit: TimeUnit, first: string): string => {
  const start = startOf(unit, first);
  return start === first ? start : addUnits(start, unit, 1);
};

const anomalyDimensions = (intent: Intent): DimensionChoice[] => {
  const plain = intent.breakdowns.filter(
    ({ unit, dimensions }) => unit === undefined && dimensions.length <= 2,
  );
  const most = [...plain].sort((a, b) => b.dimensions.length - a.dimensions.length)[0];
  if (most !== undefined) return [...most.dimensions];
  const filtered = new Set(intent.filters.map(({ filter }) => filter.column));
  const field = intent.setting.schema.fields.find(
    (each) =>
      isDimension(each) &&
      !each.flag &&
      !filtered.has(each.column.name) &&
      each.column.distinct >= 2 &&
      each.column.distinct <= 30,
  );
  return field === undefined ? [] : [dimensionOf(field)];
};

const MAX_ANOMALY_SETS = 4;

const anomalySets = (intent: Intent, figures: Figures): FigureSet[] => {
  const { schema, today } = intent.setting;
  const { first, last } = schema;
  const time = schema.time?.column.name;
  if (time === undefined || first === undefined || last === undefined) {
    figures.notCovered.push("anomalies (the data have no dates)");
    return [];
  }
  const period = intent.period ?? lastComplete({ today, first, last }, "month");
  const unit = anomalyUnit(period, first);
  const choices = intent.measures.flatMap((choice) => {
    const measure = choice.measures.find(({ as }) => as === choice.as);
    return measure !== undefined && isPlain(measure) ? [{ choice, measure }] : [];
  });
  if (unit === undefined || choices.length === 0) {
    const why =
      unit === undefined
        ? "the data before the period are too short a history"
        : "no figure that can be followed over time";
    figures.notCovered.push(`anomalies (${why})`);
    return [];
  }
  const dimensions = anomalyDimensions(intent);
  const by = dimensions.length === 0 ? "" : ` by ${listed(dimensions.map(({ label }) => label))}`;
  for (const { choice } of choices.slice(MAX_ANOMALY_SETS)) {
    figures.notCovered.push(`anomalies of ${choice.label} (only the first figures are searched)`);
  }
  return choices.slice(0, MAX_ANOMALY_SETS).map(({ choice, measure }) => {
    const query = MetricQuery.parse({
      kind: "anomalies",
      table: schema.table.name,
      measure,
      dimensions: dimensions.map(({ column }) => column),
      grain: { column: time, unit },
      period: { column: time, ...period },
      historyFrom: wholeFrom(unit, first),
      filters: intent.filters.map(({ filter }) => filter),
    });
    figures.assumptions.push(
      `Anomalies are ${unit}s of ${choice.label}${by} that lie far outside their own history.`,
    );
    return {
      id: idOf(choice.label, "anomalies"),
      title: titleOf(intent, `unusual ${choice.label}${by}`, period),
      query,
    };
  });
};

/** All figure sets of an intent: totals, breakdowns, series, anomalies. */
export const figureSets = (intent: Intent): Figures => {
  const figures: Figures = { sets: [], notCovered: [], assumptions: [] };
  const { sets, notCovered } = figures;
  sets.push({
    id: "totals",
    title: titleOf(
      intent,
      `totals: ${listed(intent.measures.map(({ label }) => label))}`,
      intent.period,
    ),
    query: aggregate(intent, { dimensions: [], range: intent.period }, notCovered),
  });
  for (const breakdown of intent.breakdowns) {
    if (breakdown.unit === undefined || intent.setting.schema.time !== undefined)
      sets.push(breakdownSet(intent, breakdown, notCovered));
  }
  for (const unit of intent.units) {
    const range = seriesRange(intent, unit);
    const text = `${figureWords(intent.measures)} by ${unit}`;
    sets.push({
      id: idOf(text),
      title: titleOf(intent, text, range),
      query: aggregate(intent, { dimensions: [], unit, range }, notCovered),
    });
  }
  if (intent.anomalies) sets.push(...anomalySets(intent, figures));
  const seen = new Set<string>();
  for (const [at, set] of sets.entries()) {
    const id = seen.has(set.id) ? `${set.id}-${at + 1}` : set.id;
    seen.add(id);
    sets[at] = { ...set, id };
  }
  return figures;
};
