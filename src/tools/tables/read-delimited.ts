// CSV and its cousins, as RFC 4180 has them, with the delimiter taken from the evidence.
import { decodeText } from "./decode-text.ts";
import { GridBuilder } from "./text-grid.ts";
import type { TextGrid } from "./text-grid.ts";
import type { TableLimits } from "./table-limits.ts";
import { turn } from "./turn.ts";

const DELIMITERS = [",", ";", "\t", "|"] as const;
const SNIFF_ROWS = 50;
const SNIFF_CHARS = 200_000;

/** Throws INPUT_UNREADABLE, INPUT_TOO_LARGE. */
export const readDelimited = async (
  file: string,
  bytes: Uint8Array,
  limits: TableLimits,
  signal?: AbortSignal,
): Promise<TextGrid> => {
  const { text, encoding } = decodeText(file, bytes);
  // Excel writes the delimiter into a first line of its own.
  const declared = /^sep=(.)\r?\n/i.exec(text);
  const body = declared === null ? text : text.slice(declared[0].length);
  const delimiter = declared?.[1] ?? delimiterOf(body) ?? ",";
  const builder = new GridBuilder(file, limits);
  let seen = 0;
  for (const row of parseRows(body, delimiter)) {
    builder.add(row);
    seen += 1;
    if (seen % 10_000 === 0) await turn(signal);
  }
  const grid = builder.finish();
  grid.commaLocale = delimiter === ";";
  if (encoding !== undefined) grid.notes.push(encodingNote(encoding, grid.rows));
  return grid;
};

export const encodingNote = (encoding: string, rows: number) => ({
  code: "encoding" as const,
  count: rows,
  message: `The file is not UTF-8; it was read as ${encoding}.`,
  examples: [],
});

/** The delimiter that splits the first rows most evenly; undefined when none does. */
export const delimiterOf = (text: string): string | undefined => {
  const sample = text.slice(0, SNIFF_CHARS);
  let best: { delimiter: string; score: number } | undefined;
  for (const delimiter of DELIMITERS) {
    const score = evenness(sample, delimiter, sample.length < text.length);
    if (score > (best?.score ?? 0)) best = { delimiter, score };
  }
  return best?.delimiter;
};

const evenness = (sample: string, delimiter: string, cut: boolean): number => {
  const widths: number[] = [];
  for (const row of parseRows(sample, delimiter)) {
    if (row.length > 1 || row[0]?.trim() !== "") widths.push(row.length);
    if (widths.length > SNIFF_ROWS) break;
  }
  if (cut && widths.length > 1) widths.pop();
  const counts = new Map<number, number>();
  for (const width of widths) counts.set(width, (counts.get(width) ?? 0) + 1);
  const [mode = 1, share = 0] = [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0] ?? [];
  if (mode < 2 || widths.length === 0) return 0;
  const even = share / widths.length;
  if (even < 0.5) return 0;
  // A header with the same number of cells outweighs many cells: in `a;b` over `1,5;2,5` it is `;`.
  const header = widths[0] === mode ? 1 : 0.25;
  return even * header * (1 + Math.log2(mode) / 10);
};

/** Rows of cells. Quotes may hold delimiters and line ends; a stray quote inside a cell is text. */
export function* parseRows(text: string, delimiter: string): Generator<string[]> {
  const end = text.length;
  let row: string[] = [];
  let at = 0;
  while (at < end) {
    const cell =
      text.charAt(at) === '"' ? quotedCell(text, at, delimiter) : bareCell(text, at, delimiter);
    row.push(cell.text);
    at = cell.next;
    const stop = text.charAt(at);
    if (stop === delimiter) {
      at += 1;
      if (at < end) continue;
      row.push("");
    } else if (stop === "\r" && text.charAt(at + 1) === "\n") at += 2;
    else at += 1;
    yield row;
    row = [];
  }
}

const bareCell = (
  text: string,
  from: number,
  delimiter: string,
): { text: string; next: number } => {
  let at = from;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === delimiter || char === "\n" || char === "\r") break;
    at += 1;
  }
  return { text: text.slice(from, at), next: at };
};

const quotedCell = (
  text: string,
  from: number,
  delimiter: string,
): { text: string; next: number } => {
  let at = from + 1;
  let cell = "";
  for (;;) {
    const quote = text.indexOf('"', at);
    // A quote that is never closed would swallow the rest of the file.
    if (quote < 0) return bareCell(text, from, delimiter);
    cell += text.slice(at, quote);
    if (text.charAt(quote + 1) !== '"') {
      const rest = bareCell(text, quote + 1, delimiter);
      return { text: cell + rest.text, next: rest.next };
    }
    cell += '"';
    at = quote + 2;
  }
};
