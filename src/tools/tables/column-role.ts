// What a column is good for, by its type, its name and how many values it has.
import type { ColumnRole, ColumnType } from "../../protocol/index.ts";
import { isCodeName } from "./type-column.ts";

export interface ColumnFacts {
  name: string;
  type: ColumnType;
  rows: number;
  present: number;
  distinct: number;
  /** Mean length of a distinct text. */
  length: number;
}

/** Numbers that name something: summing them is nonsense. */
const NAMING =
  /(^|_)(year|jahr|month|monat|quarter|week|kw|day|weekday|hour_of_day|priority|prio|level|class|grade|tier|rank|floor|room|version|lat|lon|latitude|longitude)$/;
const UNIQUE = 0.98;
const LONG_TEXT = 40;
const MANY = 100;

export const roleOf = (facts: ColumnFacts): ColumnRole => {
  const { name, type, rows, present, distinct } = facts;
  if (type === "date" || type === "timestamp") return "time";
  if (type === "boolean") return "dimension";
  if (isCodeName(name)) return identifies(facts) ? "key" : "dimension";
  if (type === "integer") return NAMING.test(name) ? "dimension" : "measure";
  if (type === "decimal")
    return /(^|_)(lat|lon|latitude|longitude)$/.test(name) ? "dimension" : "measure";
  if (facts.length > LONG_TEXT) return "text";
  if (distinct <= MANY || distinct <= rows / 10) return "dimension";
  if (distinct >= UNIQUE * present) return "text";
  return distinct <= present / 2 ? "dimension" : "text";
};

const identifies = ({ rows, present, distinct }: ColumnFacts): boolean =>
  rows > 1 && present >= UNIQUE * rows && distinct >= UNIQUE * present;
