// Which step first went wrong, and where a figure comes from.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Finding, HandOver, verdictOf } from "../../src/protocol/index.ts";
import { lineageOf, type LineageStep, traceFigure } from "../../src/verification/index.ts";
import { openSalesCase, type SalesCase } from "./sales-case.ts";

let sales: SalesCase;
beforeAll(async () => {
  sales = await openSalesCase();
});
afterAll(() => sales.close());

const wrong: Finding = {
  code: "wrong-figure",
  check: "recompute",
  message: "m",
  severity: "error",
};
const handOver = HandOver.parse({ status: "done", summary: "s" });
const step = (id: string, dependsOn: string[], finding?: Finding): LineageStep => ({
  task: { id, title: id, dependsOn },
  handOver,
  verdict: verdictOf(finding === undefined ? [] : [finding], []),
});

test("the first wrong step is the one whose inputs were all right, whatever the order of the list", () => {
  const lineage = lineageOf([
    step("report", ["text"], wrong),
    step("text", ["figures"], wrong),
    step("other", []),
    step("figures", [], wrong),
    step("appendix", ["text", "other"]),
  ]);
  expect(lineage.firstWrong).toEqual({ taskId: "figures", title: "figures", findings: [wrong] });
  expect(lineage.wrong).toEqual(["figures", "text", "report"]);
  expect(lineage.affected).toEqual(["text", "report", "appendix"]);
});

test("when all is well there is no wrong step; warnings are none", () => {
  const lineage = lineageOf([
    step("figures", [], { ...wrong, severity: "warning" }),
    step("text", ["figures"]),
  ]);
  expect(lineage).toEqual({ wrong: [], affected: [], open: [] });
});

test("tasks without a verdict are open, and a cycle does no harm", () => {
  const lineage = lineageOf([
    { task: { id: "a", title: "a", dependsOn: ["b"] } },
    step("b", ["a"]),
  ]);
  expect(lineage.open).toEqual(["a"]);
});

test("a figure is traced to its cell, its SQL and the hash of its source", () => {
  const inputs = sales.writing().inputs;
  expect(traceFigure("{{by-region.1.revenue}}", inputs)).toMatchObject({
    taskId: "by-region",
    cell: { table: "by-region", row: 1, column: "revenue", value: 70.05, text: "€70.05" },
    row: [{ column: "region", value: "South" }],
    table: { id: "by-region", sql: expect.stringContaining("FULL JOIN") },
    sources: [{ table: "sales", sha256: sales.sources[0]?.sha256 }],
  });
  expect(traceFigure({ table: "by-region", row: 9, column: "revenue" }, inputs)).toBeUndefined();
  expect(traceFigure("no token", inputs)).toBeUndefined();
});
