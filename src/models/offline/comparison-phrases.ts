// What a goal compares its figures with: an earlier period, a named period, or a plan.
import type { TimeUnit } from "../../protocol/index.ts";
import { bucketOf, monthStart, MONTH_NAMES, type DateRange } from "./calendar.ts";
import type { GoalText } from "./goal-text.ts";
import { unitWord } from "./period-phrases.ts";
import { snake } from "./words.ts";

export type ComparisonPhrase = { readonly phrase: string } & (
  | { readonly kind: "before"; readonly unit: TimeUnit | "period" }
  | { readonly kind: "range"; readonly range: DateRange; readonly label: string }
  | { readonly kind: "plan"; readonly word: string }
);

const PLAN = "(plan(?:ned|s)?|budget(?:ed|s)?|targets?|quotas?)";
const UNIT = "(day|week|month|quarter|year|period)";

type Reader = (groups: readonly string[], phrase: string) => ComparisonPhrase | undefined;
const before = (unit: string, phrase: string): ComparisonPhrase => ({
  kind: "before",
  unit: unit === "period" ? "period" : (unitWord(unit) ?? "period"),
  phrase,
});
const range = (from: string, unit: TimeUnit, phrase: string): ComparisonPhrase => ({
  kind: "range",
  range: bucketOf(unit, from),
  label: snake(phrase).replace(/^m_/, "in_"),
  phrase,
});
const monthOf = (name: string): number =>
  MONTH_NAMES.findIndex((month) => month.toLowerCase().startsWith(name.slice(0, 3))) + 1;

