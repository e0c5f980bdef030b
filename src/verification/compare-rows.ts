// A handed table against the expected one: rows matched by their labels, then cell by cell, then order.
import type { Cell, Finding, FindingCode, ResultTable } from "../protocol/index.ts";
import { add, cellOf, type Decimal, decimalOf } from "./decimal.ts";
import {
  type ExpectedColumn,
  type ExpectedRow,
  type ExpectedTable,
  sameFigure,
} from "./expected-table.ts";
import { findingsOf, shown } from "./finding.ts";
import { compareCells } from "./row-filter.ts";
import { labelKey } from "./slice.ts";

const finding = findingsOf("recompute");
const MOST = 20;

/** A figure that is not what was computed. */
export interface Mismatch {
  readonly column: ExpectedColumn;
  readonly row: number;
  readonly labels: readonly Cell[];
  readonly expected: Cell;
  readonly handed: Cell;
}

export interface Matched {
  readonly row: number;
  readonly handed: readonly Cell[];
  readonly expected: ExpectedRow;
}

export interface Comparison {
  readonly matched: readonly Matched[];
  readonly missing: readonly ExpectedRow[];
  /** Handed rows whose labels are not among the expected, or stand there twice. */
  readonly extra: readonly { row: number; cells: readonly Cell[]; twice: boolean }[];
  readonly mismatches: readonly Mismatch[];
}

/** Labels as keys: numbers that came as text and midnights are evened out. */
const keyOf = (labels: readonly Cell[]): string =>
  labelKey(
    labels.map((cell) => (typeof cell === "string" ? cell.replace(/T00:00:00$/, "") : cell)),
  );

export const nameOf = (labels: readonly Cell[]): string =>
  labels.length === 0
    ? "the only row"
    : labels.map((cell) => (cell === null ? "(missing)" : String(cell))).join(" / ");

/** Handed rows in the order of the expected columns. */
const aligned = (table: ResultTable, expected: ExpectedTable): Cell[][] => {
  const positions = expected.columns.map(({ name }) =>
    table.columns.findIndex((column) => column.name === name),
  );
  return table.rows.map((row) => positions.map((at) => row[at] ?? null));
};

/** The rows within the limit, and those that tie with the last of them up to rounding. */
const within = (
  expected: ExpectedTable,
): { due: ExpectedRow[]; allowed: readonly ExpectedRow[] } => {
  const { rows, limit, orderedBy } = expected;
  if (limit === undefined || rows.length <= limit) {
    return { due: rows.filter(({ optional }) => optional !== true), allowed: rows };
  }
  const due = rows.slice(0, limit);
  const at = expected.columns.findIndex(({ name }) => name === orderedBy?.column);
  const column = expected.columns[at];
  const last = due.at(-1)?.cells[at] ?? null;
  // Exact ties are broken by the labels; only what differs by a rounding may stand in.
  const near = (row: ExpectedRow) => {
    const value = row.cells[at] ?? null;
    return (
      column !== undefined &&
      value !== last &&
      typeof value === "number" &&
      typeof last === "number" &&
      Math.abs(value - last) <= 1e-9 * Math.abs(last)
    );
  };
  const rivals = rows.slice(limit).filter(near);
  return rivals.length === 0
    ? { due, allowed: due }
    : {
        due: due.filter((row) => !near(row) && row.cells[at] !== last),
        allowed: [...due, ...rivals],
      };
};

/** Matches rows by label and lists every difference; judges nothing. */
export const compareRows = (table: ResultTable, expected: ExpectedTable): Comparison => {
  const { due, allowed } = within(expected);
  const labels = expected.columns.filter(({ kind }) => kind === "label").length;
  const byKey = new Map(allowed.map((row) => [keyOf(row.labels), row]));
  const seen = new Set<string>();
  const matched: Matched[] = [];
  const extra: { row: number; cells: readonly Cell[]; twice: boolean }[] = [];
  const mismatches: Mismatch[] = [];
  for (const [row, cells] of aligned(table, expected).entries()) {
    const key = keyOf(cells.slice(0, labels));
    const found = byKey.get(key);
    if (found === undefined || seen.has(key)) {
      extra.push({ row, cells, twice: seen.has(key) });
      continue;
    }
    seen.add(key);
    matched.push({ row, handed: cells, expected: found });
    for (const [at, column] of expected.columns.entries()) {
      const [wanted, handed] = [found.cells[at] ?? null, cells[at] ?? null];
      if (at < labels || sameFigure(column, wanted, handed)) continue;
      mismatches.push({ column, row, labels: found.labels, expected: wanted, handed });
    }
  }
  const missing = due.filter((each) => !seen.has(keyOf(each.labels)));
  return { matched, missing, extra, mismatches };
};

