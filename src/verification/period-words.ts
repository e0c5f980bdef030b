// Dates and periods as people write them in English: found in a text, with the days they mean.
import { addDays, addMonths, type Range, type Unit } from "./calendar.ts";

export interface PeriodMention {
  readonly text: string;
  readonly at: number;
  readonly unit: Unit | "half";
  /** Days meant; without a year, those of every year from 1970 to 2099 are meant. */
  readonly ranges: readonly Range[];
  readonly hasYear: boolean;
}

const NAMES = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const MONTH =
  "(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\\.?";
const YEAR = "(?:19|20)\\d\\d";
const DAY = "(?:0?[1-9]|[12]\\d|3[01])(?:st|nd|rd|th)?";
const ORDINALS = ["first", "second", "third", "fourth"];

const two = (value: number): string => String(value).padStart(2, "0");
const monthOf = (name: string): number => NAMES.indexOf(name.slice(0, 3).toLowerCase()) + 1;

const YEARS = Array.from({ length: 130 }, (_, index) => String(1970 + index));
const years = (year: string | undefined): readonly string[] =>
  year === undefined ? YEARS : [year];

const months = (year: string, first: number, count: number): Range => {
  const from = `${year}-${two(first)}-01`;
  return { from, to: addMonths(from, count) };
};
const dayRange = (from: string): Range => ({ from, to: addDays(from, 1) });

type Reader = (
  groups: Record<string, string | undefined>,
) => { unit: PeriodMention["unit"]; ranges: Range[] } | undefined;

const readDay: Reader = ({ y, m, d }) => {
  const [month, date] = [monthOf(m ?? ""), Number.parseInt(d ?? "", 10)];
  const days = years(y).map((year) => `${year}-${two(month)}-${two(date)}`);
  return {
    unit: "day",
    ranges: days.filter((day) => !Number.isNaN(Date.parse(day))).map(dayRange),
  };
};
const readMonth: Reader = ({ y, m }) => ({
  unit: "month",
  ranges: years(y).map((year) => months(year, monthOf(m ?? ""), 1)),
});
const readQuarter: Reader = ({ y, q }) => {
  const number = ORDINALS.includes(q?.toLowerCase() ?? "")
    ? ORDINALS.indexOf(q?.toLowerCase() ?? "") + 1
    : Number(q);
  return { unit: "quarter", ranges: years(y).map((year) => months(year, number * 3 - 2, 3)) };
};
const readHalf: Reader = ({ y, h }) => {
  const second = h === "2" || h?.toLowerCase() === "second";
  return { unit: "half", ranges: years(y).map((year) => months(year, second ? 7 : 1, 6)) };
};

// In this order: what an earlier pattern took is not looked at again.
const PATTERNS: readonly (readonly [RegExp, Reader])[] = [
  [
    /(?<![\d-])(?<iso>(?:19|20)\d\d-\d\d-\d\d)(?:[T ]\d\d:\d\d(?::\d\d)?)?(?![\d-])/g,
    ({ iso }) =>
      Number.isNaN(Date.parse(iso ?? ""))
        ? undefined
        : { unit: "day", ranges: [dayRange(iso ?? "")] },
  ],
  [new RegExp(`\\b(?<d>${DAY})(?: of)? (?<m>${MONTH})(?:,? (?<y>${YEAR}))?\\b`, "g"), readDay],
  [new RegExp(`\\b(?<m>${MONTH}) (?<d>${DAY})(?:,? (?<y>${YEAR}))?(?!\\d)`, "g"), readDay],
  [new RegExp(`\\b(?<m>${MONTH})(?: of)? (?<y>${YEAR})\\b`, "gi"), readMonth],
  [
    /(?<![\d-])(?<iso>(?:19|20)\d\d-(?:0[1-9]|1[0-2]))(?![\d-])/g,
    ({ iso }) => ({
      unit: "month",
      ranges: [months(iso?.slice(0, 4) ?? "", Number(iso?.slice(5)), 1)],
    }),
  ],
  [new RegExp(`\\bQ(?<q>[1-4])(?:[ /-]?(?<y>${YEAR}))?\\b`, "gi"), readQuarter],
  [new RegExp(`\\b(?<y>${YEAR})[ /-]?Q(?<q>[1-4])\\b`, "gi"), readQuarter],
  [
    new RegExp(`\\b(?<q>first|second|third|fourth) quarter(?:(?: of)? (?<y>${YEAR}))?\\b`, "gi"),
    readQuarter,
  ],
  [new RegExp(`\\bH(?<h>[12])(?: (?<y>${YEAR}))?\\b`, "g"), readHalf],
  [new RegExp(`\\b(?<h>first|second) half(?: of(?: (?<y>${YEAR})| the year))\\b`, "gi"), readHalf],
  // "May" and "March" are words too: alone they need a preposition.
  [
    /\b(?<m>January|February|April|June|July|August|September|October|November|December)\b/g,
    readMonth,
  ],
  [
    /(?<=\b(?:[Ii]n|[Oo]f|[Ff]or|[Ff]rom|[Uu]ntil|[Ss]ince|[Tt]o|[Aa]gainst|[Vv]s\.?|[Aa]nd) )(?<m>May|March)\b/g,
    readMonth,
  ],
  [
    new RegExp(`(?<![\\d.,€$£-])(?<y>${YEAR})(?![\\d%]|[.,]\\d)`, "g"),
    ({ y }) => ({
      unit: "year",
      ranges: [months(y ?? "", 1, 12)],
    }),
  ],
];

/** Every date or period that a text names, in order. */
export const periodMentions = (text: string): PeriodMention[] => {
  let rest = text;
  const found: PeriodMention[] = [];
  for (const [pattern, read] of PATTERNS) {
    rest = rest.replaceAll(pattern, (...match: unknown[]) => {
      const groups = match.at(-1) as Record<string, string | undefined>;
      const [whole, at] = [String(match[0]), Number(match.at(-3))];
      const meaning = read(groups);
      if (meaning === undefined || meaning.ranges.length === 0) return whole;
      found.push({ text: whole, at, ...meaning, hasYear: meaning.ranges.length === 1 });
      return " ".repeat(whole.length);
    });
  }
  return found.sort((left, right) => left.at - right.at);
};

/** The text without the dates and periods it names. */
export const withoutPeriods = (text: string): string => {
  let rest = text;
  for (const { text: mention, at } of periodMentions(text)) {
    rest = rest.slice(0, at) + " ".repeat(mention.length) + rest.slice(at + mention.length);
  }
  return rest;
};
