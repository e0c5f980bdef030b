// Checks of tables: shape, origin, and figures computed anew from a real database.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { HandOver, ResultTable } from "../../src/protocol/index.ts";
import { codes, messages, openSalesCase, type SalesCase, TASK } from "./sales-case.ts";

let sales: SalesCase;
beforeAll(async () => {
  sales = await openSalesCase();
});
afterAll(() => sales.close());

const verdictOf = (change: (table: ResultTable) => void, more: Partial<HandOver> = {}) =>
  sales.verifier.verify({ ...sales.tables(change), ...more }, sales.context(TASK));

test("a clean table passes every check, in order", async () => {
  const verdict = await verdictOf(() => undefined);
  expect(verdict).toEqual({ ok: true, findings: [], checks: ["schema", "recompute", "sql again"] });
});

test("values rounded to two places, and fractions to four, pass", async () => {
  const verdict = await verdictOf((table) => {
    table.rows[0]![5] = 0.0007;
    table.rows[1]![5] = -0.1244;
  });
  expect(codes(verdict)).toEqual([]);
});

test.each([
  [-0.1244, true],
  [-0.12438, true],
  [-0.124375, true],
  [-0.1243, false],
  [-0.12439, false],
  [-0.1243751, false],
  [-0.12, false],
])("a figure is right to the decimals it shows: -0.124375 given as %d", async (value, passes) => {
  const verdict = await verdictOf(setCell(1, 5, value));
  expect(codes(verdict)).toEqual(passes ? [] : ["wrong-figure"]);
});

test("two headings that changed places are found", async () => {
  const verdict = await verdictOf(({ columns }) => {
    const [revenue, change] = [columns[1]!, columns[4]!];
    [revenue.label, change.label] = [change.label, revenue.label];
  });
  expect(codes(verdict)).toEqual(["wrong-label"]);
});

const setCell =
  (row: number, at: number, value: ResultTable["rows"][number][number]) => (table: ResultTable) => {
    table.rows[row]![at] = value;
  };

const swap = (table: ResultTable, at: number) => {
  const [first, second] = [table.rows[0]!, table.rows[1]!];
  [first[at], second[at]] = [second[at]!, first[at]!];
};

test.each<[string, (table: ResultTable) => void, string]>([
  ["a wrong figure", setCell(0, 1, 151.1), "wrong-figure"],
  ["a figure off by a cent", setCell(0, 1, 150.11), "wrong-figure"],
  ["a count off by one", setCell(0, 2, 3), "wrong-figure"],
  ["a total that no longer fits", setCell(1, 1, 100), "wrong-total"],
  ["figures swapped between rows", (table) => swap(table, 1), "wrong-label"],
  ["names swapped between rows", (table) => swap(table, 0), "wrong-label"],
  ["a row under a name that is not there", setCell(1, 0, "East"), "wrong-label"],
  [
    "a row left out",
    (table) => {
      table.rows.pop();
      table.rowCount = 2;
    },
    "truncated",
  ],
  ["a row left out in silence", (table) => void table.rows.pop(), "truncated"],
  [
    "a table that says it is cut",
    (table) => {
      table.truncated = true;
    },
    "truncated",
  ],
  [
    "a row twice",
    (table) => {
      table.rows.push([...table.rows[0]!]);
      table.rowCount = 4;
    },
    "duplicate-rows",
  ],
  ["rows out of order", (table) => void table.rows.reverse(), "schema"],
  [
    "a column missing",
    (table) => {
      table.columns.splice(1, 1);
      for (const row of table.rows) row.splice(1, 1);
    },
    "missing-column",
  ],
  ["a row too short", (table) => void table.rows[0]!.pop(), "schema"],
  ["text in a figure's place", setCell(0, 1, "about 150"), "prose-instead-of-data"],
  [
    "another currency",
    (table) => {
      table.columns[1]!.unit = "USD";
    },
    "wrong-unit",
  ],
  [
    "money shown as a percentage",
    (table) => {
      table.columns[1]!.format = "percent";
    },
    "wrong-unit",
  ],
  [
    "another file",
    (table) => {
      table.sources[0]!.sha256 = "0".repeat(64);
    },
    "stale-source",
  ],
  [
    "an unknown table as source",
    (table) => {
      table.sources[0]!.table = "sale";
    },
    "unknown-source",
  ],
  [
    "no source",
    (table) => {
      table.sources = [];
    },
    "unknown-source",
  ],
  [
    "SQL that fails",
    (table) => {
      table.sql = "SELECT nothing FROM sales";
    },
    "not-reproducible",
  ],
  [
    "SQL that gives other rows",
    (table) => {
      table.sql = table.sql.replaceAll("sum(revenue)", "sum(revenue) + 1");
    },
    "not-reproducible",
  ],
  [
    "a title of another month",
    (table) => {
      table.title = "Revenue in July 2026";
    },
    "wrong-period",
  ],
  [
    "the claim to another period",
    (table) => {
      table.query = {
        ...table.query!,
        period: { column: "date", from: "2026-08-01", to: "2026-09-01" },
      };
    },
    "wrong-period",
  ],
])("%s is found", async (_, change, code) => {
  const verdict = await verdictOf(change);
  expect(verdict.ok).toBe(false);
  expect(codes(verdict)).toContain(code);
});

