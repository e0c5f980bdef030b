// A figure must stand with the name of its own row. A text is read in the three ways people write:
// name before figure, figure before name, or a list of names and then a list of figures.
import type { Finding, ResultTable } from "../protocol/index.ts";
import { findingsOf } from "./finding.ts";
import type { Facts, FigureUse, NarrativeText } from "./narrative-texts.ts";
import { labelValue, telling, type TextItem, textItems } from "./row-labels.ts";

const finding = findingsOf("narrative");

const sentences = (items: readonly TextItem[]): TextItem[][] => {
  const all: TextItem[][] = [[]];
  for (const item of items) {
    if (item.kind === "stop") all.push([]);
    else all.at(-1)?.push(item);
  }
  return all.filter((sentence) => sentence.length > 0);
};

/** The value of one label column in a figure's row. */
const ownLabel = ({ table, row }: FigureUse, at: number): string =>
  labelValue(table.rows[row]?.[at] ?? null);

interface Aligned {
  readonly names: readonly { value: string; at: number }[];
  readonly figures: readonly { use: FigureUse; own: string; at: number }[];
}

/** Names and figures that have to do with one label column of one table. */
const alignedOf = (items: readonly TextItem[], table: ResultTable, column: number): Aligned => {
  const values = new Set(table.rows.map((row) => labelValue(row[column] ?? null)));
  return {
    names: items.flatMap((item, at) =>
      item.kind === "label" && values.has(item.value) ? [{ value: item.value, at }] : [],
    ),
    figures: items.flatMap((item, at) =>
      item.kind === "figure" && item.use.table === table
        ? [{ use: item.use, own: ownLabel(item.use, column), at }]
        : [],
    ),
  };
};

const collapse = (values: readonly string[]): string =>
  JSON.stringify(values.filter((value, at) => value !== values[at - 1]));

const nameBefore = ({ names }: Aligned, at: number): string | undefined =>
  names.findLast((name) => name.at < at)?.value;
const nameAfter = ({ names }: Aligned, at: number): string | undefined =>
  names.find((name) => name.at > at)?.value;

const readsWell = (aligned: Aligned): boolean =>
  aligned.figures.every(({ own, at }) => nameBefore(aligned, at) === own) ||
  aligned.figures.every(({ own, at }) => nameAfter(aligned, at) === own) ||
  collapse(aligned.names.map(({ value }) => value)) ===
    collapse(aligned.figures.map(({ own }) => own));

const describeUse = ({ table, column, row, text }: FigureUse): string =>
  `${text} (${table.id}.${row}.${column.name})`;

const misplaced = (
  text: NarrativeText,
  whole: readonly TextItem[],
  table: ResultTable,
  column: number,
): Finding[] => {
  const name = table.columns[column]?.name ?? "";
  if (readsWell(alignedOf(whole, table, column))) return [];
  const parts = sentences(whole).map((sentence) => alignedOf(sentence, table, column));
  return parts
    .filter((part) => part.figures.length > 0 && !readsWell(part))
    .flatMap((part): Finding[] => {
      const wrong =
        part.figures.find(({ own, at }) => (nameBefore(part, at) ?? nameAfter(part, at)) !== own) ??
        part.figures[0];
      if (wrong === undefined) return [];
      const beside = nameBefore(part, wrong.at) ?? nameAfter(part, wrong.at);
      const figure = describeUse(wrong.use);
      return [
        finding(
          "wrong-label",
          beside === undefined
            ? `${figure} stands without its row's ${name}, ${wrong.own}`
            : `${figure} is of ${name} ${wrong.own}, but stands beside ${beside}`,
          text.where,
        ),
      ];
    });
};

const labelsOfRow = ({ table, row }: FigureUse): string[] =>
  table.columns.flatMap((column, at) =>
    column.role === "label" ? [labelValue(table.rows[row]?.[at] ?? null)] : [],
  );

const filteredBy = ({ table }: FigureUse): string[] =>
  (table.query?.filters ?? [])
    .flatMap(({ value }) => (Array.isArray(value) ? value : [value]))
    .map(labelValue);

/** Typed periods are the period check's business: a total may be dated without being a month's row. */
const isDate = (value: string): boolean => /^\d{4}-\d{2}-\d{2}/.test(value);

/** A sentence with figures that names rows none of its figures is about. */
const unrelated = (text: NarrativeText, items: readonly TextItem[]): Finding[] =>
  sentences(items).flatMap((sentence) => {
    const uses = sentence.flatMap((item) => (item.kind === "figure" ? [item.use] : []));
    const names = sentence.flatMap((item) =>
      item.kind === "label" && !(item.typed && isDate(item.value)) ? [item] : [],
    );
    if (uses.length === 0 || names.length === 0) return [];
    const about = new Set(uses.flatMap((use) => [...labelsOfRow(use), ...filteredBy(use)]));
    const foreign = names.filter(({ value }) => !about.has(value));
    const noneFits = foreign.length === names.length;
    return foreign
      .filter(({ typed }) => typed || noneFits)
      .map(({ shown }) =>
        finding(
          "wrong-label",
          `the sentence names ${shown}, but its figures are of other rows: ${uses.map(describeUse).join(", ")}`,
          text.where,
        ),
      );
  });

/** Findings for the names beside the figures of one text. */
export const checkLabels = (text: NarrativeText, facts: Facts): Finding[] => {
  if (text.figures.length === 0) return [];
  const items = textItems(text.parts, facts.tables);
  const flow = items.filter(({ kind }) => kind !== "stop");
  const tables = new Set(flow.flatMap((item) => (item.kind === "figure" ? [item.use.table] : [])));
  const placed = [...tables].flatMap((table) =>
    table.rows.length < 2
      ? []
      : telling(table).flatMap((column) => {
          const whole = readsWell(alignedOf(flow, table, column)) ? flow : items;
          return misplaced(text, whole, table, column);
        }),
  );
  return placed.length > 0 ? placed : unrelated(text, items);
};
