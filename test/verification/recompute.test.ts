// The verifier's own computation: worked by hand, and against a naive one on random tables.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Cell } from "../../src/protocol/index.ts";
import { type AggregateQuery, MetricQuery, ResultTable } from "../../src/protocol/index.ts";
import { compareRows, isSame, judgeComparison } from "../../src/verification/compare-rows.ts";
import { computeQuery } from "../../src/verification/compute-query.ts";
import type { ExpectedTable } from "../../src/verification/expected-table.ts";
import { memorySession, type MemoryTable } from "../fakes/memory-tables.ts";

const sumOf = (column: string, as = "total") => ({
  as,
  aggregate: "sum",
  of: { column },
  format: "money",
});

const compute = async (query: unknown, ...tables: MemoryTable[]): Promise<ExpectedTable> => {
  const { tables: answers } = await computeQuery(MetricQuery.parse(query), memorySession(tables));
  return answers[0]!;
};
const rowsOf = async (query: unknown, ...tables: MemoryTable[]) => {
  const { rows, limit } = await compute(query, ...tables);
  return rows.slice(0, limit).map(({ cells }) => cells);
};

const visits: MemoryTable = {
  name: "visits",
  columns: [
    { name: "at", type: "timestamp" },
    { name: "ward", type: "text" },
    { name: "minutes", type: "integer" },
    { name: "fee", type: "decimal" },
    { name: "missed", type: "boolean" },
  ],
  rows: [
    ["2026-01-31T23:59:59", "A", 10, 0.1, false],
    ["2026-02-01T00:00:00", "A", 20, 0.2, true],
    ["2026-02-28T12:00:00", "B", null, 0.3, false],
    ["2026-03-01T00:00:00", "B", 40, null, true],
    ["2026-02-02T08:00:00", null, 30, 1e-7, false],
    [null, "A", 50, 5, false],
  ],
};
const february = { column: "at", from: "2026-02-01", to: "2026-03-01" };

test("a period is half open, missing dimension values are a group, nulls come last", async () => {
  const query = {
    kind: "aggregate",
    table: "visits",
    measures: [sumOf("fee")],
    dimensions: ["ward"],
    period: february,
  };
  expect(await rowsOf(query, visits)).toEqual([
    ["A", 0.2],
    ["B", 0.3],
    [null, 1e-7],
  ]);
});

test("ten times ten cents are one euro, not almost", async () => {
  const cents: MemoryTable = {
    name: "cents",
    columns: [{ name: "x", type: "decimal" }],
    rows: Array.from({ length: 10 }, () => [0.1]),
  };
  expect(
    await rowsOf({ kind: "aggregate", table: "cents", measures: [sumOf("x")] }, cents),
  ).toEqual([[1]]);
});

test("whole numbers beyond 2^53 keep every digit", async () => {
  const big: MemoryTable = {
    name: "big",
    columns: [{ name: "x", type: "integer" }],
    rows: [["9007199254740993"], [2]],
  };
  expect(await rowsOf({ kind: "aggregate", table: "big", measures: [sumOf("x")] }, big)).toEqual([
    ["9007199254740995"],
  ]);
});

test("every aggregate does what its name says, missing values left out", async () => {
  const measure = (aggregate: string, column: string) => ({
    as: aggregate,
    aggregate,
    of: { column },
    format: "number",
  });
  const query = {
    kind: "aggregate",
    table: "visits",
    measures: [
      measure("avg", "minutes"),
      measure("min", "minutes"),
      measure("max", "minutes"),
      measure("median", "minutes"),
      measure("count", "minutes"),
      measure("count_distinct", "ward"),
      { as: "rows", aggregate: "count", format: "integer" },
      { as: "share", aggregate: "avg", of: { column: "missed" }, format: "percent" },
      { as: "spread", difference: ["max", "min"], format: "number" },
      { as: "part", ratio: ["spread", "max"], format: "number" },
    ],
  };
  expect(await rowsOf(query, visits)).toEqual([[30, 10, 50, 30, 5, 2, 6, 2 / 6, 40, 0.8]]);
});

