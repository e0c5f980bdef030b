// A heading must be that of its own column: two headings that changed places put right figures under
// wrong names.
import type { Finding, ResultColumn, ResultTable } from "../protocol/index.ts";
import { findingsOf, shown } from "./finding.ts";

const finding = findingsOf("schema");

const SAME: Readonly<Record<string, string>> = { "%": "pct", percent: "pct", average: "avg" };
const wordsOf = (text: string): Set<string> =>
  new Set(
    (text.toLowerCase().match(/[\p{L}\p{N}]+|%/gu) ?? []).flatMap((word) => [SAME[word] ?? word]),
  );

/** Words that make another figure of the one they stand with. */
const TELLING = new Set(["change", "deviation", "pct"]);
const weightOf = (words: Iterable<string>): number =>
  [...words].reduce((sum, word) => sum + (TELLING.has(word) ? 2 : 1), 0);

/** Part of the words that a name and a heading share, from 0 to 1. */
const likeness = (name: string, label: string): number => {
  const [left, right] = [wordsOf(name.replaceAll("_", " ")), wordsOf(label)];
  const all = weightOf(left) + weightOf(right);
  return all === 0 ? 0 : (2 * weightOf([...left].filter((word) => right.has(word)))) / all;
};

// A word more or less is no proof; both together must fit clearly better the other way round.
const EACH = 0.05;
const TOGETHER = 0.3;

const areSwapped = (left: ResultColumn, right: ResultColumn): boolean => {
  const gains = [
    likeness(left.name, right.label) - likeness(left.name, left.label),
    likeness(right.name, left.label) - likeness(right.name, right.label),
  ];
  return (
    gains.every((gain) => gain > EACH) && gains.reduce((sum, gain) => sum + gain, 0) > TOGETHER
  );
};

/** Pairs of columns each of whose headings clearly fits the other. */
export const checkHeadings = (table: ResultTable): Finding[] =>
  table.columns.flatMap((left, at) =>
    table.columns
      .slice(at + 1)
      .filter((right) => areSwapped(left, right))
      .map((right) =>
        finding(
          "wrong-label",
          `table ${table.id}: ${left.name} is headed ${shown(left.label)} and ${right.name} ${shown(right.label)}; the headings fit the other way round`,
          `tables/${table.id}/columns/${left.name}`,
        ),
      ),
  );
