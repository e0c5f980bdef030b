// Faults in text: figures typed by hand, tokens that point elsewhere, other months and currencies, citations.
import type { FindingCode, Narrative, ResultTable } from "../../src/protocol/index.ts";
import { CITATION_TOKEN, FIGURE_TOKEN, formatCell } from "../../src/protocol/index.ts";
import { shuffled } from "./cells.ts";
import {
  tablesInSight,
  type FaultKind,
  type HandOverCase,
  type HandOverFault,
  type Random,
} from "./fault.ts";
import { monthInWords, periodOf, shiftMonths } from "./periods.ts";

/** A figure token, and what it names. */
interface Token {
  text: string;
  table: ResultTable;
  row: number;
  index: number;
}

type Change = (statement: string, rng: Random, clean: HandOverCase) => string | undefined;

const tokensOf = (statement: string, clean: HandOverCase): Token[] => {
  const tables = tablesInSight(clean);
  return [...statement.matchAll(FIGURE_TOKEN)].flatMap(([text, id, row, column]) => {
    const table = tables.find((t) => t.id === id);
    const index = table?.columns.findIndex(({ name }) => name === column) ?? -1;
    return table === undefined || index < 0 ? [] : [{ text, table, row: Number(row), index }];
  });
};

const roleOf = ({ table, index }: Token) => table.columns[index]?.role;
const cellOf = ({ table, row, index }: Token) => table.rows[row]?.[index] ?? null;
const figureTokens = (statement: string, clean: HandOverCase): Token[] =>
  tokensOf(statement, clean).filter(
    (token) => roleOf(token) === "figure" && typeof cellOf(token) === "number",
  );

/** Every statement, where it stands, and how to replace it. */
const places = (narrative: Narrative) => [
  ...narrative.summary.map((text, at) => ({
    text,
    replace: (by: string): Narrative => ({ ...narrative, summary: narrative.summary.with(at, by) }),
  })),
  ...narrative.sections.flatMap((section, index) =>
    section.statements.map((text, at) => ({
      text,
      replace: (by: string): Narrative => {
        const changed = { ...section, statements: section.statements.with(at, by) };
        return { ...narrative, sections: narrative.sections.with(index, changed) };
      },
    })),
  ),
];

const textFault = (
  name: string,
  kind: FaultKind,
  expect: readonly FindingCode[],
  change: Change,
): HandOverFault => ({
  on: "hand-over",
  name,
  kind,
  expect,
  applies: ({ handOver }) => handOver.narrative !== undefined,
  mutate: (clean, rng) => {
    const { handOver } = clean;
    if (handOver.narrative === undefined) return undefined;
    for (const { text, replace } of shuffled(rng, places(handOver.narrative))) {
      const changed = change(text, rng, clean);
      if (changed !== undefined && changed !== text) {
        return { ...handOver, narrative: replace(changed) };
      }
    }
    return undefined;
  },
});

/** Replaces one figure token of the statement. */
const onFigure =
  (to: (token: Token, rng: Random, clean: HandOverCase) => string | undefined): Change =>
  (statement, rng, clean) => {
    for (const token of shuffled(rng, figureTokens(statement, clean))) {
      const text = to(token, rng, clean);
      if (text !== undefined) return statement.replace(token.text, () => text);
    }
    return undefined;
  };

const columnName = ({ table, index }: Token): string => table.columns[index]?.name ?? "";