test("figures of last month are named as such", async () => {
  const verdict = await verdictOf((table) => {
    for (const row of table.rows) row[1] = row[3]!;
  });
  expect(codes(verdict)).toContain("wrong-period");
  expect(messages(verdict)).toContain("2026-08-01..2026-08-31");
});

test("a wrong figure is told with both values, its row and its place", async () => {
  const verdict = await verdictOf(setCell(0, 1, 151.1));
  expect(verdict.findings[0]).toMatchObject({
    code: "wrong-figure",
    message: "North, revenue: 151.1 in the result, 150.1 from the source",
    where: "tables/by-region/rows/0/revenue",
  });
});

test("the task's query decides, not the one the table names", async () => {
  const verdict = await verdictOf((table) => {
    delete table.query;
    table.rows[2]![1] = 11;
  });
  expect(codes(verdict)).toContain("wrong-figure");
});

test("without a query the SQL is run again and must give the same rows", async () => {
  const task = { ...TASK, query: undefined };
  const clean = sales.tables((table) => delete table.query);
  expect((await sales.verifier.verify(clean, sales.context(task))).ok).toBe(true);
  const wrong = sales.tables((table) => {
    delete table.query;
    table.rows[1]![1] = 71;
  });
  const verdict = await sales.verifier.verify(wrong, sales.context(task));
  expect(codes(verdict)).toEqual(expect.arrayContaining(["not-reproducible", "wrong-figure"]));
});

test("above the limit figures are computed by other SQL, and the verdict says so", async () => {
  const verifier = sales.verifierWith({ scanLimit: 3 });
  const clean = await verifier.verify(sales.tables(), sales.context(TASK));
  expect(clean.ok).toBe(true);
  expect(clean.checks.join()).toContain("by SQL of the verifier's own");
  const wrong = await verifier.verify(sales.tables(setCell(0, 1, 1)), sales.context(TASK));
  expect(codes(wrong)).toContain("wrong-figure");
});

test("parts must add up to the total of a verified table", async () => {
  const wrongTotal = structuredClone(sales.total);
  wrongTotal.rows = [[231.15]];
  const input = { ...sales.tables(), tables: [wrongTotal] };
  const context = sales.context(TASK, { inputs: { total: input } });
  const verdict = await sales.verifier.verify(sales.tables(), context);
  expect(codes(verdict)).toEqual(["wrong-total"]);
});

test("a table without a task's query that names a query of its own is held to it", async () => {
  const wrong = sales.tables((table) => {
    for (const row of table.rows) row[1] = 1;
    table.sql = table.sql.replace("coalesce(s.revenue, 0) AS revenue,", "1 AS revenue,");
  });
  const verdict = await sales.verifier.verify(wrong, sales.context({ ...TASK, query: undefined }));
  expect(codes(verdict)).toContain("wrong-figure");
});
