// A change has a sign, and the words beside it must not say the opposite: "rose by -4%".
import type { Finding } from "../protocol/index.ts";
import { isChange } from "../protocol/index.ts";
import { findingsOf } from "./finding.ts";
import { figureUse, type Facts, type FigureUse, type NarrativeText } from "./narrative-texts.ts";

const finding = findingsOf("narrative");

type Direction = 1 | -1;

/** Words that move: they may stand before the change or after it. */
const MOVES: readonly (readonly [Direction, string])[] = [
  [
    1,
    "rise|rises|rose|risen|rising|up|grow|grows|grew|grown|growing|increase|increases|increased|increasing|gain|gains|gained|gaining|climb|climbs|climbed|upward|upwards",
  ],
  [
    -1,
    "fall|falls|fell|fallen|falling|down|drop|drops|dropped|dropping|decline|declines|declined|declining|decrease|decreases|decreased|decreasing|shrank|shrunk|shrink|shrinks|sank|sunk|slipped|downward|downwards|reduction",
  ],
];
/** Words that compare: they tell the direction of the change they follow. */
const COMPARES: readonly (readonly [Direction, string])[] = [
  [1, "above|higher|more"],
  [-1, "below|lower|less|fewer"],
];
/** Before a change only these say its direction: `furthest below the plan:`, `lower by`. */
const LEADS: readonly (readonly [Direction, string])[] = [
  [1, "above(?! (?:than )?$)|(?:higher|more)(?= by)"],
  [-1, "below(?! (?:than )?$)|(?:lower|less|fewer)(?= by)"],
];

const wordPattern = (words: string): string => `(?<![\\p{L}-])(?:${words})(?![\\p{L}-])`;
const LEAD_PATTERNS = [...MOVES, ...LEADS].map(
  ([sign, words]) => [sign, new RegExp(wordPattern(words), "giu")] as const,
);
const AFTER_PATTERNS = [...COMPARES, ...MOVES].map(
  ([sign, words]) => [sign, new RegExp(`^[\\s)]*${wordPattern(words)}`, "iu")] as const,
);
/** Not directions: `broken down by`, `made up of`, `up to`, `in fall`. */
const IDIOMS =
  /\b(?:(?:break|breaks|broken|broke|drill|drilled) down|(?:made|make|makes|adds?|sums?|set|look|looked) up|(?:up|down) to|no more than|(?:more|less) or less|(?:in|this|last|next) fall|(?:follow|end|pick|speed|back)(?:s|ed|ing)? up|(?:came|comes?|catch|slow(?:s|ed)?) (?:up|down))\b/giu;
/** What turns a sentence round: a denial, or a subject that the change is measured against. */
const TURNED =
  /\b(?:not|never|no|without|neither|nor|negative|instead of|rather than)\b|n['’]t\b|(?<!\b(?:on|against|than|from|over|to|of|with|versus|vs\.?) (?:the )?)\b(?:plan|target|budget|forecast|(?:last|previous|prior) (?:week|month|quarter|year)|a year (?:earlier|before)) (?:was|were|had been|lay|stood|is)\b/iu;

interface Placed {
  readonly use: FigureUse;
  readonly sign: Direction;
  readonly before: string;
  readonly after: string;
}

const signOf = ({ table, column, row }: FigureUse): Direction | undefined => {
  const at = table.columns.indexOf(column);
  const value = Number(table.rows[row]?.[at] ?? 0);
  return value > 0 ? 1 : value < 0 ? -1 : undefined;
};

// A clause ends with a mark or with a word that begins another thought.
const CLAUSE = /[;:—]|[.!?](?=\s|$)|,|\b(?:while|but|whereas|although|though|and|despite)\b/giu;
const lastClause = (text: string): string => text.split(CLAUSE).at(-1) ?? "";
const firstClause = (text: string): string => text.split(CLAUSE)[0] ?? "";
/** Marks between a word and its figure do not part them: `the largest fall is that of North: -4%`. */
const leadIn = (text: string): string => lastClause(text.replace(/[\s,:(]+$/, " "));

/** Changes with the words around them, up to the next figure of any kind. */
const placedChanges = (text: NarrativeText, facts: Facts): Placed[] => {
  const found: Placed[] = [];
  let before = "";
  for (const [at, part] of text.parts.entries()) {
    if (part.kind !== "figure") {
      before += part.kind === "text" ? part.text : " ";
      continue;
    }
    const use = figureUse(part, facts.tables);
    if (use?.column.role === "label") {
      before += " ";
      continue;
    }
    const next = text.parts[at + 1];
    const after = next?.kind === "text" ? next.text : "";
    const sign = use !== undefined && isChange(use.column) ? signOf(use) : undefined;
    if (use !== undefined && sign !== undefined)
      found.push({ use, sign, before: before.replaceAll(IDIOMS, " "), after });
    before = "";
  }
  return found;
};

interface Word {
  readonly sign: Direction;
  readonly word: string;
  /** Nothing but `by` or `of` stands between it and the figure. */
  readonly adjacent: boolean;
}

/** The last word of a text that says a direction. */
const lastWord = (text: string): Word | undefined =>
  LEAD_PATTERNS.flatMap(([sign, pattern]) =>
    [...text.matchAll(pattern)].map((match) => ({
      sign,
      word: match[0],
      at: match.index,
      adjacent: /^\s*(?:by|of)?\s*$/i.test(text.slice(match.index + match[0].length)),
    })),
  ).sort((left, right) => right.at - left.at)[0];

const firstWord = (text: string): Word | undefined =>
  AFTER_PATTERNS.flatMap(([sign, pattern]) => {
    const match = pattern.exec(text);
    return match === null ? [] : [{ sign, word: match[0].trim(), adjacent: true }];
  })[0];

/** The word after a figure is nearest to it; but `grew {{…}} less than the plan` is a comparison. */
const wordOf = (lead: string, trail: string): Word | undefined => {
  const [before, after] = [lastWord(lead), firstWord(trail)];
  const compares = /^(?:more|less|fewer)$/i.test(after?.word ?? "");
  return before?.adjacent === true && compares ? before : (after ?? before);
};

/** Findings for the changes of one text that its words turn round. */
export const checkDirections = (text: NarrativeText, facts: Facts): Finding[] =>
  placedChanges(text, facts).flatMap(({ use, sign, before, after }) => {
    const [lead, trail] = [leadIn(before), firstClause(after).replaceAll(IDIOMS, " ")];
    const said = wordOf(lead, trail);
    if (said === undefined || said.sign === sign || TURNED.test(`${lead} ${trail}`)) return [];
    return [
      finding(
        "wrong-direction",
        `the text says ${JSON.stringify(said.word)} of ${use.text} (${use.table.id}.${use.row}.${use.column.name}), which went ${sign > 0 ? "up" : "down"}`,
        text.where,
      ),
    ];
  });
