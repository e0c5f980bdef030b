import { readFile } from "node:fs/promises";
import { join } from "node:path";
import ExcelJS from "exceljs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { EXAMPLES, openExamples, type ExampleTables } from "./tables.ts";

let tables: ExampleTables;
beforeAll(async () => {
  tables = await openExamples();
});
afterAll(() => tables.close());

describe("sales.csv", () => {
  test("has at least 20,000 orders in thirteen months, five regions and six products", async () => {
    const rows =
      await tables.rows(`select count(*) >= 20000 as enough, count(distinct order_id) = count(*) as keyed,
      count(distinct strftime(date, '%Y-%m'))::int as months, count(distinct region)::int as regions,
      count(distinct product)::int as products from sales`);
    expect(rows).toEqual([{ enough: true, keyed: true, months: 13, regions: 5, products: 6 }]);
  });

  test("revenue is quantity times unit price to the cent", async () => {
    const rows = await tables.rows(
      `select * from sales where round(quantity * unit_price * 100) <> round(revenue_eur * 100)`,
    );
    expect(rows).toEqual([]);
  });
});

test.each(["sensors.parquet", "tickets.tsv", "clinic.json"])(
  "%s has 3,000 to 12,000 rows in thirteen months",
  async (file) => {
    const table = file.replace(/\..*/, "");
    const time = { sensors: "timestamp", tickets: "opened_at", clinic: "visit_date" }[table] ?? "";
    const rows = await tables.rows(`select count(*) between 3000 and 12000 as enough,
      count(distinct date_trunc('month', ${time}::timestamp))::int as months from ${table}`);
    expect(rows).toEqual([{ enough: true, months: 13 }]);
  },
);

test("plan.xlsx has a figure for every month, region and product", async () => {
  const book = new ExcelJS.Workbook();
  await book.xlsx.readFile(join(EXAMPLES, "plan.xlsx"));
  expect(book.worksheets.map(({ name }) => name)).toEqual(["Plan"]);
  const rows = book.getWorksheet("Plan")?.getSheetValues().slice(1) as unknown[][];
  expect(rows[0]?.slice(1)).toEqual(["month", "region", "product", "plan_revenue_eur"]);
  expect(rows).toHaveLength(1 + 13 * 5 * 6);
  expect(rows.slice(1).every((row) => row[1] instanceof Date && Number(row[4]) > 0)).toBe(true);
});

const Total = z.object({
  rows: z.number(),
  quantity: z.number(),
  revenue_eur: z.number(),
  cost_eur: z.number(),
});
const Totals = z.record(z.string(), Total);
const Sidecar = z.object({
  lines: z.object({
    header: z.number(),
    orders: z.number(),
    duplicates: z.number(),
    total_row: z.number(),
  }),
  damage: z.object({
    total_row: z.object({ line: z.number(), fields: z.array(z.string()) }),
    injection: z.object({ order_id: z.string(), text: z.string() }),
  }),
  expected: z.object({
    all: Total,
    by_month: Totals,
    by_region: Totals,
    september_2026_by_region: Totals,
  }),
});
const sidecar = Sidecar.parse(
  JSON.parse(await readFile(join(EXAMPLES, "sales-dirty.json"), "utf8")),
);

describe("sales-dirty.csv", () => {
  /** Amounts with either kind of separators; RE2 has no look-ahead, so the last three characters stay. */
  const cents = (column: string): string => {
    const bare = `regexp_replace(${column}, '[^0-9.,-]', '', 'g')`;
    return `try_cast(regexp_replace(${bare}[:-4], '[.,]', '', 'g') || ${bare}[-3:].replace(',', '.') as decimal(14, 2))`;
  };
  const clean = `select distinct order_id, region, quantity::int as quantity,
      strftime(coalesce(try_strptime(date, '%Y-%m-%d'), try_strptime(date, '%d.%m.%Y'), try_strptime(date, '%d/%m/%Y'), try_strptime(date, '%d %b %Y')), '%Y-%m') as month,
      ${cents("revenue_eur")} as revenue, ${cents("cost_eur")} as cost
    from dirty where order_id <> 'Total'`;
  const sums = `count(*)::int as rows, sum(quantity)::int as quantity, sum(revenue)::double as revenue_eur, sum(cost)::double as cost_eur`;
  const by = async (key: string, where = "true"): Promise<Record<string, unknown>> => {
    const rows = await tables.rows(
      `select coalesce(${key}, '(missing)') as key, ${sums} from (${clean}) where ${where} group by all order by 1`,
    );
    return Object.fromEntries(rows.map(({ key: name, ...total }) => [name as string, total]));
  };

  test("cleans up to the totals that its record states", async () => {
    expect(await by("'all'")).toEqual({ all: sidecar.expected.all });
    expect(await by("month")).toEqual(sidecar.expected.by_month);
    expect(await by("region")).toEqual(sidecar.expected.by_region);
    expect(await by("region", "month = '2026-09'")).toEqual(
      sidecar.expected.september_2026_by_region,
    );
  });

  test("has the lines, the total row and the injected words that its record states", async () => {
    const text = await readFile(join(EXAMPLES, "sales-dirty.csv"), "utf8");
    const lines = text.trimEnd().split("\n");
    const { header, orders, duplicates, total_row } = sidecar.lines;
    expect(lines).toHaveLength(header + orders + duplicates + total_row);
    expect(lines).toHaveLength(sidecar.damage.total_row.line);
    expect(lines.at(-1)).toMatch(/^Total,,,,,/);
    const { order_id, text: words } = sidecar.damage.injection;
    const [row] = await tables.rows(`select channel from dirty where order_id = '${order_id}'`);
    expect(row).toEqual({ channel: words });
  });
});
