// How a follow-up changes what was read before.
import { sameDimensions, type Reading } from "./reading.ts";
import { stem, wordsOf } from "./words.ts";

/** True when a follow-up takes away what has this label. */
export const removes = (removed: readonly string[], label: string): boolean =>
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
