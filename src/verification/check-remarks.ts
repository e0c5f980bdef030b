// What an assignee says of its work: summary and notes are read by people too, so a number in them must
// be one of the results', of what was asked, or a count of what was handed over.
import type { TaskContext } from "../ports/index.ts";
import { type Cell, type Finding, formatCell, type HandOver } from "../protocol/index.ts";
import { findingsOf } from "./finding.ts";
import { literalNumbers } from "./literal-numbers.ts";
import { factsOf, type Facts } from "./narrative-texts.ts";

const finding = findingsOf("schema");

const textsOf = ({ summary, notes }: HandOver) => [
  { text: summary, where: "summary" },
  ...notes.map((text, at) => ({ text, where: `notes/${at}` })),
];

/** Numbers as text, plain: `1,204`, `€1,204.00` and 1204 are the same one. */
const plain = (text: string): string => {
  const digits = text.replaceAll(/[^\p{N}.]/gu, "").replace(/\.$/, "");
  return digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
};

const numbersOfCell = (cell: Cell): string[] =>
  typeof cell === "number" ? [String(Math.abs(cell)), Math.abs(cell).toFixed(2)] : [];

const countsOf = ({ tables, passages, files, narrative }: HandOver): number[] => [
  tables.length,
  passages.length,
  files.length,
  narrative?.sections.length ?? 0,
  ...tables.flatMap(({ rows, columns }) => [rows.length, columns.length]),
];

const knownNumbers = (handOver: HandOver, { inputs }: TaskContext): Set<string> => {
  const all = [handOver, ...Object.values(inputs)];
  const cells = all.flatMap(({ tables }) =>
    tables.flatMap(({ columns, rows }) =>
      rows.flatMap((row) =>
        columns.flatMap((column, at) => {
          const cell = row[at] ?? null;
          return [...numbersOfCell(cell), formatCell(cell, column)];
        }),
      ),
    ),
  );
  return new Set([...cells, ...all.flatMap(countsOf).map(String)].map(plain));
};

/** A small count in words says nothing of the figures: `three tables`. */
const isSmallCount = (number: string): boolean =>
  /^(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twice|half)$/i.test(number);

/** Findings for the numbers in a hand-over's summary and notes. */
export const checkRemarks = (handOver: HandOver, context: TaskContext): Finding[] => {
  const texts = textsOf(handOver).filter(({ text }) => text.trim() !== "");
  const given = factsOf(context);
  const facts: Facts = { ...given, tables: [...given.tables, ...handOver.tables] };
  const { title, instructions, expects } = context.task;
  const allowed = [
    title,
    instructions,
    expects.description,
    ...given.caveats,
    context.goal,
    ...[...given.passages, ...handOver.passages].map((passage) => passage.text),
  ];
  let known: Set<string> | undefined;
  return texts.flatMap(({ text, where }) =>
    literalNumbers(text, { facts, cited: allowed })
      .filter((number) => {
        known ??= knownNumbers(handOver, context);
        return !isSmallCount(number) && !known.has(plain(number));
      })
      .map((number) =>
        finding(
          "invented-number",
          `the ${where.replace(/\/\d+$/, "")} says ${JSON.stringify(number)}, which is in no result: ${JSON.stringify(text.slice(0, 160))}`,
          where,
        ),
      ),
  );
};
