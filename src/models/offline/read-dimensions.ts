// Breakdowns: "by region and product", "per team", "top 5 products", "which department …".
import type { TimeUnit } from "../../protocol/index.ts";
import type { GoalToken } from "./goal-text.ts";
import { numberWord, unitWord } from "./period-phrases.ts";
import {
  cover,
  dimensionOf,
  sameDimensions,
  type Breakdown,
  type DimensionChoice,
  type Ranking,
  type Scan,
} from "./reading.ts";
import { bestFields, isDimension, type Field } from "./schema.ts";

const BY = /\b(?:by|per|for each|for every|across(?: all| the)*|within each|in each|of each)(?= )/;
const JOINERS = new Set([
  "and",
  "by",
  "per",
  "also",
  "then",
  "x",
  "for",
  "each",
  "every",
  "the",
  "all",
  "of",
  "our",
]);
const UNIT_WORD =
  /^(?:days?|weeks?|months?|quarters?|years?|daily|weekly|monthly|quarterly|yearly)$/;
const MAX_CROSSED = 60;

interface Named {
  readonly field: Field;
  readonly tokens: readonly GoalToken[];
}

/** The dimension named at a token, longest phrase first. */
export const dimensionAt = (scan: Scan, index: number, threshold = 60): Named | undefined => {
  const dimensions = scan.schema.fields.filter(isDimension);
  for (let length = 4; length > 0; length -= 1) {
    const tokens = scan.goal.run(index, length);
    if (tokens === undefined) continue;
    const best = bestFields(
      tokens.map((token) => token.stem),
      dimensions,
    );
    const field = best.fields[0];
    if (field !== undefined && best.score >= threshold) return { field, tokens };
  }
  return undefined;
};

export const addBreakdown = (scan: Scan, breakdown: Breakdown): void => {
  const { breakdowns } = scan.reading;
  const known = breakdowns.findIndex((other) => sameDimensions(other, breakdown));
  if (known < 0) breakdowns.push(breakdown);
  else if (breakdown.ranking !== undefined) breakdowns[known] = breakdown;
};

const takeTokens = (scan: Scan, tokens: readonly GoalToken[]): string => {
  for (const token of tokens) token.taken = true;
  return scan.goal.phrase(tokens);
};

/** Reads `region, product and month` from a token on. */
const takeList = (
  scan: Scan,
  from: number,
): { dimensions: DimensionChoice[]; units: TimeUnit[]; separate: boolean } => {
  const dimensions: DimensionChoice[] = [];
  const units: TimeUnit[] = [];
  let separate = false;
  let index = from;
  for (;;) {
    let skipped = index;
    while (JOINERS.has(scan.goal.tokens[skipped]?.word ?? "")) {
      if (
        dimensions.length > 0 &&
        ["by", "per", "for", "also"].includes(scan.goal.tokens[skipped]?.word ?? "")
      )
        separate = true;
      skipped += 1;
    }
    const token = scan.goal.tokens[skipped];
    if (token === undefined || token.taken) return { dimensions, units, separate };
    const listGoesOn =
      skipped === from ||
      skipped > index ||
      token.breakBefore ||
      dimensions.length + units.length === 0;
    if (!listGoesOn) return { dimensions, units, separate };
    if (UNIT_WORD.test(token.word) && !isWeekday(scan, skipped)) {
      const unit = unitWord(token.word.replace("daily", "day"));
      if (unit !== undefined) units.push(unit);
      cover(scan, takeTokens(scan, [token]), `time steps of one ${unit ?? "unit"}`);
      index = skipped + 1;
      continue;
    }
    const named = dimensionAt(scan, skipped);
    if (named === undefined) return { dimensions, units, separate };
    const dimension = dimensionOf(named.field);
    if (!dimensions.some(({ column }) => column === dimension.column)) dimensions.push(dimension);
    cover(scan, takeTokens(scan, named.tokens), `figures by ${named.field.column.name}`);
    index = skipped + named.tokens.length;
  }
};

const isWeekday = (scan: Scan, index: number): boolean =>
  scan.goal.tokens[index]?.word === "day" && scan.goal.tokens[index + 1]?.word === "of";