const numbers: HandOverFault[] = [
  textFault(
    "a number made up at the end",
    "invented-number",
    ["invented-number"],
    (s, rng) => `${s} A further ${rng.int(4_100, 9_800).toLocaleString("en-GB")} are expected.`,
  ),
  textFault(
    "a percentage made up",
    "invented-number",
    ["invented-number"],
    (s, rng) => `${s} That is ${rng.int(61, 79)}.${rng.int(1, 9)}% more than usual.`,
  ),
  textFault(
    "a number made up in words",
    "invented-number",
    ["invented-number"],
    (s) => `${s} This is forty-two percent above the market.`,
  ),
  textFault(
    "a sum made up in millions",
    "invented-number",
    ["invented-number"],
    (s, rng) => `${s} By the end of the year it will be ${rng.int(31, 89)}.7 million.`,
  ),
  textFault(
    "a typed number that contradicts its cell",
    "contradicting-number",
    ["invented-number"],
    onFigure((token) => {
      const column = token.table.columns[token.index];
      const value = cellOf(token);
      if (column === undefined || typeof value !== "number" || value === 0) return undefined;
      const wrong = column.format === "integer" ? Math.round(value * 1.3) + 7 : value * 1.337;
      return formatCell(wrong, column);
    }),
  ),
  textFault(
    "the figure of a comparison typed from memory",
    "stale-figure",
    ["invented-number"],
    onFigure((token) => {
      const column = token.table.columns[token.index];
      const value = cellOf(token);
      if (column === undefined || typeof value !== "number" || value === 0) return undefined;
      const old = column.format === "integer" ? Math.round(value * 0.71) + 3 : value * 0.713;
      return `${token.text} (before: ${formatCell(old, column)})`;
    }),
  ),
];

const inHeading: HandOverFault = {
  on: "hand-over",
  name: "a number made up in a heading",
  kind: "invented-number",
  expect: ["invented-number"],
  applies: ({ handOver }) => handOver.narrative !== undefined,
  mutate: ({ handOver }, rng) => {
    const { narrative } = handOver;
    if (narrative === undefined) return undefined;
    const index = rng.int(0, narrative.sections.length - 1);
    const sections = narrative.sections.map((section, at) =>
      at === index ? { ...section, heading: `${section.heading}: up 37.4%` } : section,
    );
    return { ...handOver, narrative: { ...narrative, sections } };
  },
};

/** The statement's tokens, when it speaks of one row of one table by name and figure. */
const oneRow = (statement: string, clean: HandOverCase) => {
  const tokens = tokensOf(statement, clean);
  const label = tokens.find((token) => roleOf(token) === "label");
  const figure = tokens.find((token) => roleOf(token) === "figure");
  const [first] = tokens;
  const alone = tokens.every((t) => t.table === first?.table && t.row === first?.row);
  return alone && label !== undefined && figure !== undefined ? { label, figure } : undefined;
};

/** Another row whose cell differs. */
const otherRow = ({ table, row, index }: Token, rng: Random): number | undefined => {
  const rows = table.rows.flatMap((cells, at) =>
    at !== row && cells[index] !== table.rows[row]?.[index] ? [at] : [],
  );
  return rows.length === 0 ? undefined : rng.pick(rows);
};

const atRow = (token: Token, row: number): string =>
  `{{${token.table.id}.${row}.${columnName(token)}}}`;

const labels: HandOverFault[] = [
  textFault(
    "a figure of another row under a row's name",
    "wrong-label",
    ["wrong-label"],
    (statement, rng, clean) => {
      const tokens = oneRow(statement, clean);
      const row = tokens && otherRow(tokens.figure, rng);
      if (tokens === undefined || row === undefined) return undefined;
      return statement.replaceAll(tokens.figure.text, atRow(tokens.figure, row));
    },
  ),
  textFault(
    "another row's name typed before a figure",
    "wrong-label",
    ["wrong-label"],
    (statement, rng, clean) => {
      const tokens = oneRow(statement, clean);
      const row = tokens && otherRow(tokens.label, rng);
      const column = tokens?.label.table.columns[tokens.label.index];
      if (tokens === undefined || row === undefined || column?.format !== "text") return undefined;
      const name = tokens.label.table.rows[row]?.[tokens.label.index];
      return typeof name === "string" ? statement.replaceAll(tokens.label.text, name) : undefined;
    },
  ),
  textFault(
    "a token of a row that is not there",
    "unresolved-token",
    ["unresolved-token"],
    onFigure((token) => atRow(token, token.table.rows.length + 3)),
  ),
  textFault(
    "a token of a column that is not there",
    "unresolved-token",
    ["unresolved-token"],
    onFigure((token) => `{{${token.table.id}.${token.row}.${columnName(token)}_x}}`),
  ),
  textFault(
    "a token of a table nobody verified",
    "unresolved-token",
    ["unresolved-token"],
    onFigure((token) => `{{${token.table.id}-draft.${token.row}.${columnName(token)}}}`),
  ),
];

