// The unit of each measure: written with its values, in its header, in its cell format, or in a
// column of its own beside it.
import type { DataIssue } from "../../protocol/index.ts";
import { valueUnits } from "./column-issues.ts";
import type { CountedColumn } from "./column-issues.ts";
import { unitBehindNumber, unitOf, unitOfHeader } from "./unit.ts";

const MONEY =
  /(^|_)(revenue|sales|amount|price|cost|costs|total|value|net|gross|turnover|profit|margin|fee|charge|charges|balance|budget|plan|spend|discount|tax|betrag|umsatz|preis|kosten|netto|brutto)(_|$)/;
const COUNT =
  /(^|_)(quantity|qty|units|count|number|pieces|menge|anzahl|stueck|orders|visits|visitors|tickets)(_|$)/;
const SIBLING = /^(?:(.+)_)?(currency|currency_code|curr|waehrung|unit|uom|einheit)$/;

const isNumber = ({ typed }: CountedColumn): boolean =>
  typed.type === "integer" || typed.type === "decimal";

export interface Units {
  /** By column name. */
  units: Map<string, string>;
  issues: DataIssue[];
}

export const tableUnits = (columns: readonly CountedColumn[]): Units => {
  const units = new Map<string, string>();
  const issues: DataIssue[] = [];
  for (const column of columns) {
    if (!isNumber(column)) continue;
    const unit = ownUnit(column);
    if (unit !== undefined) units.set(column.named.name, unit);
  }
  for (const sibling of columns) {
    const match = SIBLING.exec(sibling.named.name);
    if (match === null || sibling.typed.type !== "text") continue;
    const measured = targets(columns, match[1], match[2] as string).filter(
      ({ named }) => !units.has(named.name),
    );
    const spelled = valuesOf(sibling);
    if (spelled.length === 1) {
      const written = spelled[0] as string;
      const unit = unitBehindNumber(written) ?? written;
      for (const { named } of measured) units.set(named.name, unit);
    } else if (spelled.length > 1 && measured.length > 0) {
      issues.push(
        mixed(
          sibling,
          spelled,
          measured.map(({ named }) => named.name),
        ),
      );
    }
  }
  return { units, issues };
};

/** A unit that several values contradict is none. */
const ownUnit = (column: CountedColumn): string | undefined => {
  const written = valueUnits(column).units;
  if (written.length > 1) return undefined;
  const { title, name } = column.named;
  const formats = [...column.named.column.formatUnits.keys()];
  return written[0] ?? unitOfHeader(title, name) ?? (formats.length === 1 ? formats[0] : undefined);
};

const targets = (
  columns: readonly CountedColumn[],
  prefix: string | undefined,
  kind: string,
): CountedColumn[] => {
  const numbers = columns.filter(isNumber);
  if (prefix !== undefined) {
    const own = numbers.filter(({ named }) => named.name.startsWith(prefix));
    if (own.length > 0) return own;
  }
  if (/^(unit|uom|einheit)$/.test(kind)) {
    return numbers.filter(
      ({ named }) => !MONEY.test(named.name) || /(^|_)value(_|$)/.test(named.name),
    );
  }
  const money = numbers.filter(({ named }) => MONEY.test(named.name) && !COUNT.test(named.name));
  return money.length > 0 ? money : numbers.filter(({ typed }) => typed.type === "decimal");
};

const valuesOf = ({ typed, counts }: CountedColumn): string[] => {
  const values = new Set<string>();
  for (const [code, count] of counts.entries()) {
    const value = typed.values[code];
    if (count > 0 && value != null) values.add(unitOf(value) ?? value);
  }
  return [...values];
};

const mixed = (sibling: CountedColumn, spelled: string[], measured: string[]): DataIssue => ({
  code: "mixed-units",
  column: sibling.named.name,
  count: sibling.rows,
  message:
    `${spelled.length} units stand in column ${sibling.named.name}; ` +
    `${measured.slice(0, 5).join(", ")} must not be summed across them.`,
  examples: spelled.slice(0, 5),
});
