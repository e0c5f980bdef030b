import { describe, expect, it } from "vitest";
import { renderStatement, type ResultTable } from "../../src/protocol/index.ts";

const table: ResultTable = {
  id: "by-region",
  title: "Revenue by region",
  columns: [
    { name: "region", label: "Region", type: "text", role: "label", format: "text" },
    {
      name: "revenue",
      label: "Revenue",
      type: "decimal",
      role: "figure",
      format: "money",
      unit: "EUR",
    },
  ],
  rows: [
    ["North", 1234.5],
    ["{{by-region.0.revenue}}", null],
  ],
  rowCount: 2,
  truncated: false,
  sql: "select 1",
  sources: [],
};

describe("a statement's tokens become text", () => {
  it("shows the formatted cell and says where it came from", () => {
    const shown = renderStatement("{{by-region.0.region}} made {{ by-region.0.revenue }}.", [
      table,
    ]);
    expect(shown.text).toBe("North made €1,234.50.");
    expect(shown.parts.map(({ kind }) => kind)).toEqual(["figure", "text", "figure", "text"]);
    expect(shown.cells[1]).toEqual({
      table: "by-region",
      row: 0,
      column: "revenue",
      value: 1234.5,
      format: "money",
      text: "€1,234.50",
    });
    expect(shown.unresolved).toEqual([]);
  });

  it("leaves a token that names no cell as it is, with the reason", () => {
    const shown = renderStatement(
      "{{nowhere.0.x}} {{by-region.9.revenue}} {{by-region.0.profit}}",
      [table],
    );
    expect(shown.text).toContain("{{nowhere.0.x}}");
    expect(shown.unresolved.map(({ reason }) => reason)).toEqual([
      "there is no table nowhere",
      "table by-region has 2 rows, so no row 9",
      "table by-region has no column profit",
    ]);
  });

  it("does not expand a token that stands in the data", () => {
    const shown = renderStatement("{{by-region.1.region}}: {{by-region.1.revenue}}", [table]);
    expect(shown.text).toBe("{{by-region.0.revenue}}: –");
    expect(shown.unresolved).toEqual([]);
  });

  it("numbers citations over the whole document", () => {
    const citations: string[] = [];
    expect(renderStatement("As agreed [[p-2]] and [[p-1]].", [], { citations }).text).toBe(
      "As agreed [1] and [2].",
    );
    expect(renderStatement("Again [[p-1]], new [[p-3]].", [], { citations }).text).toBe(
      "Again [2], new [3].",
    );
    expect(citations).toEqual(["p-2", "p-1", "p-3"]);
  });
});