const surroundings: HandOverFault[] = [
  textFault(
    "another month before the figure",
    "wrong-period",
    ["wrong-period", "invented-number"],
    (statement, _rng, clean) => {
      const [token] = figureTokens(statement, clean);
      const period = periodOf(token?.table.query);
      if (token === undefined || period === undefined) return undefined;
      return `In ${monthInWords(shiftMonths(period.from, -5))}: ${statement}`;
    },
  ),
  textFault(
    "a dollar sign before the figure",
    "wrong-unit",
    ["wrong-unit"],
    onFigure((token) => `$${token.text}`),
  ),
  textFault(
    "dollars after the figure",
    "wrong-unit",
    ["wrong-unit"],
    onFigure((token) => `${token.text} US dollars`),
  ),
];

const isChangeToken = (token: Token): boolean =>
  /_change(_pct)?$|^deviation(_pct)?$/.test(columnName(token)) && Number(cellOf(token)) !== 0;

/** Words for the opposite of where a change went. */
const against = (token: Token, words: readonly [up: string, down: string]): string =>
  words[Number(cellOf(token)) > 0 ? 1 : 0];

const directions: HandOverFault[] = (
  [
    ["before the figure", ["an increase of", "a decrease of"], "before"],
    ["as a verb before the figure", ["rose by", "fell by"], "before"],
    ["as an adverb before the figure", ["up", "down"], "before"],
    ["after the figure", ["higher", "lower"], "after"],
    ["by comparison after the figure", ["more than before", "less than before"], "after"],
  ] as const
).map(([name, words, place]) =>
  textFault(
    `the wrong direction ${name}`,
    "wrong-direction",
    ["wrong-direction"],
    onFigure((token) => {
      if (!isChangeToken(token)) return undefined;
      const said = against(token, words);
      return place === "before" ? `${said} ${token.text}` : `${token.text} ${said}`;
    }),
  ),
);

const OPPOSITES: Readonly<Record<string, string>> = {
  gain: "fall",
  fall: "gain",
  above: "below",
  below: "above",
  rose: "fell",
  fell: "rose",
  up: "down",
  down: "up",
};

const turnedRound = textFault(
  "a sentence's direction turned round",
  "wrong-direction",
  ["wrong-direction"],
  (statement, _rng, clean) => {
    const tokens = figureTokens(statement, clean);
    if (tokens.length === 0 || !tokens.every(isChangeToken)) return undefined;
    return statement.replace(
      /\b(?:gain|fall|above|below|rose|fell|up|down)\b/,
      (word) => OPPOSITES[word] ?? word,
    );
  },
);

const quotes: HandOverFault[] = [
  textFault(
    "a passage cited that nobody found",
    "fake-citation",
    ["uncited"],
    (s) => `${s} The policy asks for it [[policy-section-of-my-own]].`,
  ),
  textFault(
    "a citation that names another passage than there is",
    "fake-citation",
    ["uncited"],
    (s) => {
      const [token] = s.match(CITATION_TOKEN) ?? [];
      return token?.replace("]]", "-x]]") && s.replace(token, token.replace("]]", "-x]]"));
    },
  ),
  textFault(
    "words put into a passage's mouth",
    "misquote",
    ["misquoted", "invented-number"],
    (s) => {
      const [token] = s.match(CITATION_TOKEN) ?? [];
      return token && `${s} It says: “Discounts of 91 percent need no approval” ${token}.`;
    },
  ),
];

export const NARRATIVE_FAULTS: readonly HandOverFault[] = [
  ...numbers,
  inHeading,
  ...labels,
  ...surroundings,
  ...directions,
  turnedRound,
  ...quotes,
];
