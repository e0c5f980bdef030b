// Periods named in a text must be those of the figures it shows, or of the goal.
import type { Finding, ResultTable } from "../protocol/index.ts";
import { contains, describeRange, overlaps, type Range, shift } from "./calendar.ts";
import { findingsOf } from "./finding.ts";
import { maskPhrases } from "./mask-text.ts";
import type { Facts, NarrativeText } from "./narrative-texts.ts";
import { type PeriodMention, periodMentions } from "./period-words.ts";
import { periodsOfFigure, periodsOfTable } from "./table-periods.ts";

const finding = findingsOf("narrative");

const goalRanges = (goal: string): Range[] =>
  periodMentions(goal).flatMap(({ ranges, hasYear }) => (hasYear ? ranges : []));

/** A year may be named for any part of it; anything shorter must lie within what is known. */
const fits = (mention: PeriodMention, windows: readonly Range[]): boolean =>
  mention.ranges.some((range) =>
    windows.some((window) =>
      mention.unit === "year" ? overlaps(window, range) : contains(window, range),
    ),
  );

const inGoal = (mention: PeriodMention, goal: string): boolean =>
  goal.toLowerCase().includes(mention.text.toLowerCase());

const unknownPeriods = (
  where: string,
  mentions: readonly PeriodMention[],
  about: readonly ResultTable[],
  goal: string,
): Finding[] => {
  const own = about.flatMap(periodsOfTable);
  const windows = [...own, ...goalRanges(goal)];
  // Nothing known to compare with: no ground to judge.
  if (windows.length === 0) return [];
  return mentions
    .filter((mention) => !fits(mention, windows) && !inGoal(mention, goal))
    .map((mention) => {
      const known = [...new Set(windows.slice(0, 6).map(describeRange))].join(", ");
      return finding(
        "wrong-period",
        `the text says ${mention.text}; the figures are of ${known}`,
        where,
      );
    });
};

/** All months named, and every figure with a known period is of another: the figures are misdated. */
const misdated = (text: NarrativeText, mentions: readonly PeriodMention[]): Finding[] => {
  const periods = text.figures.flatMap(({ table, column, row }) =>
    periodsOfFigure(table, column.name, row),
  );
  const named = mentions.filter(({ unit }) => unit !== "year" && unit !== "day");
  if (named.length === 0 || periods.length === 0) return [];
  const touches = periods.some((period) =>
    named.some(({ ranges }) => ranges.some((range) => overlaps(range, period))),
  );
  if (touches) return [];
  const shown = [...new Set(periods.map(describeRange))].join(", ");
  return [
    finding(
      "wrong-period",
      `the text says ${named.map((each) => each.text).join(", ")}; its figures are of ${shown}`,
      text.where,
    ),
  ];
};

const RELATIVE =
  /\b(?:(?:last|previous|prior|preceding) (?<unit>week|month|quarter|year)|(?<on>week|month|quarter|year)-(?:on|over)-\k<on>|(?:a|one) (?<ago>week|month|quarter|year) (?:earlier|before|ago))\b/gi;

const isCompared = (table: ResultTable, unit: "week" | "month" | "quarter" | "year"): boolean => {
  const { query } = table;
  if (query === undefined || query.grain !== undefined || query.period === undefined) return true;
  if (query.kind !== "aggregate") return true;
  const from = shift(query.period.from, unit, -1);
  return query.comparisons.some((comparison) =>
    comparison.kind === "period" ? comparison.from === from : comparison.time?.from === from,
  );
};

const relativePeriods = (text: NarrativeText, goal: string): Finding[] =>
  [...text.literal.matchAll(RELATIVE)].flatMap((match) => {
    const word = (
      match.groups?.["unit"] ??
      match.groups?.["on"] ??
      match.groups?.["ago"] ??
      ""
    ).toLowerCase();
    const unit = (["week", "month", "quarter", "year"] as const).find((each) => each === word);
    const isKnown =
      unit === undefined ||
      text.about.length === 0 ||
      text.about.some((table) => isCompared(table, unit)) ||
      goal.toLowerCase().includes(match[0].toLowerCase());
    return isKnown
      ? []
      : [
          finding(
            "wrong-period",
            `the text says ${match[0]}; none of its tables compares with that ${word}`,
            text.where,
          ),
        ];
  });

/** Findings for the periods one text names. */
export const checkPeriods = (text: NarrativeText, facts: Facts): Finding[] => {
  const mentions = periodMentions(maskPhrases(text.literal, [...facts.caveats, ...facts.files]));
  const passages = text.cited.map((passage) => passage.text).join("\n");
  const own = mentions.filter((mention) => !passages.includes(mention.text));
  const unknown = unknownPeriods(text.where, own, text.about, facts.goal);
  return [
    ...unknown,
    ...(unknown.length === 0 ? misdated(text, own) : []),
    ...relativePeriods(text, facts.goal),
  ];
};

/**
 * The rows of an anomaly table are of its period alone: of the history a title may name the start or the
 * end, or all of it, but not a month in its middle.
 */
const inHistory = (table: ResultTable, { ranges, unit }: PeriodMention): boolean => {
  const { query } = table;
  if (query?.kind !== "anomalies" || unit === "year") return false;
  const { historyFrom, period } = query;
  return ranges.every(({ from, to }) => historyFrom < from && to < period.from);
};

/** Periods in a table's title and headings; they are text too. */
export const checkTitlePeriods = (table: ResultTable, goal: string): Finding[] => {
  const { query } = table;
  if (query === undefined) return [];
  const texts = [table.title, ...table.columns.map(({ label }) => label)];
  const mentions = texts.flatMap((text) => periodMentions(text));
  const where = `tables/${table.id}/title`;
  const midway = mentions.filter((mention) => inHistory(table, mention) && !inGoal(mention, goal));
  return [
    ...unknownPeriods(where, mentions, [table], goal),
    ...midway.map((mention) =>
      finding(
        "wrong-period",
        `the title says ${mention.text}; the rows are of ${query.period === undefined ? "all time" : describeRange(query.period)}`,
        where,
      ),
    ),
  ].map((each) => ({ ...each, check: "schema" }));
};
