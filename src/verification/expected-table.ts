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
  /** Column and direction that come first in the order; ties go by labels. */
  readonly orderedBy?: { readonly column: string; readonly magnitude?: boolean } | undefined;
}

// Floats cannot tell apart numbers closer than this part of their size.
const RELATIVE = 1e-12;

/**
 * How far a handed figure may be from the computed one. Money and numbers: half a hundredth, so that
 * values rounded to two places pass; below 0.1 less, because there two places would hide the value;
 * fractions: half of a hundredth of a percent. Whole numbers: not at all.
 */
export const toleranceOf = (column: ExpectedColumn, expected: number, handed: number): number => {
  const size = Math.abs(expected);
  const noise = size * (column.relative ?? RELATIVE);
  if (column.exact === true) return noise < 0.5 ? 0 : noise;
  if (column.format === "percent") return 0.000_050_001 + noise;
  if (column.format === "integer" && Number.isInteger(handed)) return 0.5 + noise;
  if (column.format === "money" || size >= 0.1 || size === 0) return 0.005_000_001 + noise;
  return Math.max(size * 0.005, 1e-9);
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
