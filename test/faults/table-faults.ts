// Faults in the labels, columns, units and rows of a result table. The SQL and the sources stay as they were.
import type { ResultTable } from "../../src/protocol/index.ts";
import {
  differingRows,
  figureCells,
  figureColumns,
  labelColumns,
  scaled,
  shuffled,
  withCell,
} from "./cells.ts";
import type { HandOverFault, Random } from "./fault.ts";
import { LABEL, tableFault } from "./table-change.ts";

const swapColumn = (table: ResultTable, index: number, [a, b]: [number, number]): ResultTable => {
  const [first = null, second = null] = [table.rows[a]?.[index], table.rows[b]?.[index]];
  return withCell(withCell(table, a, index, second), b, index, first);
};

/** How many words of a column's name its heading repeats. */
const sharedWords = (name: string, label: string): number => {
  const words = label.toLowerCase().split(/\W+/);
  return name.split("_").filter((word) => words.includes(word)).length;
};

const swappedHeadings = (table: ResultTable, rng: Random): ResultTable | undefined => {
  const columns = shuffled(rng, figureColumns(table)).map((i) => table.columns[i]);
  for (const a of columns) {
    for (const b of columns) {
      if (a === undefined || b === undefined || a.label === b.label) continue;
      const clear =
        sharedWords(a.name, a.label) > sharedWords(a.name, b.label) &&
        sharedWords(b.name, b.label) > sharedWords(b.name, a.label);
      if (!clear) continue;
      const headings = new Map([
        [a, b.label],
        [b, a.label],
      ]);
      return {
        ...table,
        columns: table.columns.map((c) => ({ ...c, label: headings.get(c) ?? c.label })),
      };
    }
  }
  return undefined;
};

const swapColumns = (table: ResultTable, rng: Random): ResultTable | undefined => {
  const indices = shuffled(rng, figureColumns(table));
  for (const a of indices) {
    for (const b of indices) {
      const differs = table.rows.some((cells) => cells[a] !== cells[b]);
      if (a < b && differs) {
        const rows = table.rows.map((c) => c.with(a, c[b] ?? null).with(b, c[a] ?? null));
        return { ...table, rows };
      }
    }
  }
  return undefined;
};

const labels: HandOverFault[] = [
  tableFault("two rows with their figures swapped", "swapped-figures", LABEL, (table, rng) => {
    for (const index of shuffled(rng, figureColumns(table))) {
      const pair = differingRows(table, index, rng);
      if (pair !== undefined) return swapColumn(table, index, pair);
    }
    return undefined;
  }),
  tableFault("two columns with their figures swapped", "swapped-figures", LABEL, swapColumns),
  tableFault("two rows with their labels swapped", "wrong-label", LABEL, (table, rng) => {
    for (const index of shuffled(rng, labelColumns(table))) {
      const pairs = table.rows.flatMap((a, i) =>
        table.rows.flatMap((b, j): [number, number][] => {
          const figuresDiffer = figureColumns(table).some((at) => a[at] !== b[at]);
          return i < j && a[index] !== b[index] && figuresDiffer ? [[i, j]] : [];
        }),
      );
      if (pairs.length > 0) return swapColumn(table, index, rng.pick(pairs));
    }
    return undefined;
  }),
  tableFault("a row under a name that is not in the data", "wrong-label", LABEL, (table, rng) => {
    const named = labelColumns(table).filter((i) => table.columns[i]?.format === "text");
    if (named.length === 0) return undefined;
    return withCell(table, rng.int(0, table.rows.length - 1), rng.pick(named), "Atlantis");
  }),
  tableFault("two column headings swapped", "wrong-label", ["wrong-label"], swappedHeadings),
];

const dropColumn = (table: ResultTable, index: number): ResultTable => ({
  ...table,
  columns: table.columns.toSpliced(index, 1),
  rows: table.rows.map((cells) => cells.toSpliced(index, 1)),
});

const columns: HandOverFault[] = [
  tableFault(
    "a figure column left out",
    "missing-column",
    ["missing-column", "schema"],
    (table, rng) => {
      const indices = figureColumns(table);
      return indices.length < 2 ? undefined : dropColumn(table, rng.pick(indices));
    },
  ),
  tableFault(
    "a label column left out",
    "missing-column",
    ["missing-column", "schema"],
    (table, rng) => {
      const indices = labelColumns(table);
      return indices.length === 0 ? undefined : dropColumn(table, rng.pick(indices));
    },
  ),
  tableFault(
    "a column renamed",
    "renamed-column",
    ["missing-column", "wrong-label", "not-reproducible", "schema"],
    (table, rng) => {
      const index = rng.pick(figureColumns(table));
      return {
        ...table,
        columns: table.columns.map((c, i) => (i === index ? { ...c, name: `${c.name}_x` } : c)),
      };
    },
  ),
];

