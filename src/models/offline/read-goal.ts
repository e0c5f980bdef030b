// Reads a goal (or a follow-up): each reader takes the phrases it understands; what is left is named.
import { takeComparisons } from "./comparison-phrases.ts";
import { GoalText, type GoalToken } from "./goal-text.ts";
import { EMPTY_WORDS } from "./lexicon.ts";
import { takePeriods } from "./period-phrases.ts";
import { rangeLabel } from "./calendar.ts";
import { readBreakdowns, readMentions, readRankings } from "./read-dimensions.ts";
import { readConditions, readValues } from "./read-filters.ts";
import {
  readComputedRevenue,
  readDistinctCounts,
  readEntity,
  readMargins,
  readMeasures,
  readOrderValue,
} from "./read-measures.ts";
import {
  readAnomalies,
  readDocuments,
  readGrowth,
  readRemovals,
  readRhythm,
  readUnsupported,
} from "./read-operations.ts";
import { cover, emptyReading, type Reading, type Scan } from "./reading.ts";
import { timeWord, type TableSchema } from "./schema.ts";
import { UNIT_WORDS } from "./lexicon.ts";
import { wordsOf } from "./words.ts";

export interface GoalSetting {
  readonly schema: TableSchema;
  readonly plan: TableSchema | undefined;
  readonly tables: readonly TableSchema[];
  readonly documents: readonly string[];
  readonly today: string;
  readonly answers: Readonly<Record<string, unknown>>;
}

const readPeriods = (scan: Scan): void => {
  for (const period of takePeriods(scan.goal, scan.period)) {
    scan.reading.periods.push(period);
    cover(scan, period.phrase, rangeLabel(period.range));
  }
};

const readComparisons = (scan: Scan): void => {
  scan.reading.comparisons.push(...takeComparisons(scan.goal));
};

/** Takes the word that says by which event rows are dated: "closed" when the time column is closed_at. */
const readTimeWord = (scan: Scan): void => {
  for (const token of scan.goal.tokens) {
    const field = token.taken ? undefined : timeWord(scan.schema, token.word);
    if (field === undefined || field !== scan.schema.time) continue;
    token.taken = true;
    cover(scan, token.text, `dated by ${field.column.name}`);
  }
};

const CURRENCY = /\b(?:in )?(eur|euros?|usd|dollars?|gbp|pounds?|chf)\b/;
/** Takes a currency that is the data's own; another one stays and is listed. */
const readCurrency = (scan: Scan): void => {
  const own = new Set(scan.schema.fields.map(({ unit }) => unit));
  for (const { groups, phrase, start, end } of scan.goal.matches(CURRENCY)) {
    const code = UNIT_WORDS[(groups[1] ?? "").replace(/s$/, "")];
    if (!own.has(code)) continue;
    scan.goal.take(start, end);
    cover(scan, phrase, `amounts are in ${code ?? ""}`);
  }
};

/** Takes words that name the tables themselves: "support" of `support_tickets.csv`. */
const readTableNames = (scan: Scan, tables: readonly TableSchema[]): void => {
  const names = new Map(
    tables.flatMap(({ table }) =>
      wordsOf(`${table.name} ${table.sheet ?? ""}`).map((word) => [word, table.name] as const),
    ),
  );
  for (const token of scan.goal.tokens) {
    const table = names.get(token.stem);
    if (token.taken || table === undefined) continue;
    token.taken = true;
    scan.reading.entity = true;
    cover(scan, token.text, `table ${table}`);
  }
};

const REPORTED =
  /^[ -](?:report|data|dataset|overview|summary|review|dashboard|update|figures|numbers|statistics)\b/;
/** Takes `sensor` of "sensor report": the table's name, not a breakdown. */
const readTableReport = (scan: Scan): void => {
  const names = new Set(wordsOf(scan.schema.table.name));
  for (const token of scan.goal.tokens) {
    if (token.taken || !names.has(token.stem) || !REPORTED.test(scan.goal.lower.slice(token.end)))
      continue;
    token.taken = true;
    scan.reading.entity = true;
    cover(scan, token.text, `table ${scan.schema.table.name}`);
  }
};

const isEmpty = (token: GoalToken): boolean =>
  EMPTY_WORDS.has(token.word) || EMPTY_WORDS.has(token.stem) || token.word.length < 2;

/** What nobody took and what is not an empty word, adjacent words together. */
const leftOver = (goal: GoalText): string[] => {
  const groups: GoalToken[][] = [];
  let before: GoalToken | undefined;
  for (const token of goal.tokens) {
    const open = !token.taken && !isEmpty(token);
    if (open) {
      const last = before !== undefined && !token.breakBefore ? groups.at(-1) : undefined;
      if (last === undefined) groups.push([token]);
      else last.push(token);
    }
    before = open ? token : undefined;
  }
  return groups.map((tokens) => goal.phrase(tokens));
};

/** Reads a text against a table. `followUp` allows removals. */
export const readGoal = (text: string, setting: GoalSetting, followUp = false): Reading => {
  const { schema, plan, documents, today, answers } = setting;
  const scan: Scan = {
    goal: new GoalText(text),
    schema,
    plan,
    documents,
    period: { today, first: schema.first, last: schema.last },
    answers,
    reading: emptyReading(),
  };
  readDocuments(scan);
  readUnsupported(scan);
  if (followUp) readRemovals(scan);
  readComparisons(scan);
  readGrowth(scan);
  readConditions(scan);
  readPeriods(scan);
  readRhythm(scan);
  readAnomalies(scan);
  readDistinctCounts(scan);
  readRankings(scan);
  readBreakdowns(scan);
  readValues(scan);
  readMargins(scan);
  readOrderValue(scan);
  readMeasures(scan);
  readComputedRevenue(scan);
  readEntity(scan);
  readTableReport(scan);
  readMentions(scan);
  readTimeWord(scan);
  readCurrency(scan);
  readTableNames(scan, setting.tables);
  scan.reading.notCovered.push(...leftOver(scan.goal));
  return scan.reading;
};

/** True when a goal says something about this table. */
export const saysSomething = (reading: Reading): boolean =>
  reading.measures.length > 0 ||
  reading.breakdowns.length > 0 ||
  reading.filters.length > 0 ||
  (reading.entity && reading.notCovered.length <= 2) ||
  (reading.notCovered.length === 0 && (reading.report || reading.anomalies));

/** How much of a goal a table answers; the table with most is the goal's. */
export const fit = (reading: Reading): number =>
  3 * reading.measures.length +
  2 * reading.breakdowns.length +
  2 * reading.filters.length +
  (reading.entity ? 1 : 0) -
  2 * reading.notCovered.length;
