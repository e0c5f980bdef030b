// Measures: "average and maximum temperature", "no-show rate", "revenue per order", "how many tickets".
import { conceptOf } from "./concepts.ts";
import { AGGREGATE_WORDS, SUPERLATIVES, type AggregateWord } from "./lexicon.ts";
import type { GoalToken } from "./goal-text.ts";
import {
  columnMeasure,
  computedRevenue,
  distinctCount,
  flagCount,
  marginMeasure,
  perMeasure,
  rateMeasure,
  rowCount,
  usualAggregate,
} from "./measure-choice.ts";
import { dimensionAt } from "./read-dimensions.ts";
import { cover, type MeasureChoice, type Scan } from "./reading.ts";
import {
  bestFields,
  isDimension,
  isDuration,
  isMeasure,
  matchScore,
  type Field,
} from "./schema.ts";
import { slug } from "./words.ts";

type Aggregate = Exclude<AggregateWord, "rate">;

const describe = (choice: MeasureChoice): string => {
  const last = choice.measures.at(-1);
  if (last === undefined) return choice.label;
  if ("ratio" in last) return `${last.ratio[0]} divided by ${last.ratio[1]}`;
  if ("difference" in last) return `${last.difference[0]} less ${last.difference[1]}`;
  if (last.of === undefined) return "number of rows";
  const of = "column" in last.of ? last.of.column : `${last.of.left} × ${last.of.right}`;
  const verb = {
    sum: "sum",
    avg: "average",
    min: "lowest",
    max: "highest",
    median: "median",
    count: "count",
    count_distinct: "number of different values",
  }[last.aggregate];
  return `${verb} of ${of}`;
};

export const addMeasure = (scan: Scan, phrase: string, choice: MeasureChoice): void => {
  const { measures, places } = scan.reading;
  if (!measures.some(({ as }) => as === choice.as)) {
    measures.push(choice);
    places.set(choice.as, scan.goal.text.indexOf(phrase));
    measures.sort((a, b) => (places.get(a.as) ?? 0) - (places.get(b.as) ?? 0));
  }
  cover(scan, phrase, describe(choice));
};

interface Named {
  readonly field: Field;
  readonly tokens: readonly GoalToken[];
}

const choose = (scan: Scan, phrase: string, fields: readonly Field[]): Field | undefined => {
  const [first] = fields;
  if (first === undefined || fields.length === 1) return first;
  const id = `measure_${slug(phrase).replaceAll("-", "_")}`;
  const answer = scan.answers[id];
  const chosen =
    typeof answer === "string"
      ? fields.find(({ column, label }) => [column.name, column.header, label].includes(answer))
      : undefined;
  if (chosen !== undefined) return chosen;
  scan.reading.questions.push({
    id,
    word: phrase,
    options: fields.map(({ column }) => column.name),
  });
  return first;
};

/** The measure or yes-or-no column named at a token, longest phrase first. */
const measureAt = (scan: Scan, index: number): Named | undefined => {
  const measures = scan.schema.fields.filter((field) => isMeasure(field) || field.flag);
  for (let length = 4; length > 0; length -= 1) {
    const tokens = scan.goal.run(index, length);
    if (tokens === undefined) continue;
    const words = tokens.map((token) => token.stem);
    const best = bestFields(words, measures);
    if (best.fields.length === 0) continue;
    const dimensions = scan.schema.fields.filter((field) => isDimension(field) && !field.flag);
    if (dimensions.some((field) => matchScore(words, field) > best.score)) continue;
    const field = choose(scan, scan.goal.phrase(tokens), best.fields);
    if (field !== undefined) return { field, tokens };
  }
  return undefined;
};

const COUNTING =
  /(?:\bnumber of|\bcount of|\bhow many|\bcounts? of|\btotal number of)(?: the| all)? $/;

interface Around {
  readonly aggregates: AggregateWord[];
  readonly superlative: string | undefined;
  readonly start: number;
  readonly counted: boolean;
}

const NEVER = new Set(["of", "the", "our", "in", "for"]);

/** Walks left over `average and maximum`, and looks right for `rate`, `average`. */
const aggregatesAround = (scan: Scan, index: number, tokens: readonly GoalToken[]): Around => {
  const all = scan.goal.tokens;
  const aggregates: AggregateWord[] = [];
  let superlative: string | undefined;
  let start = tokens[0]?.start ?? 0;
  let at = index - 1;
  for (;;) {
    const token = all[at];
    if (token === undefined || token.taken) break;
    const word = AGGREGATE_WORDS[token.word];
    if (word !== undefined) {
      if (SUPERLATIVES.has(token.word)) superlative = token.word;
      aggregates.unshift(word);
      start = token.start;
      at -= 1;
    } else if (NEVER.has(token.word) && AGGREGATE_WORDS[all[at - 1]?.word ?? ""] !== undefined)
      at -= 1;
    else if (
      (token.word === "and" || token.word === "or") &&
      aggregates.length > 0 &&
      AGGREGATE_WORDS[all[at - 1]?.word ?? ""] !== undefined
    )
      at -= 1;
    else break;
  }
  const after = all[index + tokens.length];
  const right =
    after === undefined || after.taken || after.breakBefore
      ? undefined
      : AGGREGATE_WORDS[after.word];
  if (
    after !== undefined &&
    right !== undefined &&
    (right === "rate" || aggregates.length === 0) &&
    !SUPERLATIVES.has(after.word)
  ) {
    aggregates.push(right);
    after.taken = true;
  }
  const counted = COUNTING.test(scan.goal.lower.slice(0, tokens[0]?.start ?? 0));
  return { aggregates: [...new Set(aggregates)], superlative, start, counted };
};

