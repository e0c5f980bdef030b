// Finished files that open, with one thing in them that is not true.
import { formatCell } from "../../src/protocol/index.ts";
import { figureCells, labelColumns, shuffled } from "./cells.ts";
import { tablesInSight, type HandOverCase, type HandOverFault, type Random } from "./fault.ts";
import { decode, encode, fileFault, type FileChange } from "./file-change.ts";
import { changeParts, resetPdf } from "./office-file.ts";

const SHEET = /^xl\/worksheets\/[^/]+\.xml$/;
const TEXTS = /^xl\/(sharedStrings|worksheets\/[^/]+)\.xml$/;
const NUMBER_CELL =
  /(<c\b(?![^>]*\bt="(?:s|b|str|inlineStr|e)")[^>]*>(?:<f>[^<]*<\/f>)?<v>)([^<]+)(<\/v>)/g;

/** Changes the nth cell that holds a verified figure, counted over all sheets. */
const changeNth = (bytes: Uint8Array, figures: ReadonlySet<number>, nth: number) => {
  let seen = 0;
  return changeParts(bytes, SHEET, (xml) =>
    xml.replace(NUMBER_CELL, (cell, open: string, text: string, close: string) => {
      if (!figures.has(Number(text))) return cell;
      seen += 1;
      const wrong = Number((Number(text) * 1.07 + 1).toFixed(2));
      return seen === nth ? `${open}${wrong}${close}` : cell;
    }),
  );
};

const changeCell: FileChange["change"] = async (bytes, rng, clean) => {
  const cells = tablesInSight(clean).flatMap((table) => figureCells(table));
  const figures = new Set(cells.map(({ value }) => value));
  return (await changeNth(bytes, figures, rng.int(1, 6))) ?? (await changeNth(bytes, figures, 1));
};

/** Two names of one label column of one table. */
const twoNames = (clean: HandOverCase, rng: Random): [string, string] | undefined => {
  for (const table of shuffled(rng, tablesInSight(clean))) {
    for (const index of labelColumns(table)) {
      if (table.columns[index]?.format !== "text") continue;
      const names = [...new Set(table.rows.map((cells) => cells[index]))].filter(
        (name) => typeof name === "string",
      );
      const [a, b] = shuffled(rng, names);
      if (a !== undefined && b !== undefined) return [a, b];
    }
  }
  return undefined;
};

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Exchanges two names wherever one of them is all the text between two tags. */
const swapNames = (markup: string, [a, b]: [string, string]): string =>
  markup.replace(/>(\s*)([^<>]+?)(\s*)</g, (all, before: string, text: string, after: string) => {
    const other = text === escaped(a) ? b : text === escaped(b) ? a : undefined;
    return other === undefined ? all : `>${before}${escaped(other)}${after}<`;
  });

const asWritten = (clean: HandOverCase): string[] =>
  tablesInSight(clean).flatMap((table) =>
    figureCells(table, ({ format }) => format !== "date" && format !== "month")
      .map(({ value, column }) => formatCell(value, column))
      .filter((text) => text.replace(/\D/g, "").length >= 3),
  );

/** Adds one to a digit in the middle of a written number. */
const otherNumber = (text: string): string => {
  const digits = [...text.matchAll(/\d/g)];
  const match = digits[Math.floor((digits.length - 1) / 2)];
  if (match === undefined) return text;
  const digit = (Number(match[0]) + 1) % 10;
  return `${text.slice(0, match.index)}${digit}${text.slice(match.index + 1)}`;
};

/** A verified figure and a false one in its place that is no verified figure itself. */
const falseFigures = (clean: HandOverCase): [string, string][] => {
  const figures = asWritten(clean);
  const known = new Set(figures);
  return figures
    .map((figure): [string, string] => [figure, otherNumber(figure)])
    .filter(([, wrong]) => !known.has(wrong));
};

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Changes one verified figure in a text, where it first stands as a number of its own. */
const changeNumber = (text: string, rng: Random, clean: HandOverCase): string => {
  for (const [figure, wrong] of shuffled(rng, falseFigures(clean))) {
    const own = new RegExp(`(?<![\\d.,])${literally(figure)}(?!\\d|[.,]\\d)`);
    if (own.test(text)) return text.replace(own, () => wrong);
  }
  return text;
};

const BETWEEN_TAGS = /(>\s*)([^<>]*\d[^<>]*?)(?=\s*<)/g;
const changedHtml = (html: string, changed: string): Uint8Array | undefined =>
  changed === html ? undefined : encode(changed);

export const CONTENT_FAULTS: readonly HandOverFault[] = [
  fileFault({
    name: "a cell of the finished workbook changed",
    kind: "changed-workbook",
    expect: ["file-mismatch"],
    forms: ["xlsx"],
    change: changeCell,
  }),
  fileFault({
    name: "two names of the finished workbook swapped",
    kind: "changed-workbook",
    expect: ["file-mismatch", "wrong-label"],
    forms: ["xlsx"],
    change: (bytes, rng, clean) => {
      const names = twoNames(clean, rng);
      return names && changeParts(bytes, TEXTS, (xml) => swapNames(xml, names));
    },
  }),
  fileFault({
    name: "a number in a table of the finished page changed",
    kind: "changed-html",
    expect: ["file-mismatch", "invented-number"],
    forms: ["html"],
    change: (bytes, rng, clean) => {
      const html = decode(bytes);
      const wrong = new Map(
        falseFigures(clean).map(([a, b]): [string, string] => [escaped(a), escaped(b)]),
      );
      const cells = [...html.matchAll(BETWEEN_TAGS)].filter(([, , text = ""]) => wrong.has(text));
      if (cells.length === 0) return undefined;
      const { index, 1: open = "", 2: text = "" } = rng.pick(cells);
      const at = index + open.length;
      return encode(html.slice(0, at) + wrong.get(text) + html.slice(at + text.length));
    },
  }),
  fileFault({
    name: "two names of the finished page swapped",
    kind: "changed-html",
    expect: ["file-mismatch", "wrong-label"],
    forms: ["html"],
    change: (bytes, rng, clean) => {
      const names = twoNames(clean, rng);
      const html = decode(bytes);
      return names && changedHtml(html, swapNames(html, names));
    },
  }),
  fileFault({
    name: "euros of the finished page turned into dollars",
    kind: "wrong-unit",
    expect: ["file-mismatch", "wrong-unit", "invented-number"],
    forms: ["html"],
    change: (bytes) => {
      const html = decode(bytes);
      return changedHtml(html, html.replaceAll("€", "$"));
    },
  }),
  fileFault({
    name: "a number made up in the finished page",
    kind: "changed-html",
    expect: ["file-mismatch", "invented-number"],
    forms: ["html"],
    change: (bytes) => {
      const html = decode(bytes);
      const claim = "<p>The outlook for next year is 7,654,321.</p>";
      return changedHtml(html, html.replace(/<\/body>/i, `${claim}</body>`));
    },
  }),
  fileFault({
    name: "a number in a PDF set anew changed",
    kind: "changed-pdf",
    expect: ["file-mismatch", "invented-number"],
    forms: ["pdf"],
    change: (bytes, rng, clean) => {
      let done = false;
      return resetPdf(bytes, (page) => {
        const changed = done ? page : changeNumber(page, rng, clean);
        done ||= changed !== page;
        return changed;
      });
    },
  }),
];
