// The workbook's number formats: cells hold real numbers and dates, and look as `formatCell` writes them.
import { currencyOf, isChange, type ResultColumn } from "../../protocol/index.ts";

const SIGNS: Readonly<Record<string, string>> = {
  EUR: "€",
  USD: "$",
  GBP: "£",
  JPY: "¥",
  INR: "₹",
  KRW: "₩",
  ILS: "₪",
};
const WITHOUT_CENTS = new Set(["JPY", "KRW"]);

const quoted = (text: string): string => `"${text.replaceAll('"', "'")}"`;

const withUnit = (digits: string, unit: string | undefined): string => {
  if (unit === undefined || unit === "") return digits;
  return unit === "%" ? `${digits}"%"` : `${digits}${quoted(` ${unit}`)}`;
};

const moneyFormat = (column: ResultColumn): string => {
  const currency = currencyOf(column);
  if (currency === undefined) return withUnit("#,##0.00", column.unit);
  const digits = WITHOUT_CENTS.has(currency) ? "#,##0" : "#,##0.00";
  const sign = quoted(SIGNS[currency] ?? `${currency} `);
  return `${sign}${digits};-${sign}${digits}`;
};

/** Excel's format code for the cells of a column; undefined for text. */
export const numberFormat = (column: ResultColumn): string | undefined => {
  switch (column.format) {
    case "money":
      return moneyFormat(column);
    case "integer":
      return withUnit("#,##0", column.unit);
    case "number":
      return withUnit(column.type === "integer" ? "#,##0" : "#,##0.00", column.unit);
    case "percent":
      return isChange(column) ? "+0.0%;-0.0%;0.0%" : "0.0%";
    case "date":
      return column.type === "timestamp" ? "d mmmm yyyy, hh:mm" : "d mmmm yyyy";
    case "month":
      return "mmm yyyy";
    default:
      return undefined;
  }
};

/** A shorter code for the value axis of a chart. */
export const axisFormat = (column: ResultColumn): string => {
  if (column.format === "percent") return "0%";
  const currency = currencyOf(column);
  const sign = currency === undefined ? "" : quoted(SIGNS[currency] ?? `${currency} `);
  return `[>=1000000]${sign}0.0,,"M";[>=1000]${sign}0,"k";${sign}#,##0`;
};
