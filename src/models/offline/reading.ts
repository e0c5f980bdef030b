// What was read from a goal: phrases resolved to columns and operations, before it becomes tasks.
import type { Filter, Measure, TimeUnit } from "../../protocol/index.ts";
import type { ComparisonPhrase } from "./comparison-phrases.ts";
import type { GoalText } from "./goal-text.ts";
import type { PeriodContext, PeriodPhrase } from "./period-phrases.ts";
import type { Field, TableSchema } from "./schema.ts";

/** A wanted figure, with the measures that are needed to state it. */
export interface MeasureChoice {
  /** Name of its column in results. */
  readonly as: string;
  /** For readers: `revenue`, `average temperature`. */
  readonly label: string;
  /** In the order in which they depend on each other; the last is the figure itself. */
  readonly measures: readonly Measure[];
  /** A high value is bad news: waiting times, costs. */
  readonly highIsBad: boolean;
  /** Summed or counted, so that parts add up to the whole. */
  readonly additive: boolean;
}

export interface DimensionChoice {
  readonly column: string;
  /** One word for ids and headings. */
  readonly label: string;
  readonly distinct: number;
}

export interface Ranking {
  readonly direction: "asc" | "desc" | "best" | "worst";
  readonly limit: number | undefined;
}

export interface Breakdown {
  readonly dimensions: readonly DimensionChoice[];
  readonly unit?: TimeUnit;
  readonly ranking?: Ranking;
}

export interface FilterChoice {
  readonly filter: Filter;
  readonly label: string;
}

export interface Reading {
  /** In the order of the text, once all are read. */
  readonly measures: MeasureChoice[];
  readonly places: Map<string, number>;
  readonly breakdowns: Breakdown[];
  /** Units of wanted time series; `auto` when the goal says only "trend". */
  readonly units: (TimeUnit | "auto")[];
  cadence: TimeUnit | undefined;
  readonly periods: PeriodPhrase[];
  readonly comparisons: ComparisonPhrase[];
  readonly filters: FilterChoice[];
  anomalies: boolean;
  documents: string[];
  report: boolean;
  ranking: Ranking | undefined;
  /** Rows themselves are named: `tickets`. */
  entity: boolean;
  growth: string | undefined;
  readonly removed: string[];
  readonly coverage: { phrase: string; meaning: string }[];
  readonly notCovered: string[];
  readonly assumptions: string[];
  readonly questions: Choice[];
}

/** Two columns answer to one word, and nothing decides. */
export interface Choice {
  readonly id: string;
  readonly word: string;
  readonly options: readonly string[];
}

/** What the readers of a goal share. */
export interface Scan {
  readonly goal: GoalText;
  readonly schema: TableSchema;
  readonly plan: TableSchema | undefined;
  readonly documents: readonly string[];
  readonly period: PeriodContext;
  readonly answers: Readonly<Record<string, unknown>>;
  readonly reading: Reading;
}

export const emptyReading = (): Reading => ({
  measures: [],
  places: new Map(),
  breakdowns: [],
  units: [],
  cadence: undefined,
  periods: [],
  comparisons: [],
  filters: [],
  anomalies: false,
  documents: [],
  report: false,
  ranking: undefined,
  entity: false,
  growth: undefined,
  removed: [],
  coverage: [],
  notCovered: [],
  assumptions: [],
  questions: [],
});

export const cover = (scan: Scan, phrase: string, meaning: string): void => {
  if (
    !scan.reading.coverage.some((entry) => entry.phrase === phrase && entry.meaning === meaning)
  ) {
    scan.reading.coverage.push({ phrase, meaning });
  }
};

export const dimensionOf = (field: Field): DimensionChoice => ({
  column: field.column.name,
  label: field.label,
  distinct: field.column.distinct,
});

export const sameDimensions = (a: Breakdown, b: Breakdown): boolean =>
  a.unit === b.unit &&
  a.dimensions.length === b.dimensions.length &&
  a.dimensions.every(({ column }, index) => column === b.dimensions[index]?.column);
