// The periods that a goal names: absolute ("September 2026", "Q3") and relative ("last 3 months").
import type { TimeUnit } from "../../protocol/index.ts";
import {
  addDays,
  addUnits,
  bucketOf,
  daysIn,
  MONTH_NAMES,
  monthStart,
  startOf,
  type DateRange,
} from "./calendar.ts";
import { GoalText, type GoalMatch } from "./goal-text.ts";

export interface PeriodContext {
  /** `YYYY-MM-DD`. */
  readonly today: string;
  /** Days of the first and last row, when the data have a time column. */
  readonly first: string | undefined;
  readonly last: string | undefined;
}

export interface PeriodPhrase {
  readonly range: DateRange;
  readonly phrase: string;
  readonly start: number;
  readonly end: number;
  /** Said only when something was assumed. */
  readonly assumption?: string;
}

const MONTH =
  "(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";
const YEAR = "((?:19|20)\\d\\d)";
const UNIT = "(days?|weeks?|months?|quarters?|years?)";
const TO = "\\s*(?:to|and|until|till|through|thru|up to|-|–)\\s*(?:the end of )?";
const ORDINALS: Readonly<Record<string, number>> = {
  first: 1,
  "1st": 1,
  second: 2,
  "2nd": 2,
  third: 3,
  "3rd": 3,
  fourth: 4,
  "4th": 4,
  last: 4,
};
const NUMBERS: Readonly<Record<string, number>> = {
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  twelve: 12,
  thirteen: 13,
  couple: 2,
};

export const unitWord = (word: string): TimeUnit | undefined =>
  (["day", "week", "month", "quarter", "year"] as const).find((unit) => word.startsWith(unit));

export const numberWord = (word: string): number | undefined =>
  /^\d+$/.test(word) ? Number(word) : NUMBERS[word];

const monthNumber = (name: string): number =>
  MONTH_NAMES.findIndex((month) => month.toLowerCase().startsWith(name.slice(0, 3))) + 1;

const monthRange = (year: number, month: number): DateRange =>
  bucketOf("month", monthStart(year, month));
const quarterRange = (year: number, quarter: number): DateRange =>
  bucketOf("quarter", monthStart(year, 3 * quarter - 2));

/** The day before which data count as complete: today, or the end of data that are older. */
export const referenceDay = ({ today, last }: PeriodContext, unit: TimeUnit): string => {
  const before = addUnits(startOf(unit, today), unit, -1);
  return last !== undefined && last < before ? addUnits(startOf(unit, last), unit, 1) : today;
};

/** The last bucket of a unit that is over and that the data reach. */
export const lastComplete = (context: PeriodContext, unit: TimeUnit): DateRange => {
  const latest = bucketOf(unit, context.last ?? context.today);
  const over = latest.to <= addDays(context.today, 1);
  return over ? latest : bucketOf(unit, addUnits(startOf(unit, context.today), unit, -1));
};

/** The last of recurring ranges (Septembers, third quarters) that the data or today have reached. */
const latestOf = (context: PeriodContext, make: (year: number) => DateRange): DateRange => {
  const limit = [context.today, context.last ?? context.today].sort()[0] ?? context.today;
  const range = make(Number(limit.slice(0, 4)));
  return range.from <= limit ? range : make(Number(limit.slice(0, 4)) - 1);
};

interface PeriodRule {
  readonly pattern: RegExp;
  read(groups: readonly string[], context: PeriodContext, match: GoalMatch): DateRange | undefined;
}

const at = (groups: readonly string[], index: number): string => groups[index] ?? "";

const relative = (which: string, unit: TimeUnit, context: PeriodContext): DateRange => {
  const day = referenceDay(context, unit);
  const current = bucketOf(unit, day);
  return which === "this" || which === "current"
    ? bucketOf(unit, [context.today, context.last ?? context.today].sort()[0] ?? context.today)
    : bucketOf(unit, addUnits(current.from, unit, -1));
};

const valid = (range: DateRange): DateRange | undefined => (daysIn(range) > 0 ? range : undefined);

const dayOf = (day: string, month: string, year: string): string =>
  addDays(monthStart(Number(year), monthNumber(month)), Number(day) - 1);

