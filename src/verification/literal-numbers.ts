// Numbers that an author typed instead of pointing at a cell: digits, percentages, sums of money, words.
import { formatCell, type ResultTable } from "../protocol/index.ts";
import { maskPattern, maskPhrases } from "./mask-text.ts";
import type { Facts } from "./narrative-texts.ts";
import { withoutPeriods } from "./period-words.ts";

const DIGITS =
  /[-+−]?[€$£¥]?\s?(?<![\p{L}\p{N}])\p{N}[\p{N}.,'’\u00a0\u202f]*(?<=\p{N})\s?(?:%|€|[kKmMbB]\b)?/gu;
const ALPHANUMERIC =
  /[\p{L}_]+[-]?\p{N}[\p{L}\p{N}-]*|\p{N}+(?:st|nd|rd|th)\b|\p{N}+[\p{L}][\p{L}\p{N}]*/gu;
const WORDS = new RegExp(
  `\\b(?:${[
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve",
    "(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty",
    "hundreds?|thousands?|millions?|billions?|dozens?",
    "half|halves|halved|halving|doubl(?:e|es|ed|ing)|twice|tripl(?:e|es|ed|ing)|thrice|quadrupl(?:e|es|ed|ing)",
    "(?:a|one) (?:third|quarter|fifth|tenth)(?! quarter)|(?:two|three|four)[- ](?:thirds|quarters|fifths)",
    "(?:two|three|four|five|ten)fold",
  ].join("|")})\\b`,
  "giu",
);
const PERIOD_UNIT = "(?:calendar |full )?(?:days?|weeks?|months?|quarters?|years?)";

/** Names of rows and columns, with every spelling they have; only those that are words. */
export const namesIn = (tables: readonly ResultTable[]): string[] =>
  tables
    .flatMap((table) => [
      table.title,
      ...table.columns.map(({ label }) => label),
      ...table.columns.flatMap((column, at) =>
        column.role === "label"
          ? table.rows.flatMap((row) => {
              const cell = row[at] ?? null;
              return typeof cell === "string" ? [cell, formatCell(cell, column)] : [];
            })
          : [],
      ),
    ])
    .filter((name) => /\p{L}/u.test(name));

/** `last 3 months` or `twelve weeks`, where the goal says the same. */
const goalSpans = (goal: string): string[] =>
  [...goal.matchAll(new RegExp(`(?:\\p{N}+|${WORDS.source})[ -]${PERIOD_UNIT}`, "giu"))].map(
    ([span]) => span,
  );

/** `the top 5`, where a table was asked for with this limit. */
const rankings = (tables: readonly ResultTable[]): string[] =>
  tables.flatMap(({ query }) =>
    query?.kind === "aggregate" && query.limit !== undefined
      ? ["top", "first", "bottom", "last", "largest", "smallest", "highest", "lowest"].map(
          (word) => `${word} ${query.limit}`,
        )
      : [],
  );

/** Words with digits in them that are the name of something given: `CO2`, `SKU-12`, `Q3`. */
const isKnownName = (word: string, known: string): boolean => known.includes(word.toLowerCase());

const withoutNames = (text: string, facts: Facts): string => {
  const known = [facts.goal, ...facts.files, ...namesIn(facts.tables)].join("\n").toLowerCase();
  return text.replaceAll(ALPHANUMERIC, (word) =>
    isKnownName(word, known) ? " ".repeat(word.length) : word,
  );
};

/** A number and a fraction read alike in `1,204` and `1204`. */
const plain = (number: string): string => number.replaceAll(/[^\p{N}.]/gu, "").replace(/\.$/, "");

export interface NumberHaystack {
  readonly facts: Facts;
  /** Texts whose numbers may be repeated: the passages cited beside them. */
  readonly cited: readonly string[];
}

/** Every typed number that is no period, no name and no citation. */
export const literalNumbers = (literal: string, { facts, cited }: NumberHaystack): string[] => {
  const phrases = [
    ...facts.caveats,
    ...facts.files,
    ...goalSpans(facts.goal),
    ...rankings(facts.tables),
  ];
  const named = maskPhrases(maskPhrases(literal, phrases), namesIn(facts.tables));
  const rest = withoutNames(withoutPeriods(maskPattern(named, /https?:\/\/\S+/gu)), facts);
  const quoted = new Set(
    cited.flatMap((text) => [...text.matchAll(DIGITS)].map(([number]) => plain(number))),
  );
  const words = cited.join(" ").toLowerCase();
  const digits = [...rest.matchAll(DIGITS), ...rest.matchAll(/[\p{L}_-]+\p{N}[\p{L}\p{N}]*/gu)]
    .map(([number]) => number.trim())
    .filter((number) => !quoted.has(plain(number)));
  const spelled = [...rest.matchAll(WORDS)]
    .map(([word]) => word)
    .filter((word) => !words.includes(word.toLowerCase()));
  return [...new Set([...digits, ...spelled])];
};
