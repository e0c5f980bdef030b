// Sentences on totals, breakdowns, series and anomalies. One row a sentence; names and figures are tokens.
import type { NarrativeSection } from "../../protocol/index.ts";
import { capitalised } from "./words.ts";
import {
  against,
  cellOf,
  changes,
  extremeRow,
  headingOf,
  inText,
  namedRows,
  numberOf,
  periodOf,
  rowName,
  token,
  type ColumnOf,
  type Reading,
} from "./write-table.ts";

const MAX_ANOMALIES = 6;

const isCount = ({ table }: Reading, column: ColumnOf): boolean => {
  if (table.query?.kind !== "aggregate") return false;
  const measure = table.query.measures.find(({ as }) => as === column.name);
  return measure !== undefined && "aggregate" in measure && measure.aggregate.startsWith("count");
};

const isSum = ({ table }: Reading, column: ColumnOf): boolean => {
  if (table.query?.kind !== "aggregate") return false;
  const measure = table.query.measures.find(({ as }) => as === column.name);
  return (
    measure !== undefined &&
    ("difference" in measure || ("aggregate" in measure && measure.aggregate === "sum"))
  );
};

/** `Revenue came to {{…}} in September 2026, a change of {{…}} on last month.` */
export const totalsSentences = (reading: Reading): string[] =>
  reading.measures.flatMap((measure) => {
    if (cellOf(reading, 0, measure.name) === null)
      return [`There is no value of ${inText(measure.label)}${periodOf(reading)}.`];
    const change = changes(reading, 0, measure.name);
    const figure = token(reading, 0, measure);
    if (isCount(reading, measure))
      return [`The number of ${inText(measure.label)} was ${figure}${periodOf(reading)}${change}.`];
    const verb = isSum(reading, measure) ? "came to" : "was";
    return [
      `${capitalised(inText(measure.label))} ${verb} ${figure}${periodOf(reading)}${change}.`,
    ];
  });

const nounOf = (reading: Reading, measure: ColumnOf): string =>
  isCount(reading, measure) ? `number of ${inText(measure.label)}` : inText(measure.label);

const leads = (
  reading: Reading,
  row: number,
  measure: ColumnOf,
  word: "highest" | "lowest",
): string => {
  const figure = `${token(reading, row, measure)}${changes(reading, row, measure.name)}`;
  const noun = nounOf(reading, measure).replace(/^(?:highest|lowest) /, "");
  return reading.names.length > 1
    ? `The ${word} ${noun} is that of ${rowName(reading, row)}: ${figure}.`
    : `${rowName(reading, row)} has the ${word} ${noun}, ${figure}.`;
};

const movers = (reading: Reading, rows: readonly number[], measure: ColumnOf): string[] =>
  reading.comparisons.flatMap((comparison) => {
    const name = `${measure.name}_${comparison.label}_change`;
    const isPlan = comparison.kind === "table";
    return ([1, -1] as const).flatMap((sign) => {
      const row = extremeRow(reading, rows, isPlan ? `${name}_pct` : name, sign);
      const value = row === undefined ? undefined : numberOf(reading, row, name);
      if (row === undefined || value === undefined || sign * value <= 0) return [];
      const percent =
        numberOf(reading, row, `${name}_pct`) === undefined
          ? ""
          : ` (${token(reading, row, `${name}_pct`)})`;
      const figure = `${token(reading, row, name)}${percent}`;
      if (isPlan)
        return [
          `${rowName(reading, row)} is furthest ${sign > 0 ? "above" : "below"} ${against(comparison.label)}: ${figure}.`,
        ];
      return [
        `The largest ${sign > 0 ? "gain" : "fall"} on ${against(comparison.label)} is that of ${rowName(reading, row)}: ${figure}.`,
      ];
    });
  });

/** Leader and laggard of the first measure, movers, plan; the leader of further measures. */
export const breakdownSentences = (reading: Reading): string[] => {
  const rows = namedRows(reading);
  const [main, ...others] = reading.measures;
  if (main === undefined || rows.length === 0) return [`There are no rows${periodOf(reading)}.`];
  const first = extremeRow(reading, rows, main.name, 1);
  const last = extremeRow(reading, rows, main.name, -1);
  const sentences = first === undefined ? [] : [leads(reading, first, main, "highest")];
  if (last !== undefined && last !== first) sentences.push(leads(reading, last, main, "lowest"));
  sentences.push(...movers(reading, rows, main));
  for (const measure of others.slice(0, 3)) {
    const row = extremeRow(reading, rows, measure.name, 1);
    if (row !== undefined) sentences.push(leads(reading, row, measure, "highest"));
  }
  if (rows.length < reading.table.rows.length) {
    sentences.push(
      `Rows without a name for ${reading.names.map(({ label }) => inText(label)).join(" or ")} form a group of their own in the table.`,
    );
  }
  return sentences.length > 0
    ? sentences
    : [`There is no value of ${inText(main.label)}${periodOf(reading)}.`];
};

