// Turns a statement's tokens into text, and keeps for every figure the cell it came from.
import { formatCell } from "./format.ts";
import type { ResultTable } from "./handover.ts";
import { CITATION_TOKEN, FIGURE_TOKEN } from "./narrative.ts";
import type { Cell, ResultColumn } from "./table.ts";

/** Where a figure stands: table id, row index from 0, column name. */
export interface CellRef {
  readonly table: string;
  readonly row: number;
  readonly column: string;
}

/** A cell that a statement shows. */
export interface RenderedCell extends CellRef {
  readonly value: Cell;
  readonly format: ResultColumn["format"];
  /** The cell as written, by `formatCell`. */
  readonly text: string;
}

export type StatementPart =
  /** What the author typed. */
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "figure"; readonly text: string; readonly cell: RenderedCell }
  /** A citation mark, `[1]`. */
  | { readonly kind: "citation"; readonly text: string; readonly passage: string }
  /** A token that names no cell, shown as it stands. */
  | { readonly kind: "unresolved"; readonly text: string; readonly reason: string };

export interface RenderedStatement {
  /** The parts joined. */
  readonly text: string;
  readonly parts: readonly StatementPart[];
  /** Every cell shown, in order. */
  readonly cells: readonly RenderedCell[];
  /** Every token that names no cell, with the reason. */
  readonly unresolved: readonly { readonly token: string; readonly reason: string }[];
}

export interface RenderOptions {
  readonly locale?: string;
  /**
   * Passage ids in the order of their marks: the first is [1]. A new id is appended, so that one array
   * given to every statement of a document numbers the whole document.
   */
  readonly citations?: string[];
}

const TOKENS = new RegExp(`${FIGURE_TOKEN.source}|${CITATION_TOKEN.source}`, "g");

/** Finds a cell, or says why there is none. */
export const findCell = (
  ref: CellRef,
  tables: readonly ResultTable[],
): { column: ResultColumn; value: Cell } | { reason: string } => {
  const table = tables.find(({ id }) => id === ref.table);
  if (table === undefined) return { reason: `there is no table ${ref.table}` };
  const index = table.columns.findIndex(({ name }) => name === ref.column);
  const column = table.columns[index];
  if (column === undefined) return { reason: `table ${ref.table} has no column ${ref.column}` };
  const row = table.rows[ref.row];
  if (row === undefined) {
    return { reason: `table ${ref.table} has ${table.rows.length} rows, so no row ${ref.row}` };
  }
  return { column, value: row[index] ?? null };
};

const figurePart = (
  token: string,
  ref: CellRef,
  tables: readonly ResultTable[],
  locale: string | undefined,
): StatementPart => {
  const found = findCell(ref, tables);
  if ("reason" in found) return { kind: "unresolved", text: token, reason: found.reason };
  const text = formatCell(found.value, found.column, locale);
  const cell = { ...ref, value: found.value, format: found.column.format, text };
  return { kind: "figure", text, cell };
};

const citationPart = (passage: string, citations: string[]): StatementPart => {
  if (!citations.includes(passage)) citations.push(passage);
  return { kind: "citation", text: `[${citations.indexOf(passage) + 1}]`, passage };
};

/**
 * A statement with `{{table.row.column}}` replaced by the formatted cell and `[[passage]]` by a numbered
 * mark. Never throws: a token that names no cell stays as it is and is listed under `unresolved`.
 * Whether a cited passage exists is the citation check's business.
 */
export const renderStatement = (
  statement: string,
  tables: readonly ResultTable[],
  { locale, citations = [] }: RenderOptions = {},
): RenderedStatement => {
  const parts: StatementPart[] = [];
  let at = 0;
  for (const match of statement.matchAll(TOKENS)) {
    const [token, table, row, column, passage] = match;
    if (match.index > at) parts.push({ kind: "text", text: statement.slice(at, match.index) });
    at = match.index + token.length;
    if (passage !== undefined) parts.push(citationPart(passage, citations));
    else if (table !== undefined && row !== undefined && column !== undefined) {
      parts.push(figurePart(token, { table, row: Number(row), column }, tables, locale));
    }
  }
  if (at < statement.length) parts.push({ kind: "text", text: statement.slice(at) });
  return {
    text: parts.map(({ text }) => text).join(""),
    parts,
    cells: parts.flatMap((part) => (part.kind === "figure" ? [part.cell] : [])),
    unresolved: parts.flatMap((part) =>
      part.kind === "unresolved" ? [{ token: part.text, reason: part.reason }] : [],
    ),
  };
};
