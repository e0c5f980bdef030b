// What a query must yield, as computed by the verifier; and how near is near enough.
import type { Cell, CellFormat } from "../protocol/index.ts";
import type { z } from "zod";

export interface ExpectedColumn {
  readonly name: string;
  readonly kind: "label" | "figure";
  readonly format?: z.infer<typeof CellFormat>;
  readonly unit?: string | undefined;
  /** Counts and sums of whole numbers: no tolerance. */
  readonly exact?: boolean;
  /** Sums and counts: the column's total means something. */
  readonly additive?: boolean;
  /** `derived`: computed from another column, which is the one to blame. */
  readonly derived?: boolean;
  /** Part of its size by which a figure may be off besides: quotients of tiny numbers. */
  readonly relative?: number;
}

export interface ExpectedRow {
  readonly labels: readonly Cell[];
  /** In the order of the columns, labels included. */
  readonly cells: readonly Cell[];
  /** On the edge of a threshold: may be there or not. */
  readonly optional?: boolean;
}

export interface ExpectedTable {
  readonly columns: readonly ExpectedColumn[];
  /** All rows, in order, before the limit. */
  readonly rows: readonly ExpectedRow[];
  readonly limit?: number | undefined;
  /** Rows that were looked at and are no part of the answer: buckets that do not stand out. */
  readonly others?: readonly ExpectedRow[];
  /** Column and direction that come first in the order; ties go by labels. */
  readonly orderedBy?: { readonly column: string; readonly magnitude?: boolean } | undefined;
}

// Floats cannot tell apart numbers closer than this part of their size.
const EXACT_NOISE = 1e-12;
// Averages and quotients of floats, added up in another order.
const NOISE = 1e-9;
// A small difference of large sums keeps their noise. No cent hides in it.
const DERIVED_NOISE = 1e-7;
const MONEY_NOISE = 1e-6;

/** Decimals of a number as it is spelled: 2 for 12.25, 7 for 1e-7. */
const decimalsOf = (value: number): number => {
  const [digits = "", exponent = "0"] = String(value).split("e");
  return Math.max(0, (digits.split(".")[1]?.length ?? 0) - Number(exponent));
};

/** Decimals that a figure may be rounded to at most: fewer would hide it from its reader. */
const leastDecimals = ({ format }: ExpectedColumn, size: number): number => {
  if (format === "integer") return 0;
  if (format === "percent") return 4;
  if (format === "money" || size >= 0.1 || size === 0) return 2;
  // Three digits that say something.
  return Math.min(20, 2 - Math.floor(Math.log10(size)));
};

const noiseOf = (column: ExpectedColumn, size: number): number => {
  const relative = column.relative ?? (column.additive === true ? EXACT_NOISE : NOISE);
  const floor =
    column.format === "money"
      ? MONEY_NOISE
      : column.derived === true && column.format !== "percent"
        ? DERIVED_NOISE
        : NOISE;
  return Math.max(size * relative, floor);
};

/**
 * How far a handed figure may be from the computed one: it may be rounded, to as many decimals as it
 * shows, but not to fewer than two for money and numbers and four for fractions. A number that is not
 * rounded has to be the same up to the noise of floats. Counts and whole sums: not at all.
 */
export const toleranceOf = (column: ExpectedColumn, expected: number, handed: number): number => {
  const size = Math.abs(expected);
  if (column.exact === true) return size * EXACT_NOISE < 0.5 ? 0 : size * EXACT_NOISE;
  const decimals = Math.max(decimalsOf(handed), leastDecimals(column, size));
  return 0.5 * 10 ** -decimals + noiseOf(column, size);
};

/** Whether a handed figure is the expected one within tolerance. */
export const sameFigure = (column: ExpectedColumn, expected: Cell, handed: Cell): boolean => {
  if (expected === null || handed === null) return expected === handed;
  if (expected === handed) return true;
  if (typeof expected === "string" && typeof handed === "string") {
    // Moments may come with or without their midnight.
    return expected.replace(/T00:00:00$/, "") === handed.replace(/T00:00:00$/, "");
  }
  const [left, right] = [Number(expected), Number(handed)];
  return Math.abs(left - right) <= toleranceOf(column, left, right);
};