test("two columns are multiplied row by row and exactly", async () => {
  const lines: MemoryTable = {
    name: "lines",
    columns: [
      { name: "n", type: "integer" },
      { name: "price", type: "decimal" },
    ],
    rows: [
      [3, 1.1],
      [7, 0.1],
      [null, 9],
    ],
  };
  const of = { op: "multiply", left: "n", right: "price" };
  expect(
    await rowsOf(
      {
        kind: "aggregate",
        table: "lines",
        measures: [{ as: "x", aggregate: "sum", of, format: "money" }],
      },
      lines,
    ),
  ).toEqual([[4]]);
});

test("buckets bear their first day, weeks begin on Monday, and come before the dimensions", async () => {
  const by = (unit: string) => ({
    kind: "aggregate",
    table: "visits",
    measures: [{ as: "n", aggregate: "count", format: "integer" }],
    grain: { column: "at", unit },
  });
  expect(await rowsOf(by("quarter"), visits)).toEqual([
    ["2026-01-01", 5],
    [null, 1],
  ]);
  expect((await rowsOf(by("week"), visits)).map(([week]) => week)).toEqual([
    "2026-01-26",
    "2026-02-02",
    "2026-02-23",
    null,
  ]);
});

test("filters compare values, and missing values pass none but `= null`", async () => {
  const count = async (...filters: unknown[]) =>
    (
      await rowsOf(
        {
          kind: "aggregate",
          table: "visits",
          measures: [{ as: "n", aggregate: "count", format: "integer" }],
          filters,
        },
        visits,
      )
    )[0];
  expect(await count({ column: "ward", op: "!=", value: "A" })).toEqual([2]);
  expect(await count({ column: "ward", op: "=", value: null })).toEqual([1]);
  expect(await count({ column: "ward", op: "in", value: ["A", "B"] })).toEqual([5]);
  expect(await count({ column: "at", op: ">=", value: "2026-02-28" })).toEqual([2]);
  expect(
    await count(
      { column: "minutes", op: "<=", value: 20 },
      { column: "missed", op: "=", value: true },
    ),
  ).toEqual([1]);
  expect(await count({ column: "minutes", op: "<", value: -1 })).toEqual([0]);
});

test("a comparison has the groups of both sides; where one has no rows, sums are 0 and all else is null", async () => {
  const query = {
    kind: "aggregate",
    table: "visits",
    dimensions: ["ward"],
    period: { ...february, from: "2026-03-01", to: "2026-04-01" },
    measures: [
      sumOf("minutes"),
      { as: "mean", aggregate: "avg", of: { column: "minutes" }, format: "number" },
    ],
    comparisons: [{ kind: "period", label: "before", from: "2026-02-01", to: "2026-03-01" }],
  };
  expect(await rowsOf(query, visits)).toEqual([
    ["A", 0, null, 20, -20, -1, 20, null, null],
    ["B", 40, 40, 0, 40, null, null, null, null],
    [null, 0, null, 30, -30, -1, 30, null, null],
  ]);
});

test("another table is joined by dimension and bucket, whatever its columns are called", async () => {
  const plan: MemoryTable = {
    name: "plan",
    columns: [
      { name: "month", type: "date" },
      { name: "unit", type: "text" },
      { name: "planned", type: "decimal" },
    ],
    rows: [
      ["2026-02-01", "A", 1.5],
      ["2026-02-15", "A", 0.5],
      ["2026-03-01", "B", 4],
      ["2026-02-01", "C", 7],
    ],
  };
  const query = {
    kind: "aggregate",
    table: "visits",
    dimensions: ["ward"],
    grain: { column: "at", unit: "month" },
    measures: [sumOf("fee")],
    period: february,
    comparisons: [
      {
        kind: "table",
        label: "plan",
        table: "plan",
        measures: { total: "planned" },
        on: [{ dimension: "ward", column: "unit" }],
        time: { column: "month", from: "2026-02-01", to: "2026-03-01" },
      },
    ],
  };
  expect(await rowsOf(query, visits, plan)).toEqual([
    ["A", "2026-02-01", 0.2, 2, -1.8, -0.9],
    ["B", "2026-02-01", 0.3, 0, 0.3, null],
    ["C", "2026-02-01", 0, 7, -7, -1],
    [null, "2026-02-01", 1e-7, 0, 1e-7, null],
  ]);
});

