// A sheet of text, column by column. Each distinct text of a column is kept once, so that typing,
// counting and comparing work on distinct values, not on cells.
import { TuttiError } from "../../errors.ts";
import type { TableLimits } from "./table-limits.ts";

/** Code of a blank cell. */
export const BLANK = -1;

export interface TextColumn {
  /** Distinct texts, trimmed, never empty, in order of first appearance. */
  texts: string[];
  /** Per row the index into `texts`, or BLANK. */
  codes: Int32Array;
  /** Units the file's own cell formats name (a workbook's currency formats): unit -> cells. */
  formatUnits: Map<string, number>;
}

export interface TextGrid {
  rows: number;
  columns: TextColumn[];
  /** When the format itself names the columns (JSON, Parquet); else they stand in the first rows. */
  headers?: string[];
  sheet?: string;
  /** True when numbers are likely to be written with a decimal comma (`;` as delimiter). */
  commaLocale?: boolean;
  /** What reading found: encoding, ragged rows … */
  notes: GridNote[];
}

export interface GridNote {
  code: "encoding" | "header" | "truncated" | "unreadable-values";
  count: number;
  message: string;
  examples: string[];
}

/** The text of a cell; undefined when it is blank. */
export const textAt = (column: TextColumn, row: number): string | undefined => {
  const code = column.codes[row] ?? BLANK;
  return code === BLANK ? undefined : column.texts[code];
};

interface GrowingColumn {
  index: Map<string, number>;
  texts: string[];
  codes: Int32Array;
  formatUnits: Map<string, number>;
}

/** Collects rows; blank rows are skipped. Throws INPUT_TOO_LARGE at a limit. */
export class GridBuilder {
  readonly #columns: GrowingColumn[] = [];
  readonly #limits: TableLimits;
  readonly #file: string;
  #rows = 0;

  constructor(file: string, limits: TableLimits) {
    this.#file = file;
    this.#limits = limits;
  }

  get rows(): number {
    return this.#rows;
  }

  add(cells: readonly (string | null | undefined)[]): void {
    const row = this.#rows;
    let blank = true;
    for (let column = 0; column < cells.length; column += 1) {
      const text = cells[column]?.trim();
      if (text === undefined || text === "") continue;
      blank = false;
      this.#put(column, row, text);
    }
    if (blank) return;
    this.#rows += 1;
    this.#checkSize();
  }

  /** Notes the unit that a cell's own format names. */
  noteUnit(column: number, unit: string): void {
    const units = this.#column(column).formatUnits;
    units.set(unit, (units.get(unit) ?? 0) + 1);
  }

  finish(): TextGrid {
    const columns = this.#columns.map(({ texts, codes, formatUnits }) => ({
      texts,
      codes: grown(codes, this.#rows).subarray(0, this.#rows),
      formatUnits,
    }));
    return { rows: this.#rows, columns, notes: [] };
  }

  #column(position: number): GrowingColumn {
    while (this.#columns.length <= position) {
      if (this.#columns.length >= this.#limits.columns) {
        throw tooLarge(this.#file, `more than ${this.#limits.columns} columns`);
      }
      const codes = new Int32Array(1024).fill(BLANK);
      this.#columns.push({ index: new Map(), texts: [], codes, formatUnits: new Map() });
    }
    return this.#columns[position] as GrowingColumn;
  }

  #put(position: number, row: number, text: string): void {
    const column = this.#column(position);
    let code = column.index.get(text);
    if (code === undefined) {
      code = column.texts.length;
      column.index.set(text, code);
      column.texts.push(text);
    }
    column.codes = grown(column.codes, row + 1);
    column.codes[row] = code;
  }

  #checkSize(): void {
    const { rows, cells } = this.#limits;
    if (this.#rows > rows + 1) throw tooLarge(this.#file, `more than ${rows} rows`);
    if (this.#rows * this.#columns.length > cells) {
      throw tooLarge(this.#file, `more than ${cells} cells`);
    }
  }
}

const grown = (codes: Int32Array, length: number): Int32Array => {
  if (codes.length >= length) return codes;
  const larger = new Int32Array(Math.max(length, codes.length * 2)).fill(BLANK);
  larger.set(codes);
  return larger;
};

/** INPUT_TOO_LARGE with the one hint there is. */
export const tooLarge = (file: string, what: string): TuttiError =>
  new TuttiError("INPUT_TOO_LARGE", `${file} is too large: ${what}.`, {
    hint: "Give a smaller extract: fewer columns, a shorter period, or an aggregated table.",
  });

/** INPUT_UNREADABLE of a file. */
export const unreadable = (file: string, what: string, hint: string, cause?: unknown): TuttiError =>
  new TuttiError("INPUT_UNREADABLE", `${file} ${what}.`, { hint, cause });
