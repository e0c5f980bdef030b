// Rows that say exactly the same as one before them, by their values and not by how those are written.
import { BLANK } from "./text-grid.ts";
import type { NamedColumn } from "./read-headers.ts";
import { isCodeName } from "./type-column.ts";
import type { TypedColumn } from "./type-column.ts";

/** Slips allowed before a column is no key: an id given twice by mistake. */
const KEY_UNIQUE = 0.98;

/** Per row a number per column that is equal where the values are equal. */
export const valueIds = (typed: TypedColumn): Int32Array => {
  const ids = new Map<string, number>();
  return Int32Array.from(typed.values, (value) => {
    if (value === null) return BLANK;
    const known = ids.get(value);
    if (known !== undefined) return known;
    ids.set(value, ids.size);
    return ids.size - 1;
  });
};

/** The later rows of each set of equal rows. */
export const duplicateRows = (
  columns: readonly NamedColumn[],
  ids: readonly Int32Array[],
  rows: Int32Array,
): number[] => {
  const idAt = (index: number, row: number): number => {
    const code = (columns[index] as NamedColumn).column.codes[row] ?? BLANK;
    return code === BLANK ? BLANK : ((ids[index] as Int32Array)[code] ?? BLANK);
  };
  const same = (one: number, other: number): boolean =>
    ids.every((_, index) => idAt(index, one) === idAt(index, other));
  const seen = new Map<number, number[]>();
  const duplicates: number[] = [];
  for (const row of rows) {
    let hash = 17;
    for (let index = 0; index < ids.length; index += 1) {
      hash = (Math.imul(hash, 31) + idAt(index, row) + 7) | 0;
    }
    const others = seen.get(hash);
    if (others === undefined) seen.set(hash, [row]);
    else if (others.some((other) => same(other, row))) duplicates.push(row);
    else others.push(row);
  }
  return duplicates;
};

/** The column that tells rows apart, when there is one: an id, without repeats once duplicates are gone. */
export const keyColumn = (
  columns: readonly NamedColumn[],
  typed: readonly TypedColumn[],
  ids: readonly Int32Array[],
  rows: Int32Array,
): number | undefined => {
  for (const [index, { name, column }] of columns.entries()) {
    const { type, values } = typed[index] as TypedColumn;
    if (type !== "integer" && type !== "text") continue;
    if (!isCodeName(name) && !(type === "text" && values.every(isCode))) continue;
    const distinct = new Set<number>();
    let present = 0;
    for (const row of rows) {
      const code = column.codes[row] ?? BLANK;
      const id = code === BLANK ? BLANK : (ids[index]?.[code] ?? BLANK);
      if (id === BLANK) continue;
      present += 1;
      distinct.add(id);
    }
    const enough = Math.floor(KEY_UNIQUE * rows.length);
    if (present > 1 && present >= enough && distinct.size >= enough) return index;
  }
  return undefined;
};

const isCode = (value: string | null): boolean =>
  value === null ||
  /^[\p{L}]{0,6}[-_#/ ]?\d{2,}([-_/]\w+)*$/u.test(value) ||
  /^[0-9a-f-]{32,36}$/i.test(value);