test("rows are ordered by a column, ties by name, then cut", async () => {
  const query = {
    kind: "aggregate",
    table: "visits",
    dimensions: ["ward"],
    measures: [{ as: "n", aggregate: "count", format: "integer" }],
    orderBy: { column: "n", direction: "desc" },
    limit: 2,
  };
  expect(await rowsOf(query, visits)).toEqual([
    ["A", 3],
    ["B", 2],
  ]);
});

const days = (values: readonly number[], start = 1): Cell[][] =>
  values.map((value, at) => [`2026-01-${String(start + at).padStart(2, "0")}`, value]);
const anomalies = (rows: Cell[][], more: object = {}) =>
  rowsOf(
    {
      kind: "anomalies",
      table: "t",
      measure: sumOf("v"),
      grain: { column: "d", unit: "day" },
      historyFrom: "2026-01-01",
      period: { column: "d", from: "2026-01-08", to: "2026-01-10" },
      ...more,
    },
    {
      name: "t",
      columns: [
        { name: "d", type: "date" },
        { name: "v", type: "decimal" },
      ],
      rows,
    },
  );

test("an anomaly is scored by the median and the median distance of its history", async () => {
  // Median 13, distances 3 2 1 0 1 2 3: their median is 2, the scale 2.9652.
  const rows = await anomalies(days([10, 11, 12, 13, 14, 15, 16, 43, 14]));
  expect(rows).toEqual([["2026-01-08", 43, 13, 30, 30 / 13, 30 / 2.9652]]);
});

test("without spread the mean distance stands in, and without any distance the score is 999", async () => {
  // Median 10, distances 0 0 0 0 0 0 7: mean 1, scale 1.2533.
  const [row] = await anomalies(days([10, 10, 10, 10, 10, 10, 17, 20, 10]));
  expect(row?.at(-1)).toBeCloseTo(10 / 1.2533, 9);
  expect(await anomalies(days([5, 5, 5, 5, 5, 5, 5, 4, 5]))).toEqual([
    ["2026-01-08", 4, 5, -1, -0.2, -999],
  ]);
});

test("a history that is too short gives no anomaly", async () => {
  expect(await anomalies(days([1, 2, 3, 99], 5))).toEqual([]);
  expect(await anomalies(days([1, 2, 3, 99], 5), { minHistory: 3 })).toHaveLength(1);
});

test("a row for a bucket that does not stand out is a wrong figure, said with the source's own", () => {
  const columns = [
    { name: "month", kind: "label" },
    { name: "visits", kind: "figure", exact: true },
  ] as const;
  const quiet = { labels: ["2026-01-01"], cells: ["2026-01-01", 14] };
  const expected: ExpectedTable = { columns, rows: [], others: [quiet] };
  const table = ResultTable.parse({
    id: "unusual",
    title: "Unusual visits",
    columns: [
      { name: "month", label: "Month", type: "date", role: "label", format: "month" },
      { name: "visits", label: "Visits", type: "integer", role: "figure", format: "integer" },
    ],
    rows: [["2026-01-01", 41]],
    rowCount: 1,
    truncated: false,
    sql: "SELECT 1",
    sources: [],
  });
  const findings = judgeComparison(table, expected, compareRows(table, expected));
  expect(findings.map(({ code }) => code)).toEqual(["wrong-figure"]);
  expect(findings[0]?.message).toContain("does not stand out: [14] from the source");
});

