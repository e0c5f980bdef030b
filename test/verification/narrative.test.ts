// Checks of text: tokens, typed numbers, names beside figures, currencies and periods.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ResultTable } from "../../src/protocol/index.ts";
import { codes, openSalesCase, type SalesCase } from "./sales-case.ts";

let sales: SalesCase;
beforeAll(async () => {
  sales = await openSalesCase();
});
afterAll(() => sales.close());

const verdictOf = (...statements: string[]) =>
  sales.verifier.verify(
    sales.text(...statements),
    sales.writing({ caveats: ["7 duplicate rows were removed"] }),
  );

const N = "{{by-region.0.region}}";
const S = "{{by-region.1.region}}";

test.each([
  `${N} leads with {{by-region.0.revenue}}, {{by-region.0.revenue_last_month_change_pct}} against August 2026.`,
  `{{by-region.0.revenue}} came from ${N} and {{by-region.1.revenue}} from ${S}.`,
  `${N} and ${S} made {{by-region.0.revenue}} and {{by-region.1.revenue}}.`,
  `${N} made {{by-region.0.revenue}}; ${S} made {{by-region.1.revenue}} in {{by-region.1.orders}} orders.`,
  "North made {{by-region.0.revenue}} in September.",
  "North made {{by-region.0.revenue}}. West made {{by-region.2.revenue}}.",
  "In total, revenue was {{total.0.revenue}} in September 2026, all in euros.",
  "North compares with August, when it made {{by-region.0.revenue_last_month}}.",
  "7 duplicate rows were removed.",
  "Nothing else stood out.",
  `${N} made {{by-region.0.revenue}}, ahead of ${S}.`,
  "The figures cover 1 September 2026 to 30 September 2026.",
])("a true statement passes: %s", async (statement) => {
  const verdict = await verdictOf(statement);
  expect(verdict.findings).toEqual([]);
  expect(verdict.ok).toBe(true);
});

test.each([
  ["North made {{by-region.9.revenue}}.", "unresolved-token"],
  ["North made {{by-region.0.profit}}.", "unresolved-token"],
  ["North made {{by-regoin.0.revenue}}.", "unresolved-token"],
  ["North made {{by-region.revenue}}.", "unresolved-token"],
  ["North made 150.10 euros.", "invented-number"],
  ["North made €150.10.", "invented-number"],
  ["Revenue rose by 12%.", "invented-number"],
  ["Revenue of 1,204 was reached.", "invented-number"],
  ["Three regions grew.", "invented-number"],
  ["Revenue doubled.", "invented-number"],
  ["Nearly half came from one region.", "invented-number"],
  ["A third of it was lost.", "invented-number"],
  ["Some ١٢ orders were placed.", "invented-number"],
  ["The target of 2500 was met.", "invented-number"],
  [`${N} made {{by-region.1.revenue}}.`, "wrong-label"],
  ["North made {{by-region.1.revenue}}.", "wrong-label"],
  [`${N} made {{by-region.1.revenue}} and ${S} made {{by-region.0.revenue}}.`, "wrong-label"],
  ["Revenue was {{by-region.1.revenue}}.", "wrong-label"],
  ["North made {{total.0.revenue}}.", "wrong-label"],
  ["North made {{by-region.0.revenue}}, like South.", "wrong-label"],
  ["North made {{by-region.0.revenue}} in dollars.", "wrong-unit"],
  ["North made USD {{by-region.0.revenue}}.", "wrong-unit"],
  ["North had {{by-region.0.orders}}% of orders.", "wrong-unit"],
  ["In July, revenue was {{total.0.revenue}}.", "wrong-period"],
  ["In 2025, revenue was {{total.0.revenue}}.", "wrong-period"],
  ["In Q1 2026, revenue was {{total.0.revenue}}.", "wrong-period"],
  ["In August 2026, North made {{by-region.0.revenue}}.", "wrong-period"],
  ["On 14 July 2026 nothing was sold.", "wrong-period"],
  [
    "North made {{by-region.0.revenue}}, against {{by-region.0.revenue_last_month}} the previous year.",
    "wrong-period",
  ],
])("%s → %s", async (statement, code) => {
  const verdict = await verdictOf(statement);
  expect(codes(verdict)).toContain(code);
});

// North went up on last month, South down.
const UP = "{{by-region.0.revenue_last_month_change_pct}}";
const DOWN = "{{by-region.1.revenue_last_month_change_pct}}";

