// What is worth knowing of a column, for planners and people.
import type { Cell, ColumnProfile } from "../../protocol/index.ts";
import { cellOf } from "./canonical-cell.ts";
import type { CountedColumn } from "./column-issues.ts";
import { roleOf } from "./column-role.ts";

const EXAMPLES = 12;

export const profileColumn = (column: CountedColumn, unit: string | undefined): ColumnProfile => {
  const { named, typed, counts, rows } = column;
  const cells = new Map<string, number>();
  let present = 0;
  let length = 0;
  for (const [code, count] of counts.entries()) {
    const value = typed.values[code];
    if (count === 0 || value == null) continue;
    present += count;
    if (!cells.has(value)) length += value.length;
    cells.set(value, (cells.get(value) ?? 0) + count);
  }
  const distinct = cells.size;
  const { type } = typed;
  const role = roleOf({
    name: named.name,
    type,
    rows,
    present,
    distinct,
    length: distinct === 0 ? 0 : length / distinct,
  });
  const frequent = [...cells].sort((a, b) => b[1] - a[1]).slice(0, EXAMPLES);
  return {
    name: named.name,
    ...(named.header === undefined ? {} : { header: named.header }),
    type,
    role,
    ...(unit === undefined || role === "key" || role === "time" ? {} : { unit }),
    missing: rows - present,
    distinct,
    ...extremes(column, [...cells.keys()]),
    examples: frequent.map(([value]) => cellOf(value, type)),
  };
};

const extremes = (column: CountedColumn, values: string[]): { min?: Cell; max?: Cell } => {
  const { type } = column.typed;
  if (values.length === 0 || type === "text" || type === "boolean") return {};
  const numeric = type === "integer" || type === "decimal";
  const less = numeric
    ? (a: string, b: string) => Number(a) < Number(b)
    : (a: string, b: string) => a < b;
  let [min, max] = [values[0] as string, values[0] as string];
  for (const value of values) {
    if (less(value, min)) min = value;
    if (less(max, value)) max = value;
  }
  return { min: cellOf(min, type), max: cellOf(max, type) };
};