// A second, deliberately simple computation: filter, group, add up in cents.
const naive = (
  rows: readonly Cell[][],
  from: string,
  to: string,
): Map<string, { cents: number; count: number }> => {
  const groups = new Map<string, { cents: number; count: number }>();
  for (const [day, name, amount] of rows) {
    if (typeof day !== "string" || day < from || day >= to) continue;
    const key = String(name);
    const group = groups.get(key) ?? { cents: 0, count: 0 };
    group.cents += Math.round(Number(amount ?? 0) * 100);
    group.count += 1;
    groups.set(key, group);
  }
  return groups;
};

const randomRows = fc.array(
  fc.tuple(
    fc.constantFrom("2026-01-05", "2026-01-31", "2026-02-01", "2026-02-14", "2026-03-01"),
    fc.constantFrom("north", "south", "Ä", "ä", "東"),
    fc.integer({ min: -1_000_000, max: 1_000_000 }).map((cents) => cents / 100),
  ),
  { minLength: 1, maxLength: 40 },
);
const QUERY = MetricQuery.parse({
  kind: "aggregate",
  table: "t",
  dimensions: ["name"],
  measures: [sumOf("amount"), { as: "n", aggregate: "count", format: "integer" }],
  period: { column: "day", from: "2026-02-01", to: "2026-03-01" },
  comparisons: [{ kind: "period", label: "before", from: "2026-01-01", to: "2026-02-01" }],
}) as AggregateQuery;
const random = (rows: readonly Cell[][]): MemoryTable => ({
  name: "t",
  columns: [
    { name: "day", type: "date" },
    { name: "name", type: "text" },
    { name: "amount", type: "decimal" },
  ],
  rows,
});

test("on random tables it gives what a naive computation gives, whatever the order of the rows", async () => {
  await fc.assert(
    fc.asyncProperty(randomRows, async (rows) => {
      const [now, before] = [
        naive(rows, "2026-02-01", "2026-03-01"),
        naive(rows, "2026-01-01", "2026-02-01"),
      ];
      const expected = [...new Set([...now.keys(), ...before.keys()])].map((name) => {
        const [a, b] = [
          now.get(name) ?? { cents: 0, count: 0 },
          before.get(name) ?? { cents: 0, count: 0 },
        ];
        return [name, a.cents / 100, a.count, b.cents / 100, b.count];
      });
      const answer = await rowsOf(QUERY, random([...rows].reverse()));
      const picked = answer.map((row) => [0, 1, 2, 3, 6].map((at) => row[at]));
      expect(new Set(picked.map((row) => JSON.stringify(row)))).toEqual(
        new Set(expected.map((row) => JSON.stringify(row))),
      );
      expect(picked).toHaveLength(expected.length);
    }),
    { numRuns: 150 },
  );
});

const handed = (expected: ExpectedTable): ResultTable => ({
  id: "t",
  title: "T",
  columns: expected.columns.map(({ name, kind }) => ({
    name,
    label: name,
    type: kind === "label" ? "text" : "decimal",
    role: kind,
    format: kind === "label" ? "text" : "number",
  })),
  rows: expected.rows.map(({ cells }) => [...cells]),
  rowCount: expected.rows.length,
  truncated: false,
  sql: "SELECT 1",
  sources: [],
});

test("any single changed cell is flagged, and the unchanged table is not", async () => {
  await fc.assert(
    fc.asyncProperty(
      randomRows,
      fc.nat(),
      fc.nat(),
      fc.double({ min: 0.011, max: 1e6, noNaN: true }),
      async (rows, r, c, by) => {
        const expected = await compute(QUERY, random(rows));
        const table = handed(expected);
        fc.pre(table.rows.length > 0);
        expect(isSame(compareRows(table, expected))).toBe(true);
        const row = table.rows[r % table.rows.length]!;
        const at = c % row.length;
        const cell = row[at]!;
        row[at] = typeof cell === "number" ? cell + by : cell === null ? by : `${cell}x`;
        expect(judgeComparison(table, expected, compareRows(table, expected))).not.toEqual([]);
      },
    ),
    { numRuns: 150 },
  );
});