const RULES: readonly PeriodRule[] = [
  {
    pattern:
      /\b(?:from |between )?(\d{4}-\d\d-\d\d)\s*(?:to|and|until|through|-|–)\s*(\d{4}-\d\d-\d\d)\b/,
    read: (g) => valid({ from: at(g, 1), to: addDays(at(g, 2), 1) }),
  },
  {
    pattern: new RegExp(`\\b(?:from |between )?${MONTH}\\s+${YEAR}${TO}${MONTH}\\s+${YEAR}\\b`),
    read: (g) =>
      valid({
        from: monthStart(Number(at(g, 2)), monthNumber(at(g, 1))),
        to: monthRange(Number(at(g, 4)), monthNumber(at(g, 3))).to,
      }),
  },
  {
    pattern: new RegExp(
      `\\b(?:from |between )?${MONTH}${TO.replace("and|", "")}${MONTH}\\s+${YEAR}\\b`,
    ),
    read: (g) =>
      valid({
        from: monthStart(Number(at(g, 3)), monthNumber(at(g, 1))),
        to: monthRange(Number(at(g, 3)), monthNumber(at(g, 2))).to,
      }),
  },
  {
    pattern: new RegExp(`\\bbetween ${MONTH} and ${MONTH}\\s+${YEAR}\\b`),
    read: (g) =>
      valid({
        from: monthStart(Number(at(g, 3)), monthNumber(at(g, 1))),
        to: monthRange(Number(at(g, 3)), monthNumber(at(g, 2))).to,
      }),
  },
  {
    pattern: new RegExp(
      `\\b(?:in |from )?(?:the )?week (?:of|from|beginning|starting) (?:the )?(\\d{1,2})(?:st|nd|rd|th)? (?:of )?${MONTH}\\s+${YEAR}\\b`,
    ),
    read: (g) => bucketOf("week", dayOf(at(g, 1), at(g, 2), at(g, 3))),
  },
  { pattern: /\b(?:on |for )?(\d{4}-\d\d-\d\d)\b/, read: (g) => bucketOf("day", at(g, 1)) },
  {
    pattern: new RegExp(
      `\\b(?:on |for )?(?:the )?(\\d{1,2})(?:st|nd|rd|th)? (?:of )?${MONTH},?\\s+${YEAR}\\b`,
    ),
    read: (g) => bucketOf("day", dayOf(at(g, 1), at(g, 2), at(g, 3))),
  },
  {
    pattern: new RegExp(
      `\\b(?:since|from) (?:the (?:start|beginning) of )?${MONTH}\\s+${YEAR}(?: on(?:wards?)?)?\\b`,
    ),
    read: (g, c) =>
      valid({ from: monthStart(Number(at(g, 2)), monthNumber(at(g, 1))), to: endOfData(c) }),
  },
  {
    pattern: new RegExp(
      `\\b(?:in |for |during |of )?(?:the month of )?${MONTH}(?: of|,)?\\s+${YEAR}\\b`,
    ),
    read: (g) => monthRange(Number(at(g, 2)), monthNumber(at(g, 1))),
  },
  {
    pattern: /\b(?:in |for )?((?:19|20)\d\d)-(\d\d)\b/,
    read: (g) =>
      Number(at(g, 2)) <= 12 ? monthRange(Number(at(g, 1)), Number(at(g, 2))) : undefined,
  },
  {
    pattern: new RegExp(`\\b(?:in |for |during |of )?(?:the )?q([1-4])(?: of)?[ /]*${YEAR}\\b`),
    read: (g) => quarterRange(Number(at(g, 2)), Number(at(g, 1))),
  },
  {
    pattern: new RegExp(`\\b(?:in |for )?${YEAR}[ -]*q([1-4])\\b`),
    read: (g) => quarterRange(Number(at(g, 1)), Number(at(g, 2))),
  },
  {
    pattern: new RegExp(
      `\\b(?:in |for |during )?(?:the )?(first|second|third|fourth|1st|2nd|3rd|4th|last) quarter (?:of |in )?${YEAR}\\b`,
    ),
    read: (g) => quarterRange(Number(at(g, 2)), ORDINALS[at(g, 1)] ?? 1),
  },
  {
    pattern: new RegExp(
      `\\b(?:in |for |during )?(?:the )?(?:h([12])|(first|second) half)(?: of)? ?${YEAR}\\b`,
    ),
    read: (g) => {
      const half = at(g, 1) === "2" || at(g, 2) === "second" ? 7 : 1;
      const from = monthStart(Number(at(g, 3)), half);
      return { from, to: addUnits(from, "month", 6) };
    },
  },
  {
    pattern: new RegExp(
      `\\b(?:in |over |for |during |of )?(?:the )?(?:last|past|previous|most recent) (\\d+|two|three|four|five|six|seven|eight|nine|ten|twelve|thirteen) (?:full |complete )?${UNIT}\\b`,
    ),
    read: (g, c) => {
      const unit = unitWord(at(g, 2)) ?? "month";
      const { to } = unit === "day" ? { to: endOfData(c) } : lastComplete(c, unit);
      return { from: addUnits(to, unit, -(numberWord(at(g, 1)) ?? 1)), to };
    },
  },
  {
    pattern: /\b(?:year to date|ytd|so far this year|since the (?:start|beginning) of the year)\b/,
    read: (_, c) => ({ from: startOf("year", addDays(endOfData(c), -1)), to: endOfData(c) }),
  },
  {
    pattern: new RegExp(
      `\\b(?:in |over |for |during |of )?(?:the )?(last|past|previous|this|current|latest) (?:full |complete |calendar )?${UNIT}\\b(?! (?:before|earlier))`,
    ),
    read: (g, c) => relative(at(g, 1), unitWord(at(g, 2)) ?? "month", c),
  },
  { pattern: /\byesterday\b/, read: (_, c) => bucketOf("day", addDays(c.today, -1)) },
  {
    pattern: /\b(?:in |for |during )?(?:the )?q([1-4])\b/,
    read: (g, c) => latestOf(c, (year) => quarterRange(year, Number(at(g, 1)))),
  },
  {
    pattern: new RegExp(`\\b(?:since|from) ${YEAR}(?: on(?:wards?)?)?\\b`),
    read: (g, c) => valid({ from: monthStart(Number(at(g, 1)), 1), to: endOfData(c) }),
  },
  {
    pattern: new RegExp(
      `\\b(?:in |for |during |of |over )?(?:the )?(?:(?:whole |full |calendar )?year )?${YEAR}\\b`,
    ),
    read: (g) => bucketOf("year", monthStart(Number(at(g, 1)), 1)),
  },
  {
    pattern: new RegExp(`\\b(?:since) ${MONTH}\\b`),
    read: (g, c) =>
      valid({
        from: latestOf(c, (year) => monthRange(year, monthNumber(at(g, 1)))).from,
        to: endOfData(c),
      }),
  },
  {
    pattern: new RegExp(`\\b(?:in|for|during|of) ${MONTH}\\b`),
    read: (g, c) => latestOf(c, (year) => monthRange(year, monthNumber(at(g, 1)))),
  },
  {
    pattern: /\b(january|february|april|june|july|august|september|october|november|december)\b/,
    read: (g, c) => latestOf(c, (year) => monthRange(year, monthNumber(at(g, 1)))),
  },
];

/** The day after the last row, or tomorrow. */
export const endOfData = ({ last, today }: PeriodContext): string => addDays(last ?? today, 1);

/** Takes the periods a goal names, in the order of the text. */
export const takePeriods = (goal: GoalText, context: PeriodContext): PeriodPhrase[] => {
  const found: PeriodPhrase[] = [];
  for (const { pattern, read } of RULES) {
    for (const match of goal.matches(pattern)) {
      const range = read(
        match.groups.map((group) => group ?? ""),
        context,
        match,
      );
      if (range === undefined) continue;
      goal.take(match.start, match.end);
      found.push({ range, phrase: match.phrase, start: match.start, end: match.end });
    }
  }
  return found.sort((a, b) => a.start - b.start);
};

/** The words of a goal that name periods, verbatim: the only ones in which a text may repeat digits. */
export const periodWords = (goal: string): string[] => {
  const never: PeriodContext = { today: "2000-01-01", first: undefined, last: undefined };
  return takePeriods(new GoalText(goal), never).map(({ phrase }) => phrase);
};