/** Less than this part of the first value is no direction. */
const FLAT = 0.02;

const direction = (first: number, last: number): string => {
  if (Math.abs(last - first) <= FLAT * Math.abs(first)) return "little changed from the first";
  return last > first ? "above the first" : "below the first";
};

const seriesOf = (
  reading: Reading,
  rows: readonly number[],
  measure: ColumnOf,
  bucket: ColumnOf,
): string[] => {
  const filled = rows.filter((row) => numberOf(reading, row, measure.name) !== undefined);
  const [first, last] = [filled[0], filled.at(-1)];
  if (first === undefined || last === undefined) return [];
  const noun = nounOf(reading, measure);
  const at = (row: number): string => token(reading, row, bucket);
  const figure = (row: number): string => token(reading, row, measure);
  const sentences = [`The series of ${noun} begins in ${at(first)} at ${figure(first)}.`];
  if (last === first) return sentences;
  const way = direction(
    numberOf(reading, first, measure.name) ?? 0,
    numberOf(reading, last, measure.name) ?? 0,
  );
  sentences.push(
    `Its last value is that of ${at(last)}, ${figure(last)}${changes(reading, last, measure.name)}, ${way}.`,
  );
  const [high, low] = [
    extremeRow(reading, filled, measure.name, 1),
    extremeRow(reading, filled, measure.name, -1),
  ];
  if (high !== undefined && high !== last)
    sentences.push(`The highest value is that of ${at(high)}, ${figure(high)}.`);
  if (low !== undefined && low !== last && low !== high)
    sentences.push(`The lowest value is that of ${at(low)}, ${figure(low)}.`);
  return sentences;
};

const crossedSeries = (
  reading: Reading,
  rows: readonly number[],
  measure: ColumnOf,
  bucket: ColumnOf,
): string[] =>
  ([1, -1] as const).flatMap((sign) => {
    const row = extremeRow(reading, rows, measure.name, sign);
    if (row === undefined) return [];
    const word = sign > 0 ? "highest" : "lowest";
    return [
      `The ${word} ${nounOf(reading, measure)} is that of ${rowName(reading, row)} in ${token(reading, row, bucket)}: ${token(reading, row, measure)}.`,
    ];
  });

/** First, last, highest and lowest step of each measure; of series by name, the extremes. */
export const seriesSentences = (reading: Reading): string[] => {
  const { bucket } = reading;
  const rows = namedRows(reading);
  if (bucket === undefined || rows.length === 0) return [`There are no rows${periodOf(reading)}.`];
  const write = reading.names.length > 0 ? crossedSeries : seriesOf;
  const sentences = reading.measures
    .slice(0, 3)
    .flatMap((measure) => write(reading, rows, measure, bucket));
  return sentences.length > 0 ? sentences : ["The series has no values."];
};

/** Each value that stands out, with what its history led to expect. */
export const anomalySentences = (reading: Reading): string[] => {
  const [measure] = reading.measures;
  const { bucket, table } = reading;
  if (measure === undefined || bucket === undefined) return ["Nothing was looked for."];
  const noun = nounOf(reading, measure);
  if (table.rows.length === 0)
    return [`No value of ${noun} stands out from its own history${periodOf(reading)}.`];
  const shown = table.rows.slice(0, MAX_ANOMALIES).map((_, row) => {
    const name = reading.names.length === 0 ? "" : `${rowName(reading, row)}, `;
    const percent =
      numberOf(reading, row, "deviation_pct") === undefined
        ? ""
        : `, a deviation of ${token(reading, row, "deviation_pct")}`;
    return `${name}${token(reading, row, bucket)}: ${noun} of ${token(reading, row, measure)}, where ${token(reading, row, "expected")} was to be expected${percent}.`;
  });
  return table.rows.length > MAX_ANOMALIES ? [...shown, "The table lists the others."] : shown;
};

/** The sentences a table deserves. */
export const sentencesOf = (reading: Reading): string[] => {
  if (reading.table.query?.kind === "anomalies") return anomalySentences(reading);
  if (reading.bucket !== undefined) return seriesSentences(reading);
  if (reading.names.length > 0) return breakdownSentences(reading);
  return totalsSentences(reading);
};

export const sectionOf = (reading: Reading): NarrativeSection => ({
  id: /^[a-z]/.test(reading.table.id) ? reading.table.id : `table-${reading.table.id}`,
  heading: headingOf(reading.table),
  tables: [reading.table.id],
  statements: sentencesOf(reading),
});