const flagChoices = (field: Field, { aggregates, counted }: Around): MeasureChoice[] => {
  const choices =
    aggregates.includes("rate") || (aggregates.length === 0 && !counted)
      ? [rateMeasure(field)]
      : [];
  return counted || aggregates.includes("sum")
    ? [...choices, flagCount(field)]
    : choices.length > 0
      ? choices
      : [rateMeasure(field)];
};

/** "Highest revenue" of teams is an order; "highest temperature" is an aggregate. */
const numberChoices = (scan: Scan, field: Field, around: Around): MeasureChoice[] => {
  const usual = usualAggregate(field);
  const ordered = around.superlative !== undefined && scan.reading.breakdowns.length > 0;
  const wanted = around.aggregates.filter((word): word is Aggregate => word !== "rate");
  const others = wanted.filter((word) => word !== "max" && word !== "min");
  const extremes = ordered && (usual === "sum" || others.length > 0) ? others : wanted;
  const sums = extremes.filter((word) => !(word === "sum" && usual === "avg"));
  const [only] = sums;
  const ranked =
    scan.reading.ranking !== undefined || scan.reading.breakdowns.some(({ ranking }) => ranking);
  if (ranked && sums.length === 1 && (only === "max" || only === "min")) {
    // Of a duration the usual case tells more than the worst; of a level the peak does.
    const both = isDuration(field) ? (["avg", only] as const) : ([only, "avg"] as const);
    return both.map((aggregate) => columnMeasure(field, aggregate));
  }
  return (sums.length === 0 ? [usual] : sums).map((aggregate) => columnMeasure(field, aggregate));
};

/** `revenue per order`: the second figure, when one is named after `per`. */
const perAfter = (
  scan: Scan,
  index: number,
): { choice: MeasureChoice; end: GoalToken } | undefined => {
  const word = scan.goal.tokens[index]?.word;
  if (word !== "per") return undefined;
  const entity = entityAt(scan, index + 1);
  const last = entity?.at(-1);
  if (last !== undefined) return { choice: rowCount(scan.schema), end: last };
  const named = measureAt(scan, index + 1);
  const end = named?.tokens.at(-1);
  if (named === undefined || end === undefined || named.field.flag) return undefined;
  return { choice: columnMeasure(named.field, "sum"), end };
};

/** Words for the rows themselves: `tickets`, `support tickets`. */
export const entityAt = (scan: Scan, index: number): GoalToken[] | undefined => {
  const { words, concept } = scan.schema.entity;
  for (let length = 3; length > 0; length -= 1) {
    const tokens = scan.goal.run(index, length);
    const stems = tokens?.map((token) => token.stem) ?? [];
    if (tokens === undefined) continue;
    if (stems.join(" ") === words.join(" ")) return tokens;
    if (concept !== undefined && conceptOf(stems)?.id === concept.id) return tokens;
    if (length === 1 && ["row", "record", "entry"].includes(stems[0] ?? "")) return tokens;
  }
  return undefined;
};

const MARGIN = /\b(?:gross |profit |contribution |net )?(margins?|profits?|profitability)\b/;

/** Takes margins and profits, when revenue and cost are there and no column has that name. */
export const readMargins = (scan: Scan): void => {
  for (const { groups, phrase, start, end } of scan.goal.matches(MARGIN)) {
    const word =
      (groups[1] ?? "").startsWith("margin") || groups[1] === "profitability" ? "margin" : "profit";
    if (scan.schema.fields.some((field) => isMeasure(field) && matchScore([word], field) >= 90))
      continue;
    const choice = marginMeasure(scan.schema, word);
    if (choice === undefined) continue;
    scan.goal.take(start, end);
    addMeasure(scan, phrase, choice);
  }
};

const ORDER_VALUE = /\b(?:average |mean )?(?:order|basket|purchase|transaction) (?:value|size)s?\b/;

/** Takes `average order value`: revenue divided by the number of rows. */
export const readOrderValue = (scan: Scan): void => {
  const revenue = computedRevenue(scan.schema);
  if (
    revenue === undefined ||
    !["order", "sale"].includes(scan.schema.entity.concept?.id ?? scan.schema.entity.words[0] ?? "")
  )
    return;
  for (const { phrase } of scan.goal.takeAll(ORDER_VALUE))
    addMeasure(scan, phrase, perMeasure(revenue, rowCount(scan.schema)));
};