/** Whether a comparison found nothing. */
export const isSame = ({ missing, extra, mismatches }: Comparison): boolean =>
  missing.length + extra.length + mismatches.length === 0;

const cellPath = (table: ResultTable, row: number, column: string) =>
  `tables/${table.id}/rows/${row}/${column}`;

const sameValues = (mismatches: readonly Mismatch[]): boolean => {
  const [first] = mismatches;
  if (first === undefined || mismatches.length < 2) return false;
  const sorted = (pick: "expected" | "handed") =>
    mismatches.map((each) => each[pick]).sort(compareCells);
  const handed = sorted("handed");
  return sorted("expected").every((value, at) =>
    sameFigure(first.column, value, handed[at] ?? null),
  );
};

const byColumn = (mismatches: readonly Mismatch[]): Mismatch[][] => [
  ...Map.groupBy(mismatches, ({ column }) => column.name).values(),
];

const mismatchFindings = (table: ResultTable, mismatches: readonly Mismatch[]): Finding[] =>
  byColumn(mismatches).flatMap((column) => {
    const permuted = sameValues(column);
    return column.slice(0, MOST).map((each) => {
      const where = cellPath(table, each.row, each.column.name);
      const values = `${nameOf(each.labels)}, ${each.column.name}: ${shown(each.handed)} in the result, ${shown(each.expected)} from the source`;
      const owner = permuted
        ? column.find((other) => sameFigure(each.column, other.expected, each.handed))
        : undefined;
      if (owner === undefined) return finding("wrong-figure", values, where);
      return finding(
        "wrong-label",
        `${values}; ${shown(each.handed)} belongs to ${nameOf(owner.labels)}`,
        where,
      );
    });
  });

const total = (values: readonly Cell[]): Decimal => {
  let sum: Decimal = { digits: 0n, scale: 0 };
  for (const value of values) {
    const exact = decimalOf(value);
    if (exact !== undefined) sum = add(sum, exact);
  }
  return sum;
};

/** Sums and counts whose parts no longer make the whole; only when every row is there. */
const totalFindings = (
  table: ResultTable,
  expected: ExpectedTable,
  comparison: Comparison,
): Finding[] => {
  if (expected.limit !== undefined || comparison.missing.length + comparison.extra.length > 0)
    return [];
  return expected.columns.flatMap((column, at) => {
    const touched = comparison.mismatches.some((each) => each.column.name === column.name);
    if (column.additive !== true || !touched) return [];
    const handed = cellOf(total(comparison.matched.map((each) => each.handed[at] ?? null)));
    const wanted = cellOf(total(comparison.matched.map((each) => each.expected.cells[at] ?? null)));
    return sameFigure(column, wanted, handed)
      ? []
      : [
          finding(
            "wrong-total",
            `${column.name} adds up to ${shown(handed)} in the result, to ${shown(wanted)} from the source`,
            `tables/${table.id}/${column.name}`,
          ),
        ];
  });
};

const figuresOf = (expected: ExpectedTable, cells: readonly Cell[]): Cell[] =>
  cells.filter((_, at) => expected.columns[at]?.kind === "figure");

const sameFigures = (
  expected: ExpectedTable,
  left: readonly Cell[],
  right: readonly Cell[],
): boolean =>
  expected.columns.every(
    (column, at) =>
      column.kind === "label" || sameFigure(column, left[at] ?? null, right[at] ?? null),
  );

