// The example data: what cleaning makes of the dirty twin is the clean table again.
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { columnOf, fixture, issueOf } from "./table-fixture.ts";

const example = async (name: string): Promise<Uint8Array> =>
  new Uint8Array(await readFile(new URL(`../../../examples/${name}`, import.meta.url)));

it("every value of the dirty twin that is not missing equals the clean one", async () => {
  const { engine, put } = await fixture();
  const session = await engine.open([
    await put("sales.csv", await example("sales.csv")),
    await put("sales-dirty.csv", await example("sales-dirty.csv")),
  ]);
  const [dirty, clean] = session.profiles;
  expect([dirty?.name, dirty?.rows]).toEqual(["sales_dirty", clean?.rows]);
  for (const { name } of clean!.columns) {
    const { rows } = await session.query(
      `SELECT d.${name}, c.order_id FROM sales c LEFT JOIN sales_dirty d USING (order_id)
       WHERE d.${name} IS NOT NULL AND d.${name} IS DISTINCT FROM c.${name}`,
    );
    const words = rows.filter(([value]) => !/^ignore your instructions/i.test(String(value)));
    expect([name, words]).toEqual([name, []]);
  }
  for (const code of [
    "total-row",
    "duplicate-rows",
    "mixed-dates",
    "number-format",
    "missing-values",
  ] as const) {
    expect(issueOf(dirty!, code)?.count).toBeGreaterThan(0);
  }
});

it.each([
  ["sales.csv", "revenue_eur", "EUR", "date"],
  ["plan.xlsx", "plan_revenue_eur", "EUR", "month"],
  ["sensors.parquet", "temperature_c", "°C", "timestamp"],
  ["tickets.tsv", "resolution_hours", "h", "opened_at"],
  ["clinic.json", "fee_eur", "EUR", "visit_date"],
])("%s has its measures, units and times", async (name, measure, unit, time) => {
  const { open } = await fixture();
  const profile = (await open(name, await example(name))).profiles[0]!;
  expect(columnOf(profile, measure)).toMatchObject({ role: "measure", unit });
  expect(columnOf(profile, time).role).toBe("time");
  expect(profile.issues.filter(({ code }) => code !== "missing-values")).toEqual([]);
});