/** Takes every measure that a column answers. */
export const readMeasures = (scan: Scan): void => {
  for (let index = 0; index < scan.goal.tokens.length; index += 1) {
    const named = measureAt(scan, index);
    if (named === undefined) continue;
    const around = aggregatesAround(scan, index, named.tokens);
    const last = named.tokens.at(-1);
    scan.goal.take(around.start, last?.end ?? around.start);
    const phrase = scan.goal.text.slice(around.start, last?.end);
    const per = named.field.flag ? undefined : perAfter(scan, index + named.tokens.length);
    if (per !== undefined) {
      scan.goal.take(around.start, per.end.end);
      addMeasure(
        scan,
        scan.goal.text.slice(around.start, per.end.end),
        perMeasure(columnMeasure(named.field, "sum"), per.choice),
      );
      continue;
    }
    const choices = named.field.flag
      ? flagChoices(named.field, around)
      : numberChoices(scan, named.field, around);
    for (const choice of choices) addMeasure(scan, phrase, choice);
    if (!named.field.flag && around.aggregates.includes("rate")) {
      cover(scan, phrase, "the amounts; a chart shows each part of the whole");
    }
  }
};

/** Revenue that is no column but quantity times price. */
export const readComputedRevenue = (scan: Scan): void => {
  const revenue = computedRevenue(scan.schema);
  if (revenue === undefined) return;
  for (let index = 0; index < scan.goal.tokens.length; index += 1) {
    const tokens = scan.goal.run(index, 1);
    if (tokens === undefined || conceptOf(tokens.map((token) => token.stem))?.id !== "revenue")
      continue;
    for (const token of tokens) token.taken = true;
    addMeasure(scan, scan.goal.phrase(tokens), revenue);
  }
};

const COUNT_BEFORE =
  /(?:\bnumber of|\bcount of|\bhow many|\bvolume of|\btotal|\bcounts? of)(?: the| all| our)? $/;
const COUNT_AFTER = /^ (?:counts?|volumes?|numbers|totals?|arrived|came|were|opened|received)\b/;
const NOT_COUNTED_BEFORE =
  /\b(?:of|for|in|from|with|on|about|to|between) (?:the |our |all |these )?$/;
const NOT_COUNTED_AFTER =
  /^ (?:report|data|overview|summary|review|dashboard|update|with|that|whose|were|was|are|take|took)\b/;

/** Takes the words for rows; counts them where they are a figure of their own. */
export const readEntity = (scan: Scan): void => {
  for (let index = 0; index < scan.goal.tokens.length; index += 1) {
    const tokens = entityAt(scan, index);
    const [first, last] = [tokens?.[0], tokens?.at(-1)];
    if (tokens === undefined || first === undefined || last === undefined) continue;
    const [before, after] = [
      scan.goal.lower.slice(0, first.start),
      scan.goal.lower.slice(last.end),
    ];
    for (const token of tokens) token.taken = true;
    const noun = /^ (?:counts?|volumes?|numbers|totals?)\b/.exec(after)?.[0] ?? "";
    scan.goal.take(last.end, last.end + noun.length);
    scan.reading.entity = true;
    const counted = COUNT_BEFORE.test(before) || COUNT_AFTER.test(after);
    const plain = !NOT_COUNTED_BEFORE.test(before) && !NOT_COUNTED_AFTER.test(after);
    if (
      counted ||
      (plain &&
        (scan.reading.measures.length === 0 ||
          /[,]\s*$|\band $/.test(before) ||
          /^\s*(?:,|and\b)/.test(after)))
    ) {
      addMeasure(scan, scan.goal.phrase(tokens), rowCount(scan.schema));
    } else cover(scan, scan.goal.phrase(tokens), `rows of ${scan.schema.table.name}`);
  }
};

/** `number of customers`: different values of a column. */
export const readDistinctCounts = (scan: Scan): void => {
  const pattern =
    /\b(?:number of(?: different| unique| distinct)?|how many(?: different| unique| distinct)?|unique|distinct|different) (?=\p{L})/u;
  for (const { start, end } of scan.goal.matches(pattern)) {
    const index = scan.goal.tokens.findIndex((token) => token.start >= end);
    const named = index < 0 ? undefined : (dimensionAt(scan, index, 66) ?? keyAt(scan, index));
    if (named === undefined || named.field.flag || entityAt(scan, index) !== undefined) continue;
    const last = named.tokens.at(-1);
    scan.goal.take(start, last?.end ?? end);
    addMeasure(scan, scan.goal.text.slice(start, last?.end), distinctCount(named.field));
  }
};

const keyAt = (scan: Scan, index: number): Named | undefined => {
  const keys = scan.schema.fields.filter(
    ({ column }) => column.role === "key" || column.role === "text",
  );
  const tokens = scan.goal.run(index, 1);
  const field =
    tokens === undefined
      ? undefined
      : bestFields(
          tokens.map((token) => token.stem),
          keys,
        ).fields[0];
  return tokens === undefined || field === undefined ? undefined : { field, tokens };
};
