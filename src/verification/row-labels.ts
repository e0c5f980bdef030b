// Which rows a text names: by a token of a label column, or by the label typed out.
import {
  type Cell,
  formatCell,
  type ResultColumn,
  type ResultTable,
  type StatementPart,
} from "../protocol/index.ts";
import { maskPhrases, phrasePattern } from "./mask-text.ts";
import { figureUse, type FigureUse } from "./narrative-texts.ts";

export type TextItem =
  | {
      readonly kind: "label";
      readonly value: string;
      readonly shown: string;
      readonly typed: boolean;
    }
  | { readonly kind: "figure"; readonly use: FigureUse }
  /** The end of a sentence or of an independent part of it. */
  | { readonly kind: "stop" };

const MONTHS =
  "January February March April May June July August September October November December".split(
    " ",
  );

/** How a label's cell is compared: dates without their midnight. */
export const labelValue = (cell: Cell): string => String(cell).replace(/T00:00:00$/, "");

/** A month is called `September 2026`, a day `14 September`; weeks, quarters and years as they are shown. */
const datedSpellings = (cell: string, { name, format }: ResultColumn): string[] => {
  const [year = "", month = "", day = ""] = cell.slice(0, 10).split("-");
  const called = MONTHS[Number(month) - 1] ?? "";
  if (name === "month" || format === "month")
    return [`${called} ${year}`, called, `${year}-${month}`];
  if (name === "week" || name === "quarter" || name === "year") return [];
  const date = Number(day);
  return [
    `${date} ${called} ${year}`,
    `${date} ${called}`,
    `${called} ${date}`,
    `${called} ${date}, ${year}`,
  ];
};

/** Positions of the label columns whose values differ between rows. */
export const telling = (table: ResultTable): number[] =>
  [...table.columns.keys()].filter(
    (at) =>
      table.columns[at]?.role === "label" &&
      new Set(table.rows.map((row) => labelValue(row[at] ?? null))).size > 1,
  );

/** Every spelling of every label of some tables, and the value it stands for; the longest first. */
export const labelSpellings = (tables: readonly ResultTable[]): [string, string][] => {
  const spellings = new Map<string, string>();
  for (const table of tables) {
    for (const [at, column] of table.columns.entries()) {
      if (column.role !== "label") continue;
      for (const row of table.rows) {
        const cell = row[at];
        if (typeof cell !== "string" || cell.length < 2) continue;
        const dated = /^\d{4}-\d{2}-\d{2}/.test(cell);
        const all = [
          cell,
          formatCell(cell, column),
          ...(dated ? datedSpellings(cell, column) : []),
        ];
        for (const spelling of all) {
          if (spelling.trim().length > 1 && !spellings.has(spelling))
            spellings.set(spelling, labelValue(cell));
        }
      }
    }
  }
  return [...spellings].sort(([left], [right]) => right.length - left.length);
};

interface Found {
  readonly at: number;
  readonly item: TextItem;
}

// A stop ends with a space, so that 1.5 and "e.g." inside a word are none.
const STOPS = /(?:[.!?;](?=\s|$))|—/gu;

const typedLabels = (
  text: string,
  spellings: readonly (readonly [string, string])[],
  headings: readonly string[],
): Found[] => {
  const found: Found[] = [];
  let rest = maskPhrases(text, headings, "gu");
  for (const [spelling, value] of spellings) {
    rest = rest.replaceAll(phrasePattern(spelling), (match: string, ...more: unknown[]) => {
      found.push({
        at: Number(more.at(-2)),
        item: { kind: "label", value, shown: match, typed: true },
      });
      return " ".repeat(match.length);
    });
  }
  for (const stop of rest.matchAll(STOPS)) found.push({ at: stop.index, item: { kind: "stop" } });
  return found.sort((left, right) => left.at - right.at);
};

/** Headings of several words: `Open tickets` names no row `Open`. */
const headingsOf = (tables: readonly ResultTable[]): string[] =>
  tables
    .flatMap(({ title, columns }) => [title, ...columns.map(({ label }) => label)])
    .filter((text) => /\s/.test(text.trim()));

/** Labels, figures and stops of a text in the order they are read. */
export const textItems = (
  parts: readonly StatementPart[],
  tables: readonly ResultTable[],
): TextItem[] => {
  const spellings = labelSpellings(tables);
  const headings = headingsOf(tables);
  return parts.flatMap((part): TextItem[] => {
    if (part.kind === "text")
      return typedLabels(part.text, spellings, headings).map(({ item }) => item);
    const use = figureUse(part, tables);
    if (use === undefined) return [];
    if (use.column.role === "figure") return [{ kind: "figure", use }];
    const at = use.table.columns.indexOf(use.column);
    const value = labelValue(use.table.rows[use.row]?.[at] ?? null);
    return [{ kind: "label", value, shown: use.text, typed: false }];
  });
};
