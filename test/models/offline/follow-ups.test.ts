import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { planFor } from "../../../src/models/offline/planner.ts";
import type { TableSession } from "../../../src/ports/index.ts";
import type { Finding, Plan, PlannerBriefing } from "../../../src/protocol/index.ts";
import { validatePlan } from "../../../src/verification/index.ts";
import { describePlan } from "./describe-plan.ts";
import { CARDS, createBench, example, plannerBriefing, type Bench } from "./example-tables.ts";

const GOAL =
  "Monthly sales report for September 2026: revenue by region and product, against last month and the plan; point out anomalies";

let bench: Bench;
let session: TableSession;
let first: Plan;

const plan = (previous?: PlannerBriefing["previous"]): Plan => {
  const result = planFor(
    plannerBriefing(GOAL, session, previous === undefined ? {} : { previous }),
    true,
  );
  if (!("plan" in result)) throw new Error("a form was not expected");
  expect(validatePlan(result.plan, { assignees: CARDS, tables: session.profiles })).toEqual([]);
  return result.plan;
};
const follow = (before: Plan, reason: string): Plan =>
  plan({ plan: before, verified: before.tasks.map(({ id }) => id), reason, failures: [] });
const ids = ({ tasks }: Plan): string[] => tasks.map(({ id }) => id);

beforeAll(async () => {
  bench = await createBench();
  session = await bench.open({
    "sales.csv": await example("sales.csv"),
    "plan.xlsx": await example("plan.xlsx"),
  });
  first = plan();
});
afterAll(() => bench.close());

describe("a follow-up", () => {
  test("keeps what stays the same, id and query, and gives what changes a new id", () => {
    const next = follow(first, "add a breakdown by channel");
    const kept = first.tasks.filter(({ query }) => query !== undefined);
    for (const task of kept) expect(next.tasks).toContainEqual(task);
    expect(ids(next).filter((id) => !ids(first).includes(id))).toEqual([
      "revenue-by-channel",
      "narrative-2",
      "report-2",
    ]);
  });

  test("now by quarter, and add margins", () => {
    const next = follow(first, "now by quarter, and add margins");
    const figures = describePlan(next);
    expect(figures["revenue-and-margin-by-quarter"]).toBe(
      "sum(revenue_eur) + sum(cost_eur) + revenue-cost + margin/revenue each quarter of date 2025-07-01..2026-10-01 vs plan plan_revenue_eur 2025-07-01..2026-10-01",
    );
    expect(figures["revenue-and-margin-by-region"]).toContain(
      "revenue-cost + margin/revenue by region",
    );
    expect(next.tasks).toContainEqual(first.tasks.find(({ id }) => id === "revenue-anomalies"));
    expect(ids(next)).not.toContain("revenue-by-month");
  });

  test("builds on the follow-ups before it, and no id comes back with other work", () => {
    const second = follow(first, "add margins");
    const third = follow(second, "only North");
    const fourth = follow(third, "no anomalies");
    expect(describePlan(fourth)).toEqual({
      "totals-3": expect.stringContaining(
        "margin/revenue 2026-09-01..2026-10-01 where region = North",
      ),
      "revenue-and-margin-by-region-3": expect.any(String),
      "revenue-and-margin-by-product-3": expect.any(String),
      "revenue-and-margin-by-region-and-product-3": expect.any(String),
      "revenue-and-margin-by-month-3": expect.any(String),
    });
    const work = new Map<string, string>();
    for (const { tasks } of [first, second, third, fourth]) {
      for (const { id, query, dependsOn } of tasks) {
        const what = JSON.stringify(query ?? dependsOn);
        expect(work.get(id) ?? what).toBe(what);
        work.set(id, what);
      }
    }
  });

  test("leaves a person's edits of the plan alone", () => {
    const tasks = first.tasks
      .filter(({ id }) => id !== "revenue-by-product")
      .map((task) => ({
        ...task,
        dependsOn: task.dependsOn.filter((id) => id !== "revenue-by-product"),
      }));
    const next = follow({ ...first, tasks }, "add a breakdown by channel");
    expect(ids(next)).not.toContain("revenue-by-product");
    expect(ids(next)).toContain("revenue-by-channel");
  });

  test("that names nothing in the data fails, and says so", () => {
    expect(() => follow(first, "the tone is too dry")).toThrow(
      /the tone is too dry.*names nothing in the data/,
    );
  });
});

describe("a plan after failed checks", () => {
  const wrong: Finding = {
    code: "wrong-figure",
    check: "recompute",
    message: "North: 1 instead of 2",
    severity: "error",
  };
  const replan = (taskIds: readonly string[], before = first): Plan =>
    plan({
      plan: before,
      verified: ids(before).filter((id) => !taskIds.includes(id)),
      reason: "some tasks failed their checks",
      failures: taskIds.map((taskId) => ({ taskId, findings: [wrong] })),
    });

  test("tries a table without its comparisons, and lists what is lost", () => {
    const next = replan(["revenue-by-region"]);
    expect(describePlan(next)["revenue-by-region-alone"]).toBe(
      "sum(revenue_eur) by region 2026-09-01..2026-10-01 order revenue desc",
    );
    expect(next.notCovered).toEqual([
      "comparisons of Revenue by region, September 2026 (failed its checks: wrong-figure)",
    ]);
    expect(next.tasks).toContainEqual(first.tasks.find(({ id }) => id === "totals"));
  });

  test("leaves out what has no simpler form", () => {
    const next = replan(["revenue-anomalies"]);
    expect(ids(next)).not.toContain("revenue-anomalies");
    expect(next.notCovered.join()).toContain("Unusual revenue by region and product");
    const again = replan(["revenue-by-region-alone"], replan(["revenue-by-region"]));
    expect(ids(again).filter((id) => id.startsWith("revenue-by-region-alone"))).toEqual([]);
  });

  test("fails when nothing is left to report", () => {
    const bare = first.tasks.filter(({ id }) => id === "revenue-anomalies" || id === "narrative");
    expect(() => replan(["revenue-anomalies"], { ...first, tasks: bare })).toThrow(
      /nothing is left to report/,
    );
  });
});
