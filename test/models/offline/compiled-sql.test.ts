import { afterAll, beforeAll, expect, test } from "vitest";
import { querySql } from "../../../src/models/offline/sql/index.ts";
import type { TableSession } from "../../../src/ports/index.ts";
import { MetricQuery, type Cell } from "../../../src/protocol/index.ts";
import { createBench, type Bench } from "./example-tables.ts";
import { naiveAggregate, naiveAnomalies, type Data, type Row } from "./naive-figures.ts";

const SALES = `id,day,region,product,units,price_eur,amount_eur,returned
1,2026-08-02,North,Desk,2,10.10,20.20,false
2,2026-08-31,North,Lamp,1,0.10,0.10,true
3,2026-08-31,South,Desk,3,10.10,30.30,false
4,2026-09-01,North,Desk,4,0.20,0.80,false
5,2026-09-01,North,Lamp,,3.33,3.33,true
6,2026-09-06,,Desk,1,7.77,7.77,false
7,2026-09-07,East,Lamp,5,1.01,5.05,true
8,2026-09-30,East,"O'Hara ""x""",6,,,false
9,2026-10-01,West,Desk,9,9.99,89.91,true
10,2026-07-15,North,Desk,1,0.70,0.70,false
`;
const PLAN = `month,area,target_eur
2026-08-01,North,25.00
2026-09-01,North,5.55
2026-09-01,South,40.00
2026-09-01,Nowhere,1.00
`;
// A steady series with one jump, one flat series with one step, and one that is too short.
const METERS = ["day,meter,kwh"]
  .concat(
    Array.from(
      { length: 12 },
      (_, at) =>
        `2026-01-${String(at + 1).padStart(2, "0")},A,${[10.1, 10.3, 9.8, 10, 10.2, 9.9, 10.4, 9.7, 10, 10.1, 25.5, 10][at]}`,
    ),
  )
  .concat(
    Array.from(
      { length: 12 },
      (_, at) => `2026-01-${String(at + 1).padStart(2, "0")},B,${at === 11 ? 8 : 7}`,
    ),
  )
  .concat(["2026-01-11,C,100", "2026-01-12,C,1"])
  .join("\n");

let bench: Bench;
let session: TableSession;
let data: Data;
beforeAll(async () => {
  bench = await createBench();
  session = await bench.open({ "sales.csv": SALES, "plan.csv": PLAN, "meters.csv": METERS });
  const tables = session.profiles.map(async ({ name, columns }) => {
    const names = columns.map((column) => column.name);
    const rows: Row[] = [];
    for await (const chunk of session.scan(name, names)) {
      rows.push(
        ...chunk.map((cells) =>
          Object.fromEntries(names.map((each, at) => [each, cells[at] ?? null])),
        ),
      );
    }
    return [name, rows] as const;
  });
  data = Object.fromEntries(await Promise.all(tables));
});
afterAll(() => bench.close());

const sum = (as: string, column: string) => ({
  as,
  format: "money",
  unit: "EUR",
  aggregate: "sum",
  of: { column },
});
const SEPTEMBER = { column: "day", from: "2026-09-01", to: "2026-10-01" };
const BEFORE = { kind: "period", label: "last_month", from: "2026-08-01", to: "2026-09-01" };
const TARGET = {
  kind: "table",
  label: "plan",
  table: "plan",
  measures: { amount: "target_eur" },
  time: { column: "month", from: "2026-09-01", to: "2026-10-01" },
};
const base = { kind: "aggregate", table: "sales", measures: [sum("amount", "amount_eur")] };