/** "By region and product" asks for each, and for both together when that stays readable. */
const addLists = (
  scan: Scan,
  dimensions: readonly DimensionChoice[],
  units: readonly TimeUnit[],
  separate: boolean,
): void => {
  const [first, second] = dimensions;
  if (units.length > 0 && dimensions.length > 0 && !separate) {
    for (const unit of units)
      for (const dimension of dimensions) addBreakdown(scan, { dimensions: [dimension], unit });
    return;
  }
  scan.reading.units.push(...units);
  for (const dimension of dimensions) addBreakdown(scan, { dimensions: [dimension] });
  if (first === undefined || second === undefined || dimensions.length !== 2 || separate) return;
  if (first.distinct * second.distinct <= MAX_CROSSED)
    addBreakdown(scan, { dimensions: [first, second] });
};

/** Takes every list that `by` or its like begins. */
export const readBreakdowns = (scan: Scan): void => {
  for (const { end } of scan.goal.matches(BY)) {
    const from = scan.goal.tokens.findIndex((token) => token.start >= end);
    if (from < 0) continue;
    const { dimensions, units, separate } = takeList(scan, from);
    addLists(scan, dimensions, units, separate);
  }
};

const COUNT = "(\\d+|two|three|four|five|six|seven|eight|nine|ten|twelve)";
const GOOD =
  "top|best|biggest|largest|highest|strongest|leading|busiest|most profitable|slowest|hottest|warmest|longest|most expensive";
const BAD = "bottom|worst|smallest|lowest|weakest|least|quietest|fastest|coldest|shortest|quickest";
const ADJECTIVE = "(?:[ -](?:selling|sold|performing|earning|rated|growing))?";
const RANKED = new RegExp(
  `\\b(?:(${GOOD}|${BAD})${ADJECTIVE}(?:[ -]${COUNT})?|${COUNT} (${GOOD}|${BAD})${ADJECTIVE})\\s+`,
);
const ASKED = /\b(?:which|what) (?=\p{L})/u;
const EXTREME = new RegExp(
  `\\b(?:with the |have the |has the |had the )?(highest|most|biggest|largest|longest|best|lowest|fewest|least|smallest|shortest|worst|slowest|fastest|hottest|warmest|coldest)\\b`,
);

const directionOf = (word: string): Ranking["direction"] => {
  if (word === "best" || word === "worst") return word;
  return new RegExp(`^(?:${BAD}|fewest)$`).test(word) ? "asc" : "desc";
};

const addRanked = (scan: Scan, index: number, ranking: Ranking, start: number): boolean => {
  const named = dimensionAt(scan, index);
  if (named === undefined) return false;
  const last = named.tokens.at(-1);
  const phrase = scan.goal.text.slice(start, last?.end);
  scan.goal.take(start, last?.end ?? start);
  addBreakdown(scan, { dimensions: [dimensionOf(named.field)], ranking });
  const few = ranking.limit === undefined ? "" : `, the first ${ranking.limit}`;
  cover(scan, phrase, `${named.field.column.name} in order of the figure${few}`);
  return true;
};

/** Takes rankings: `top 5 products`, `five best-selling products`. */
export const readRankings = (scan: Scan): void => {
  for (const { groups, start, end } of scan.goal.matches(RANKED)) {
    const index = scan.goal.tokens.findIndex((token) => token.start >= end);
    const count = numberWord(groups[2] ?? groups[3] ?? "");
    addRanked(
      scan,
      index,
      { direction: directionOf(groups[1] ?? groups[4] ?? ""), limit: count },
      start,
    );
  }
  const extreme = EXTREME.exec(scan.goal.lower);
  for (const { start, end } of scan.goal.matches(ASKED)) {
    const index = scan.goal.tokens.findIndex((token) => token.start >= end);
    const direction = directionOf(extreme?.[1] ?? "highest");
    addRanked(scan, index, { direction, limit: undefined }, start);
  }
  const within =
    /\b(?:with the|have the|has the|had the|having the) (highest|most|biggest|largest|longest|best|lowest|fewest|least|smallest|shortest|worst)\b/.exec(
      scan.goal.lower,
    );
  if (within !== null)
    scan.reading.ranking = { direction: directionOf(within[1] ?? ""), limit: undefined };
};

/** Takes dimensions that are only mentioned: `regional performance`, `the teams`. */
export const readMentions = (scan: Scan): void => {
  for (let index = 0; index < scan.goal.tokens.length; index += 1) {
    const named = dimensionAt(scan, index, 66);
    if (named === undefined) continue;
    const phrase = takeTokens(scan, named.tokens);
    addBreakdown(scan, { dimensions: [dimensionOf(named.field)] });
    cover(scan, phrase, `figures by ${named.field.column.name}`);
  }
};
