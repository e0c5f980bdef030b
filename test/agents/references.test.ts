import { sourcesRead } from "../../src/agents/references.ts";

const sources = ["sales", "plan", "sales_2025"].map((table, at) => ({
  table,
  sha256: String(at).repeat(64),
}));
const read = (sql: string) =>
  sourcesRead({ sql, columns: [], rows: [], truncated: false, sources }).map(({ table }) => table);

describe("a result's sources are the tables its SQL names", () => {
  it.each([
    ["SELECT * FROM sales", ["sales"]],
    ['SELECT * FROM SALES s JOIN "plan" p ON s.a = p.a', ["sales", "plan"]],
    ["WITH x AS (SELECT 1 FROM sales_2025) SELECT * FROM x", ["sales_2025"]],
    ["SELECT 'plan' AS kind FROM sales -- plan\n/* sales_2025 */", ["sales"]],
    ["SELECT 'it''s plan' FROM main.sales", ["sales"]],
  ])("%s", (sql, expected) => {
    expect(read(sql)).toEqual(expected);
  });

  it("all tables when it names none that is known", () => {
    expect(read("SELECT 1")).toEqual(["sales", "plan", "sales_2025"]);
  });
});