const QUERIES: readonly [string, unknown][] = [
  ["a total", base],
  [
    "a total of nothing",
    { ...base, period: { column: "day", from: "2020-01-01", to: "2020-02-01" } },
  ],
  ["groups, the missing one last", { ...base, dimensions: ["region"] }],
  [
    "two dimensions and a period",
    { ...base, dimensions: ["region", "product"], period: SEPTEMBER },
  ],
  [
    "against another period, on all groups of both",
    { ...base, dimensions: ["region"], period: SEPTEMBER, comparisons: [BEFORE] },
  ],
  [
    "against another period and a plan",
    {
      ...base,
      dimensions: ["region"],
      period: SEPTEMBER,
      comparisons: [BEFORE, { ...TARGET, on: [{ dimension: "region", column: "area" }] }],
    },
  ],
  ["a total against a plan", { ...base, period: SEPTEMBER, comparisons: [{ ...TARGET, on: [] }] }],
  ["weeks, which begin on Monday", { ...base, grain: { column: "day", unit: "week" } }],
  [
    "quarters by region",
    { ...base, dimensions: ["region"], grain: { column: "day", unit: "quarter" } },
  ],
  [
    "months against a plan",
    {
      ...base,
      grain: { column: "day", unit: "month" },
      comparisons: [
        { ...TARGET, on: [], time: { column: "month", from: "2026-07-01", to: "2026-10-01" } },
      ],
    },
  ],
  [
    "every aggregate",
    {
      ...base,
      dimensions: ["product"],
      measures: [
        { as: "n", format: "integer", aggregate: "count" },
        { as: "with_units", format: "integer", aggregate: "count", of: { column: "units" } },
        { as: "regions", format: "integer", aggregate: "count_distinct", of: { column: "region" } },
        { as: "mean", format: "number", aggregate: "avg", of: { column: "amount_eur" } },
        { as: "low", format: "number", aggregate: "min", of: { column: "price_eur" } },
        { as: "high", format: "number", aggregate: "max", of: { column: "price_eur" } },
        { as: "mid", format: "number", aggregate: "median", of: { column: "amount_eur" } },
        { as: "rate", format: "percent", aggregate: "avg", of: { column: "returned" } },
        { as: "returns", format: "integer", aggregate: "sum", of: { column: "returned" } },
        { as: "units", format: "integer", aggregate: "sum", of: { column: "units" } },
      ],
    },
  ],
  [
    "products, differences and ratios with their comparisons",
    {
      ...base,
      dimensions: ["region"],
      period: SEPTEMBER,
      comparisons: [BEFORE],
      measures: [
        {
          as: "computed",
          format: "money",
          aggregate: "sum",
          of: { op: "multiply", left: "units", right: "price_eur" },
        },
        sum("amount", "amount_eur"),
        { as: "gap", format: "money", difference: ["computed", "amount"] },
        { as: "part", format: "percent", ratio: ["gap", "amount"] },
      ],
    },
  ],
  [
    "the first two by size",
    { ...base, dimensions: ["region"], orderBy: { column: "amount", direction: "desc" }, limit: 2 },
  ],
  [
    "a value with quotes in it",
    { ...base, filters: [{ column: "product", op: "=", value: `O'Hara "x"` }] },
  ],
  [
    "all but a value, rows without one left out",
    { ...base, dimensions: ["region"], filters: [{ column: "region", op: "!=", value: "North" }] },
  ],
  [
    "one of several values or none",
    {
      ...base,
      dimensions: ["region"],
      filters: [{ column: "region", op: "in", value: ["North", null] }],
    },
  ],
  [
    "a condition on a figure",
    { ...base, dimensions: ["product"], filters: [{ column: "units", op: ">", value: 1 }] },
  ],
];

const comparable = (rows: readonly Cell[][]): Cell[][] =>
  rows.map((row) =>
    row.map((cell) => (typeof cell === "number" ? Number(cell.toPrecision(12)) : cell)),
  );

test.each(QUERIES)("%s: the compiled SELECT gives what plain loops give", async (_, given) => {
  const query = MetricQuery.parse(given);
  if (query.kind !== "aggregate") throw new Error("an aggregate was expected");
  const expected = comparable(naiveAggregate(query, data));
  // As floats a difference of equal sums may leave noise, so only the exact way is compared there.
  const noisy = query.measures.some((measure) => "difference" in measure);
  for (const arithmetic of noisy ? (["exact"] as const) : (["exact", "float"] as const)) {
    const { rows } = await session.query(querySql(query, session.profiles, arithmetic));
    expect(comparable(rows)).toEqual(expected);
  }
});

const METER = {
  kind: "anomalies",
  table: "meters",
  dimensions: ["meter"],
  grain: { column: "day", unit: "day" },
  measure: { as: "energy", format: "number", unit: "kWh", aggregate: "sum", of: { column: "kwh" } },
  period: { column: "day", from: "2026-01-11", to: "2026-01-13" },
  historyFrom: "2026-01-01",
};
const ANOMALIES: readonly [string, unknown][] = [
  ["a jump, and a step out of a flat history", METER],
  ["without dimensions", { ...METER, dimensions: [] }],
  ["averages", { ...METER, measure: { ...METER.measure, aggregate: "avg" } }],
  [
    "counts",
    {
      ...METER,
      measure: { as: "readings", format: "integer", aggregate: "count" },
      dimensions: [],
    },
  ],
  ["a history that is too short", { ...METER, minHistory: 20 }],
];

test.each(ANOMALIES)("anomalies, %s: as the plain loops find them", async (_, given) => {
  const query = MetricQuery.parse(given);
  if (query.kind !== "anomalies") throw new Error("anomalies were expected");
  const { rows, columns } = await session.query(querySql(query, session.profiles));
  expect(comparable(rows)).toEqual(comparable(naiveAnomalies(query, data)));
  expect(columns.map(({ name }) => name)).toEqual([
    ...query.dimensions,
    "day",
    query.measure.as,
    "expected",
    "deviation",
    "deviation_pct",
    "score",
  ]);
});

test("the jump and the step are found, the short history is not", async () => {
  const { rows } = await session.query(querySql(MetricQuery.parse(METER), session.profiles));
  expect(rows.map((row) => [row[0], row[1], row.at(-1)])).toEqual([
    ["B", "2026-01-12", 999],
    ["A", "2026-01-11", expect.closeTo(69.18, 0)],
  ]);
});

test("sums of cents are exact", async () => {
  const { rows } = await session.query(querySql(MetricQuery.parse(base), session.profiles));
  expect(rows).toEqual([[158.16]]);
});
