// A column's canonical text as a cell of the protocol.
import type { Cell, ColumnType } from "../../protocol/index.ts";

export const cellOf = (value: string, type: ColumnType): Cell => {
  if (type === "boolean") return value === "true";
  if (type === "decimal") return Number(value);
  if (type !== "integer") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
};
