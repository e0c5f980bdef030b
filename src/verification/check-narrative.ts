// Text against verified results: every figure is a cell, stands with its row's name, in its unit and
// its period; nothing that looks like a figure was typed.
import type { TaskContext } from "../ports/index.ts";
import type { Finding, HandOver } from "../protocol/index.ts";
import { checkDirections } from "./check-directions.ts";
import { checkLabels } from "./check-labels.ts";
import { checkPeriods } from "./check-periods.ts";
import { findingsOf, listed } from "./finding.ts";
import { literalNumbers } from "./literal-numbers.ts";
import { type Facts, factsOf, narrativeTexts, type NarrativeText } from "./narrative-texts.ts";
import { canonicalUnit, currenciesIn, isCurrency } from "./unit.ts";

const finding = findingsOf("narrative");

const checkTokens = (text: NarrativeText): Finding[] => {
  const unresolved = text.parts.flatMap((part) =>
    part.kind === "unresolved"
      ? [finding("unresolved-token", `${part.text}: ${part.reason}`, text.where)]
      : [],
  );
  const broken = /\{\{[^}]*\}?\}?|\}\}/.exec(text.literal);
  if (broken !== null) {
    unresolved.push(
      finding("unresolved-token", `${broken[0]} is no {{table.row.column}}`, text.where),
    );
  }
  return unresolved;
};

const checkNumbers = (text: NarrativeText, facts: Facts): Finding[] =>
  literalNumbers(text.literal, { facts, cited: text.cited.map((passage) => passage.text) }).map(
    (number) =>
      finding(
        "invented-number",
        `${JSON.stringify(number)} is typed, not taken from a verified result: ${JSON.stringify(text.source.slice(0, 160))}`,
        text.where,
      ),
  );

const unitsOf = (columns: readonly { unit?: string | undefined }[]): string[] =>
  [
    ...new Set(columns.flatMap(({ unit }) => (unit === undefined ? [] : [canonicalUnit(unit)]))),
  ].filter(isCurrency);

const checkCurrencies = (text: NarrativeText, facts: Facts): Finding[] => {
  const beside = unitsOf(text.figures.map(({ column }) => column));
  const known = beside.length > 0 ? beside : unitsOf(text.about.flatMap(({ columns }) => columns));
  const quoted = text.cited.flatMap((passage) => currenciesIn(passage.text));
  const allowed = [...known, ...quoted, ...(beside.length > 0 ? [] : currenciesIn(facts.goal))];
  return currenciesIn(text.literal)
    .filter((code) => !allowed.includes(code))
    .map((code) =>
      finding(
        "wrong-unit",
        `the text says ${code}; its figures are in ${listed(known)}`,
        text.where,
      ),
    );
};

const checkPercents = (text: NarrativeText): Finding[] =>
  text.parts.flatMap((part, at) => {
    const next = text.parts[at + 1];
    if (part.kind !== "figure" || next?.kind !== "text" || part.text.endsWith("%")) return [];
    const sign = /^\s?(?:%|per ?cent\b|percentage points?\b)/i.exec(next.text);
    return sign === null
      ? []
      : [
          finding(
            "wrong-unit",
            `${part.text} is followed by ${sign[0].trim()}, but ${part.cell.column} is no percentage`,
            text.where,
          ),
        ];
  });

const checkText = (text: NarrativeText, facts: Facts): Finding[] => [
  ...checkTokens(text),
  ...checkNumbers(text, facts),
  ...checkLabels(text, facts),
  ...checkCurrencies(text, facts),
  ...checkPercents(text),
  ...checkPeriods(text, facts),
  ...checkDirections(text, facts),
];

const checkSections = (handOver: HandOver, facts: Facts): Finding[] => {
  const known = facts.tables.map(({ id }) => id);
  return (handOver.narrative?.sections ?? []).flatMap(({ id, tables }) =>
    tables
      .filter((table) => !known.includes(table))
      .map((table) =>
        finding(
          "unresolved-token",
          `section ${id} is about table ${table}, which is not verified; there is: ${listed(known)}`,
          `narrative/${id}/tables`,
        ),
      ),
  );
};

/** Findings of the narrative; empty without one. */
export const checkNarrative = (handOver: HandOver, context: TaskContext): Finding[] => {
  if (handOver.narrative === undefined) return [];
  const facts = factsOf(context);
  const texts = narrativeTexts(handOver.narrative, facts);
  return [...checkSections(handOver, facts), ...texts.flatMap((text) => checkText(text, facts))];
};
