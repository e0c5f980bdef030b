import { describe, expect, it } from "vitest";
import { formatCell, type Cell, type FormattedColumn } from "../../src/protocol/index.ts";

const column = (format: FormattedColumn["format"], more: Partial<FormattedColumn> = {}) =>
  ({ name: "c", type: "decimal", format, ...more }) satisfies FormattedColumn;

describe("a cell is written for readers", () => {
  const cases: [string, Cell, FormattedColumn, string][] = [
    ["euro", 1_234_567.89, column("money", { unit: "EUR" }), "€1,234,567.89"],
    ["negative euro", -1234.5, column("money", { unit: "EUR" }), "-€1,234.50"],
    ["a negative amount that rounds to zero", -0.001, column("money", { unit: "EUR" }), "€0.00"],
    ["dollar", 5, column("money", { unit: "USD" }), "$5.00"],
    ["yen has no cents", 5000, column("money", { unit: "JPY" }), "¥5,000"],
    ["a currency by its code", 12.5, column("money", { unit: "CHF" }), "CHF\u00a012.50"],
    ["a currency sign as unit", 12.5, column("money", { unit: "€" }), "€12.50"],
    ["money of unknown currency", 12.5, column("money"), "12.50"],
    ["money per something", 12.5, column("money", { unit: "EUR/h" }), "12.50 EUR/h"],
    ["integer", 1204, column("integer", { type: "integer" }), "1,204"],
    ["integer with unit", 1204, column("integer", { unit: "orders" }), "1,204 orders"],
    ["beyond 2^53", "12345678901234567890", column("integer"), "12,345,678,901,234,567,890"],
    ["number", 21.4372, column("number", { unit: "°C" }), "21.44 °C"],
    ["number that is an integer column", 21, column("number", { type: "integer" }), "21"],
    ["tiny number", 0.000421, column("number"), "0.000421"],
    ["negative number", -3, column("number"), "-3.00"],
    ["share", 0.1234, column("percent", { name: "share" }), "12.3%"],
    ["share of nothing", 0, column("percent", { name: "share" }), "0.0%"],
    ["growth", 0.0531, column("percent", { name: "revenue_aug_change_pct" }), "+5.3%"],
    ["decline", -0.0531, column("percent", { name: "revenue_aug_change_pct" }), "-5.3%"],
    ["no change", -0.0001, column("percent", { name: "revenue_aug_change_pct" }), "0.0%"],
    ["deviation", 1.5, column("percent", { name: "deviation_pct" }), "+150.0%"],
    ["a ratio with pct in its name", 0.4, column("percent", { name: "margin_pct" }), "40.0%"],
    ["date", "2026-09-01", column("date", { type: "date" }), "1 September 2026"],
    [
      "timestamp",
      "2026-09-01T14:30:00",
      column("date", { type: "timestamp" }),
      "1 September 2026, 14:30",
    ],
    ["month", "2026-09-01", column("month", { type: "date" }), "Sep 2026"],
    ["quarter", "2026-07-01", column("date", { name: "quarter", type: "date" }), "Q3 2026"],
    ["year", "2026-01-01", column("date", { name: "year", type: "date" }), "2026"],
    ["no date", "soon", column("date", { type: "date" }), "soon"],
    ["text", "<b>=1+1</b>", column("text", { type: "text" }), "<b>=1+1</b>"],
    ["a number read as text", 42, column("text"), "42"],
    ["boolean", true, column("text", { type: "boolean" }), "yes"],
    ["missing", null, column("money", { unit: "EUR" }), "–"],
    ["not a number", Number.NaN, column("number"), "–"],
  ];
  it.each(cases)("%s", (_name, cell, of, text) => {
    expect(formatCell(cell, of)).toBe(text);
  });

  it("follows another locale when asked", () => {
    expect(formatCell(1234.5, column("money", { unit: "EUR" }), "de-DE")).toBe("1.234,50\u00a0€");
  });
});