const extraFindings = (
  table: ResultTable,
  expected: ExpectedTable,
  comparison: Comparison,
): Finding[] => {
  const labels = expected.columns.filter(({ kind }) => kind === "label").length;
  return comparison.extra.slice(0, MOST).map(({ row, cells, twice }) => {
    const name = nameOf(cells.slice(0, labels));
    const where = `tables/${table.id}/rows/${row}`;
    if (twice)
      return finding("duplicate-rows", `${name} stands in the result more than once`, where);
    const key = keyOf(cells.slice(0, labels));
    const owner = comparison.missing.find((each) => sameFigures(expected, each.cells, cells));
    if (owner !== undefined) {
      return finding(
        "wrong-label",
        `the figures of ${nameOf(owner.labels)} stand under the name ${name}`,
        where,
      );
    }
    const quiet = expected.others?.find((each) => keyOf(each.labels) === key);
    if (quiet !== undefined) {
      return finding(
        "wrong-figure",
        `${name} (${shown(figuresOf(expected, cells))}) does not stand out: ${shown(figuresOf(expected, quiet.cells))} from the source`,
        where,
      );
    }
    const beyond = expected.rows.some((each) => keyOf(each.labels) === key);
    return beyond
      ? finding(
          "wrong-figure",
          `${name} is not among the first ${expected.limit} from the source`,
          where,
        )
      : finding(
          "wrong-label",
          `${name} (${shown(figuresOf(expected, cells))}) is no row of the answer from the source`,
          where,
        );
  });
};

const missingFindings = (
  table: ResultTable,
  expected: ExpectedTable,
  comparison: Comparison,
): Finding[] => {
  const renamed = comparison.extra.filter(({ twice }) => !twice).map(({ cells }) => cells);
  const gone = comparison.missing.filter(
    (each) => !renamed.some((cells) => sameFigures(expected, each.cells, cells)),
  );
  if (gone.length === 0) return [];
  const names = gone.slice(0, 5).map(({ labels }) => nameOf(labels));
  const due = within(expected).due.length;
  const code: FindingCode = "truncated";
  return [
    finding(
      code,
      `${table.rows.length} rows in the result, ${due} from the source; missing: ${names.join(", ")}${gone.length > 5 ? ` and ${gone.length - 5} more` : ""}`,
      `tables/${table.id}/rows`,
    ),
  ];
};

/** Whether two neighbours may stand in this order; near equals may stand either way. */
const ordered = (expected: ExpectedTable, left: ExpectedRow, right: ExpectedRow): boolean => {
  const at = expected.columns.findIndex(({ name }) => name === expected.orderedBy?.column);
  const [a, b] = [left.cells[at] ?? null, right.cells[at] ?? null];
  if (at < 0 || typeof a !== "number" || typeof b !== "number" || a === b) return false;
  const size = (value: number) =>
    expected.orderedBy?.magnitude === true ? Math.abs(value) : value;
  const slack = expected.orderedBy?.magnitude === true ? 0.010_001 : 1e-9 * Math.abs(a);
  return Math.abs(size(a) - size(b)) <= slack;
};

const orderFindings = (
  table: ResultTable,
  expected: ExpectedTable,
  comparison: Comparison,
): Finding[] => {
  const place = new Map(expected.rows.map((row, at) => [row, at]));
  for (const [at, right] of comparison.matched.entries()) {
    const left = comparison.matched[at - 1];
    if (left === undefined) continue;
    const falling = (place.get(left.expected) ?? 0) > (place.get(right.expected) ?? 0);
    if (!falling || ordered(expected, left.expected, right.expected)) continue;
    return [
      finding(
        "schema",
        `the rows are not in the order asked for: ${nameOf(right.expected.labels)} comes after ${nameOf(left.expected.labels)}, from the source before it`,
        `tables/${table.id}/rows/${right.row}`,
      ),
    ];
  }
  return [];
};

/** Names every difference: wrong figures, labels, totals, missing and repeated rows, then the order. */
export const judgeComparison = (
  table: ResultTable,
  expected: ExpectedTable,
  comparison: Comparison,
): Finding[] => {
  const findings = [
    ...mismatchFindings(table, comparison.mismatches),
    ...totalFindings(table, expected, comparison),
    ...extraFindings(table, expected, comparison),
    ...missingFindings(table, expected, comparison),
  ];
  return findings.length > 0 ? findings : orderFindings(table, expected, comparison);
};
