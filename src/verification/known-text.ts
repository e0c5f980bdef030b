// What a finished file may say: figures of verified cells, and text whose origin is known. A number
// that is neither was invented on the way into the file.
import type { TaskContext } from "../ports/index.ts";
import { formatCell, type HandOver, renderStatement, type ResultTable } from "../protocol/index.ts";
import { withoutPeriods } from "./period-words.ts";

// Control and formatting characters that are no space are not written into files.
const INVISIBLE = /(?!\s)[\p{Cc}\p{Cf}]/gu;
const spaced = (text: string, space: string): string =>
  text.normalize("NFKC").replaceAll(INVISIBLE, "").replaceAll(/\s+/g, space).trim();

/** Spaces of every width as one, compatibility forms as plain ones, nothing invisible. */
export const evenText = (text: string): string => spaced(text, " ");

/** The same without any space: how text compares whose line breaks are a renderer's. */
export const squeeze = (text: string): string => spaced(text, "");

const NUMBER = /\p{N}[\p{N}.,']*(?<=\p{N})|\p{N}/gu;
const numbersIn = (text: string): string[] =>
  [...text.normalize("NFKC").matchAll(NUMBER)].map(([number]) => number.replaceAll("'", ""));

export interface KnownText {
  /** Everything known, without spaces: a line of a file may be any piece of it. */
  readonly squeezed: string;
  readonly numbers: ReadonlySet<string>;
}

const narrativeLines = (handOvers: readonly HandOver[], tables: readonly ResultTable[]): string[] =>
  handOvers.flatMap(({ narrative }) => {
    if (narrative === undefined) return [];
    const { title, summary, sections } = narrative;
    const texts = [
      title,
      ...summary,
      ...sections.flatMap(({ heading, statements }) => [heading, ...statements]),
    ];
    // Marks are numbered over the whole document; here only the words around them matter.
    return texts.map((text) =>
      renderStatement(text, tables)
        .parts.map((part) => (part.kind === "citation" ? "" : part.text))
        .join(""),
    );
  });

const tableLines = (tables: readonly ResultTable[]): string[] =>
  tables.flatMap(({ id, title, columns, rows, rowCount, sql, sources }) => [
    id,
    title,
    sql,
    String(rowCount),
    ...columns.flatMap(({ label, name }) => [label, name]),
    ...sources.flatMap(({ table, sha256 }) => [table, sha256]),
    ...rows.map((row) =>
      columns.map((column, at) => formatCell(row[at] ?? null, column)).join(" "),
    ),
  ]);

/** Titles that the reporter chose; the words are its own, the numbers must be known. */
const sourceLines = ({ sources }: TaskContext): string[] =>
  sources.flatMap(({ name, sha256 }) => [name, sha256]);

/** Everything that verified inputs allow a file to say. */
export const knownText = (context: TaskContext): KnownText => {
  const handOvers = Object.values(context.inputs);
  const tables = handOvers.flatMap((handOver) => handOver.tables);
  const passages = handOvers.flatMap((handOver) => handOver.passages);
  const lines = [
    context.goal,
    ...context.caveats,
    ...sourceLines(context),
    ...tableLines(tables),
    ...narrativeLines(handOvers, tables),
    ...passages.flatMap(({ id, text, file, page, url }) => [
      id,
      text,
      file,
      String(page ?? ""),
      url ?? "",
    ]),
    ...handOvers.flatMap(({ notes }) => notes),
  ];
  const numbers = new Set(lines.flatMap(numbersIn));
  return { squeezed: squeeze(lines.join("\n")), numbers };
};

const MIN_PIECE = 8;
/** Numbers that a document gives to its own parts, and the name of the hash. */
const PARTS =
  /\bPage \d+ of \d+\b|\b(?:Page|Figure|Table) \d+\b|\bpart \d+ of \d+\b|\[\d{1,3}\]|\bsha-?256\b/gi;
const DIGEST = /\b(?:sha-?256[:\s]*)?[0-9a-f]{12,64}\b…?/gi;

/** Numbers of a file's text that nothing known accounts for. */
export const unknownNumbers = (text: string, known: KnownText): string[] => {
  const unknown = new Set<string>();
  for (const line of text.split("\n")) {
    const squeezed = squeeze(line);
    if (!/\p{N}/u.test(squeezed)) continue;
    if (squeezed.length >= MIN_PIECE && known.squeezed.includes(squeezed)) continue;
    const words = line
      .normalize("NFKC")
      .replaceAll(DIGEST, (digest) =>
        known.squeezed.includes(digest.replace(/^sha-?256[:\s]*|…$/gi, "")) ? " " : digest,
      );
    for (const number of numbersIn(withoutPeriods(words.replaceAll(PARTS, " ")))) {
      if (!known.numbers.has(number)) unknown.add(number);
    }
  }
  return [...unknown];
};

/** Every text that verified cells are written as. */
export const formattedFigures = (
  tables: readonly ResultTable[],
): { text: string; where: string }[] =>
  tables.flatMap((table) =>
    table.rows.flatMap((row, at) =>
      table.columns.flatMap((column, index) => {
        const cell = row[index] ?? null;
        if (column.role !== "figure" || cell === null) return [];
        return [{ text: formatCell(cell, column), where: `${table.id}.${at}.${column.name}` }];
      }),
    ),
  );
