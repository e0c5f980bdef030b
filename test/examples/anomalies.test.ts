import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { AnomalyQuery } from "../../src/protocol/index.ts";
import { EXAMPLES, openExamples, type ExampleTables } from "./tables.ts";

const Labels = z.record(z.string(), z.string());
const Anomalies = z.object({
  scans: z.array(
    z.object({
      id: z.string(),
      query: AnomalyQuery,
      expected: z.array(
        z.object({ labels: Labels, direction: z.enum(["up", "down"]), value: z.number() }),
      ),
    }),
  ),
  freak_rows: z.array(
    z.object({
      file: z.string(),
      key: z.record(z.string(), z.union([z.string(), z.number()])),
      column: z.string(),
      value: z.number(),
    }),
  ),
  missed_plan: z.object({
    plan_revenue_eur: z.number(),
    revenue_eur: z.number(),
    change_pct: z.number(),
  }),
});
const { scans, freak_rows, missed_plan } = Anomalies.parse(
  JSON.parse(await readFile(join(EXAMPLES, "anomalies.json"), "utf8")),
);

let tables: ExampleTables;
beforeAll(async () => {
  tables = await openExamples();
});
afterAll(() => tables.close());

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
};

/** The definition in src/protocol/query.ts, for histories whose median deviation is not 0. */
const score = (history: readonly number[], value: number): number => {
  const expected = median(history);
  return (value - expected) / (1.4826 * median(history.map((x) => Math.abs(x - expected))));
};

interface Group {
  labels: Record<string, string>;
  history: number[];
  value: number | undefined;
}

const groupsOf = async (query: AnomalyQuery): Promise<Group[]> => {
  const { measure, dimensions, grain, period, historyFrom, table } = query;
  const column = measure.of !== undefined && "column" in measure.of ? measure.of.column : "*";
  const rows = await tables.rows(`
    select ${dimensions.join(", ")}, strftime(date_trunc('month', ${grain.column}::timestamp), '%Y-%m-%d') as month,
      ${measure.aggregate}(${column})::double as value
    from ${table} where ${grain.column} >= '${historyFrom}' and ${grain.column} < '${period.to}'
    group by all order by all`);
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const labels = Object.fromEntries(dimensions.map((name) => [name, row[name] as string]));
    const key = JSON.stringify(labels);
    const group = groups.get(key) ?? { labels, history: [], value: undefined };
    groups.set(key, group);
    if (row["month"] === period.from) group.value = Number(row["value"]);
    else group.history.push(Number(row["value"]));
  }
  return [...groups.values()];
};

test.each(scans)("$id finds exactly what was planted", async ({ query, expected }) => {
  const found = (await groupsOf(query)).flatMap(({ labels, history, value }) => {
    if (value === undefined) return [];
    const points = score(history, value);
    if (Math.abs(points) <= query.threshold) return [];
    return [{ labels, direction: points > 0 ? "up" : "down", value: Number(value.toFixed(6)) }];
  });
  const byLabels = (a: { labels: object }, b: { labels: object }): number =>
    JSON.stringify(a.labels).localeCompare(JSON.stringify(b.labels));
  expect(found.sort(byLabels)).toEqual([...expected].sort(byLabels));
});

test.each(freak_rows)("the freak value of $column in $file is in its row", async (freak) => {
  const table = freak.file.replace(/\..*/, "");
  const where = Object.entries(freak.key)
    .map(([column, value]) => `${column} = '${value}'`)
    .join(" and ");
  const rows = await tables.rows(
    `select ${freak.column}::double as v, (select max(${freak.column}) from ${table})::double as top from ${table} where ${where}`,
  );
  expect(rows).toEqual([{ v: freak.value, top: freak.value }]);
});

test("the missed plan is off by a mild share", async () => {
  const [row] = await tables.rows(`select sum(revenue_eur)::double as revenue from sales
    where region = 'West' and product = 'Nordic Office Chair' and date >= '2026-09-01'`);
  expect(row?.["revenue"]).toBeCloseTo(missed_plan.revenue_eur, 2);
  expect(missed_plan.change_pct).toBeGreaterThan(-0.15);
  expect(missed_plan.change_pct).toBeLessThan(-0.05);
});