/** Tried one after the other where a comparand is due. */
const COMPARANDS: readonly { pattern: RegExp; read: Reader }[] = [
  {
    pattern:
      /(?:the )?(?:same|corresponding) (?:day|week|month|quarter|period|time|months)(?: (?:of|in|a|the|last|previous|prior|preceding|one))* year(?:'s)?(?: before| ago| earlier)?/,
    read: (_, phrase) => before("year", phrase),
  },
  {
    pattern: new RegExp(
      `(?:the |that of the )?(?:last|previous|prior|preceding|past) ${UNIT}(?:'s)?(?: (?:actuals|figures|results|values?|numbers|revenue|sales))?`,
    ),
    read: ([, unit = ""], phrase) => before(unit, phrase),
  },
  {
    pattern: new RegExp(`(?:the |a |one )?${UNIT} (?:before|earlier|prior|ago)`),
    read: ([, unit = ""], phrase) => before(unit, phrase),
  },
  {
    pattern: new RegExp(`(?:the |our |its |their )?${PLAN}(?: (?:figures|numbers|values?))?`),
    read: ([, word = ""], phrase) => ({ kind: "plan", word, phrase }),
  },
  {
    pattern: /(?:the )?q([1-4]) ?(?:of )?((?:19|20)\d\d)/,
    read: ([, quarter, year], phrase) =>
      range(monthStart(Number(year), 3 * Number(quarter) - 2), "quarter", phrase),
  },
  {
    pattern: new RegExp(
      `(${MONTH_NAMES.map((name) => name.toLowerCase()).join("|")}) ((?:19|20)\\d\\d)`,
    ),
    read: ([, month = "", year], phrase) =>
      range(monthStart(Number(year), monthOf(month)), "month", phrase),
  },
  {
    pattern: /((?:19|20)\d\d)(?!-)/,
    read: ([, year], phrase) => range(monthStart(Number(year), 1), "year", phrase),
  },
];

const INTRO =
  /\b(?:as )?(?:against|versus|vs\.?|in comparison (?:to|with)|relative to|set against|compared? (?:to|with|against)|comparing (?:to|with|against)|(?:growth|grow|grew|grown|changed?|changes|up|down|more|less|higher|lower|fewer|better|worse|increased?|decreased?|improved?|rose|risen|fell|fallen|dropped) (?:over|on|than|from|since|to))\s+/;
const COMPARE_LINK = /\b(?:with|to|and|against)\s+/;
const SEPARATOR =
  /\s*(?:,|\band\b|\bor\b|\bas well as\b|&|\+)(?:\s*(?:,|and|or|also|against|vs\.?|versus|with|to))*\s*/y;

const ALONE: readonly { pattern: RegExp; read: Reader }[] = [
  { pattern: /\b(?:year[ -](?:on|over)[ -]year|yoy|y\/y)\b/, read: (_, p) => before("year", p) },
  { pattern: /\b(?:month[ -](?:on|over)[ -]month|mom|m\/m)\b/, read: (_, p) => before("month", p) },
  {
    pattern: /\b(?:quarter[ -](?:on|over)[ -]quarter|qoq|q\/q)\b/,
    read: (_, p) => before("quarter", p),
  },
  { pattern: /\b(?:week[ -](?:on|over)[ -]week|wow)\b/, read: (_, p) => before("week", p) },
  {
    pattern: new RegExp(
      `\\b${PLAN} (?:attainment|achievement|fulfil?lment|comparison|deviations?|variances?|(?:vs\\.?|versus|against|and) actuals?)(?!\\w)`,
    ),
    read: ([, word = ""], phrase) => ({ kind: "plan", word, phrase }),
  },
  {
    pattern: new RegExp(
      `\\b(?:variances?|deviations?|gaps?|distance|attainment|actuals?|actual figures|behind|below|above|under|over|ahead of|miss(?:ed|ing|es)?|meets?|met|reach(?:ed)?|hits?|beat|off|on)(?: (?:to|from|against|of|vs\\.?|versus))? (?:the |its |their |our |of )?${PLAN}\\b`,
    ),
    read: ([, word = ""], phrase) => ({ kind: "plan", word, phrase }),
  },
];

interface Found {
  readonly comparison: ComparisonPhrase;
  readonly end: number;
}

const comparandAt = (goal: GoalText, at: number): Found | undefined => {
  for (const { pattern, read } of COMPARANDS) {
    const sticky = new RegExp(`${pattern.source}(?![\\p{L}\\p{N}])`, "uy");
    sticky.lastIndex = at;
    const match = sticky.exec(goal.lower);
    if (match === null) continue;
    const end = at + match[0].length;
    const comparison = read(
      match.map((group) => group ?? ""),
      goal.text.slice(at, end),
    );
    if (comparison !== undefined) return { comparison, end };
  }
  return undefined;
};

/** Takes comparand after comparand: `last month and the plan`. */
const takeList = (goal: GoalText, start: number, from: number): ComparisonPhrase[] => {
  const found: ComparisonPhrase[] = [];
  let at = from;
  for (;;) {
    const next = comparandAt(goal, at);
    if (next === undefined) return found;
    found.push(next.comparison);
    goal.take(start, next.end);
    SEPARATOR.lastIndex = next.end;
    if (SEPARATOR.exec(goal.lower) === null) return found;
    at = SEPARATOR.lastIndex;
  }
};

/** Takes the comparisons a goal names, in the order of the text, each kind once. */
export const takeComparisons = (goal: GoalText): ComparisonPhrase[] => {
  const found: ComparisonPhrase[] = [];
  for (const { pattern, read } of ALONE) {
    for (const { groups, phrase } of goal.takeAll(pattern)) {
      const comparison = read(
        groups.map((group) => group ?? ""),
        phrase,
      );
      if (comparison !== undefined) found.push(comparison);
    }
  }
  const intros = /\bcompar(?:e|ing|ison)\b/.test(goal.lower) ? [INTRO, COMPARE_LINK] : [INTRO];
  for (const intro of intros) {
    for (const { start, end } of goal.matches(intro)) {
      found.push(...takeList(goal, start, end));
    }
  }
  const key = (c: ComparisonPhrase): string =>
    c.kind === "before" ? `before ${c.unit}` : c.kind === "range" ? c.range.from : "plan";
  return found.filter((c, index) => found.findIndex((other) => key(other) === key(c)) === index);
};
