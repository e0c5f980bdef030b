// Which columns of a result belong together: a measure, and what it is compared with.
import type { ResultColumn, ResultTable } from "../../protocol/index.ts";

export interface MeasureComparison {
  /** For readers: `August 2026`, `Plan`. */
  readonly label: string;
  /** Column indices; those that the result lacks are undefined. */
  readonly value: number | undefined;
  readonly change: number | undefined;
  readonly changePct: number | undefined;
}

export interface MeasureGroup {
  /** Column index of the measure itself. */
  readonly base: number;
  readonly comparisons: readonly MeasureComparison[];
}

const CHANGE = /^(.+?)_change(_pct)?$/;

const humanise = (name: string): string => {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** What a compared column's label says beyond the measure's: `Revenue (plan)` beside `Revenue` is `Plan`. */
const comparisonLabel = (base: ResultColumn, compared: ResultColumn | undefined, key: string) => {
  const rest = compared?.label.startsWith(base.label)
    ? compared.label.slice(base.label.length).replace(/^[\s(,:–-]+|[\s)]+$/g, "")
    : "";
  return humanise(rest === "" ? key : rest);
};

/**
 * Groups a result's figures by the naming of metric queries: `m`, `m_<label>`, `m_<label>_change`,
 * `m_<label>_change_pct`. A figure that is compared with nothing is a group of its own.
 */
export const groupMeasures = (table: ResultTable): MeasureGroup[] => {
  const index = new Map(table.columns.map(({ name }, at) => [name, at]));
  const figures = table.columns.filter(({ role }) => role === "figure").map(({ name }) => name);
  const compared = new Set(
    figures.flatMap((name) => CHANGE.exec(name)?.[1] ?? []).filter((name) => name !== ""),
  );
  const bases = figures.filter((name) => !compared.has(name) && !CHANGE.test(name));
  const baseOf = (name: string): string | undefined =>
    bases.filter((base) => name.startsWith(`${base}_`)).sort((a, b) => b.length - a.length)[0];
  const groups = bases.map((base) => ({
    base: index.get(base) ?? 0,
    comparisons: [...compared]
      .filter((name) => baseOf(name) === base)
      .map((name) => {
        const at = index.get(base) ?? 0;
        const column = table.columns[at];
        const label = name.slice(base.length + 1);
        return {
          label: column
            ? comparisonLabel(column, table.columns[index.get(name) ?? -1], label)
            : label,
          value: index.get(name),
          change: index.get(`${name}_change`),
          changePct: index.get(`${name}_change_pct`),
        };
      }),
  }));
  const grouped = new Set(groups.flatMap(columnsOf));
  const rest = table.columns.flatMap(({ role }, at) =>
    role === "figure" && !grouped.has(at) ? [{ base: at, comparisons: [] }] : [],
  );
  return [...groups, ...rest].sort((a, b) => a.base - b.base);
};

/** Column indices of a group, the measure first. */
export const columnsOf = ({ base, comparisons }: MeasureGroup): number[] => [
  base,
  ...comparisons.flatMap(({ value, change, changePct }) =>
    [value, change, changePct].filter((at) => at !== undefined),
  ),
];