test.each([
  `${N} rose by ${UP}.`,
  `${N} was up ${UP} and ${S} down ${DOWN}.`,
  `${N} is ${UP} higher than in August; ${S} is ${DOWN} lower.`,
  `${S} fell by ${DOWN} while ${N} grew ${UP}.`,
  `The largest gain on last month is that of ${N}: ${UP}.`,
  `${S} did not rise: ${DOWN}.`,
  `${S}, broken down by month, changed by ${DOWN}.`,
  `${S} changed by ${DOWN} over August.`,
  `Prices increased, but ${S} changed by ${DOWN}.`,
  `${N} rose ${UP} less than hoped.`,
  `The last month was higher for ${S}, a change of ${DOWN}.`,
])("a change that went where the words say passes: %s", async (statement) => {
  expect((await verdictOf(statement)).findings).toEqual([]);
});

test.each([
  `${N} fell by ${UP}.`,
  `${S} rose by ${DOWN}.`,
  `${N} was down ${UP} and ${S} up ${DOWN}.`,
  `${N} is ${UP} lower than in August.`,
  `${S} is ${DOWN} above August.`,
  `The largest gain on last month is that of ${S}: ${DOWN}.`,
  `The largest fall on last month is that of ${N} (${UP}).`,
  `There was an increase of ${DOWN} in ${S}.`,
])("a change that went the other way is found: %s", async (statement) => {
  expect(codes(await verdictOf(statement))).toEqual(["wrong-direction"]);
});

test.each([
  ["Computed from one query over the sales of September 2026.", true],
  ["Revenue came to 48,213,077.", false],
  ["Revenue rose by 12.5% in all.", false],
  ["The best region made €150.10.", true],
  ["Written in one section about 3 regions.", true],
])("a summary may name no figure that is in no result: %s", async (summary, passes) => {
  const handOver = { ...sales.text("Nothing else stood out."), summary };
  expect(codes(await sales.verifier.verify(handOver, sales.writing()))).toEqual(
    passes ? [] : ["invented-number"],
  );
});

test("notes are held to the same rule, and may repeat what loading found", async () => {
  const handOver = sales.text("Nothing else stood out.");
  const notes = ["7 duplicate rows were removed", "About 9,000 orders are missing."];
  const verdict = await sales.verifier.verify(
    { ...handOver, notes },
    sales.writing({ caveats: ["7 duplicate rows were removed"] }),
  );
  expect(verdict.findings.map(({ code, where }) => [code, where])).toEqual([
    ["invented-number", "notes/1"],
  ]);
});

test("titles and summaries are held to the same rules", async () => {
  const handOver = sales.text("Nothing else stood out.");
  handOver.narrative!.title = "Sales up 20%";
  handOver.narrative!.summary = ["Revenue was 230 thousand."];
  const verdict = await sales.verifier.verify(handOver, sales.writing());
  expect(verdict.findings.map(({ where }) => where)).toEqual(
    expect.arrayContaining(["narrative/title", "narrative/summary/0"]),
  );
});

test("a section about a table that was not verified is found", async () => {
  const handOver = sales.text("Nothing else stood out.");
  handOver.narrative!.sections[0]!.tables = ["by-product"];
  const verdict = await sales.verifier.verify(handOver, sales.writing());
  expect(codes(verdict)).toEqual(["unresolved-token"]);
});

test("a number that the goal names with its unit of time may be repeated", async () => {
  const writing = sales.writing({ goal: "Revenue of the last three months, September 2026" });
  const said = await sales.verifier.verify(sales.text("The last three months are shown."), writing);
  expect(said.ok).toBe(true);
  const invented = await sales.verifier.verify(
    sales.text("The last four months are shown."),
    writing,
  );
  expect(codes(invented)).toEqual(["invented-number"]);
});

test("a total may be dated although other tables have a row of that month or of its first day", async () => {
  const series = (unit: "month" | "day"): ResultTable => ({
    ...structuredClone(sales.total),
    id: `by-${unit}`,
    columns: [
      {
        name: unit,
        label: unit,
        type: "date",
        role: "label",
        format: unit === "month" ? "month" : "date",
      },
      ...sales.total.columns,
    ],
    rows: [
      ["2026-09-01", 230.15],
      ["2026-10-01", 1],
    ],
  });
  const inputs = { ...sales.writing().inputs };
  for (const unit of ["month", "day"] as const)
    inputs[unit] = { ...inputs["total"]!, tables: [series(unit)] };
  const check = (statement: string) =>
    sales.verifier.verify(sales.text(statement), sales.writing({ inputs }));
  expect((await check("Revenue came to {{total.0.revenue}} in September 2026.")).findings).toEqual(
    [],
  );
  expect((await check("September 2026 saw {{by-month.0.revenue}}.")).findings).toEqual([]);
  expect(
    (await check("The best day was 1 September 2026 with {{by-day.0.revenue}}.")).findings,
  ).toEqual([]);
  expect(codes(await check("September 2026 saw {{by-month.1.revenue}}."))).toContain("wrong-label");
});