const OTHER_UNIT: Readonly<Record<string, string>> = {
  EUR: "USD",
  USD: "EUR",
  "°C": "°F",
  min: "h",
  h: "min",
  "%": "‰",
};

const units: HandOverFault[] = [
  tableFault("a column in another unit", "wrong-unit", ["wrong-unit"], (table, rng) => {
    const withUnit = figureColumns(table).filter((i) => table.columns[i]?.unit !== undefined);
    if (withUnit.length === 0) return undefined;
    const at = rng.pick(withUnit);
    return {
      ...table,
      columns: table.columns.map((c, i) =>
        i === at ? { ...c, unit: OTHER_UNIT[c.unit ?? ""] ?? "USD" } : c,
      ),
    };
  }),
  tableFault("a count dressed up as money", "wrong-unit", ["wrong-unit"], (table, rng) => {
    const counts = figureColumns(table).filter((i) => {
      const column = table.columns[i];
      return column?.unit === undefined && column?.format === "integer";
    });
    if (counts.length === 0) return undefined;
    const at = rng.pick(counts);
    return {
      ...table,
      columns: table.columns.map((c, i) =>
        i === at ? { ...c, format: "money" as const, unit: "USD" } : c,
      ),
    };
  }),
];

const dropRows = (table: ResultTable, rng: Random): ResultTable["rows"] | undefined => {
  if (table.rows.length < 2) return undefined;
  const kept = rng.int(Math.ceil(table.rows.length / 2), table.rows.length - 1);
  return table.rows.slice(0, kept);
};

const rows: HandOverFault[] = [
  tableFault(
    "rows cut off in silence",
    "silent-truncation",
    ["truncated", "not-reproducible"],
    (table, rng) => {
      const left = dropRows(table, rng);
      return left && { ...table, rows: left, rowCount: left.length, truncated: false };
    },
  ),
  tableFault(
    "one row in the middle left out in silence",
    "silent-truncation",
    ["truncated", "not-reproducible"],
    (table, rng) => {
      if (table.rows.length < 3) return undefined;
      const left = table.rows.toSpliced(rng.int(1, table.rows.length - 2), 1);
      return { ...table, rows: left, rowCount: left.length };
    },
  ),
  tableFault(
    "fewer rows than the row count says",
    "silent-truncation",
    ["truncated", "not-reproducible"],
    (table, rng) => {
      const left = dropRows(table, rng);
      return left && { ...table, rows: left, truncated: false };
    },
  ),
  tableFault("rows cut off and said so", "declared-truncation", ["truncated"], (table, rng) => {
    const left = dropRows(table, rng);
    return left && { ...table, rows: left, truncated: true };
  }),
  tableFault(
    "every row lost",
    "silent-truncation",
    ["truncated", "nothing-done", "not-reproducible"],
    (table) => ({ ...table, rows: [], rowCount: 0, truncated: false }),
  ),
  tableFault("a row twice", "duplicate-group", ["duplicate-rows"], (table, rng) => {
    const again = rng.pick(table.rows);
    if (labelColumns(table).length === 0) return undefined;
    return { ...table, rows: [...table.rows, again], rowCount: table.rowCount + 1 };
  }),
  tableFault(
    "a group twice with different figures",
    "duplicate-group",
    ["duplicate-rows"],
    (table, rng) => {
      const cells = figureCells(table);
      if (cells.length === 0 || labelColumns(table).length === 0) return undefined;
      const cell = rng.pick(cells);
      const again = (table.rows[cell.row] ?? []).with(cell.index, scaled(cell, 0.4));
      return {
        ...table,
        rows: table.rows.toSpliced(cell.row + 1, 0, again),
        rowCount: table.rowCount + 1,
      };
    },
  ),
  tableFault("a row made up", "invented-row", LABEL, (table, rng) => {
    const named = labelColumns(table).filter((i) => table.columns[i]?.format === "text");
    const [first] = named;
    if (first === undefined) return undefined;
    const row = rng.pick(table.rows).with(first, "Atlantis");
    return { ...table, rows: [...table.rows, row], rowCount: table.rowCount + 1 };
  }),
  tableFault("a wrong total row appended", "wrong-total", ["wrong-total", ...LABEL], (table) => {
    if (labelColumns(table).length === 0 || table.rows.length < 2) return undefined;
    const total = table.columns.map(({ role, format }, index) => {
      if (role === "label") return format === "text" ? "Total" : null;
      const sum = table.rows.reduce((left, row) => left + (Number(row[index]) || 0), 0);
      return Number((sum * 1.01).toFixed(2));
    });
    return { ...table, rows: [...table.rows, total], rowCount: table.rowCount + 1 };
  }),
];

export const TABLE_FAULTS: readonly HandOverFault[] = [...labels, ...columns, ...units, ...rows];
