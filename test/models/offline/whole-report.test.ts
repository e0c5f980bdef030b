// From a goal to checked files: real specialists on the offline model, real tools, the real verifier.
import { afterAll, beforeAll, expect, test } from "vitest";
import { planFor } from "../../../src/models/offline/planner.ts";
import type { Plan, SourceRef, Task } from "../../../src/protocol/index.ts";
import { reportTools } from "../../../src/tools/index.ts";
import { createBench, example, plannerBriefing, type Bench } from "./example-tables.ts";
import { runPlan, type Outcome } from "./run-plan.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});
afterAll(() => bench.close());

const sourcesOf = async (
  files: readonly string[],
  kind: SourceRef["kind"],
): Promise<SourceRef[]> => {
  const read = files.map(async (file) => [file.replace(/^.*\//, ""), await example(file)] as const);
  return bench.put(Object.fromEntries(await Promise.all(read)), kind);
};

const carryOut = async (
  goal: string,
  tables: readonly string[],
  documents: readonly string[] = [],
  without: readonly Task["expects"]["kind"][] = [],
): Promise<{ plan: Plan; outcomes: Map<string, Outcome> }> => {
  const sources = [
    ...(await sourcesOf(tables, "table")),
    ...(await sourcesOf(documents, "document")),
  ];
  const session = await bench.engine.open(sources.filter(({ kind }) => kind === "table"));
  const result = planFor(
    plannerBriefing(goal, session, {
      documents: sources.filter(({ kind }) => kind === "document").map(({ name }) => name),
    }),
    false,
  );
  if (!("plan" in result)) throw new Error("a form was not expected");
  const { plan } = result;
  const issues = session.profiles.flatMap((table) =>
    table.issues.map(({ message }) => `${table.file}: ${message}`),
  );
  const caveats = [
    ...plan.notCovered.map((phrase) => `Not covered: ${phrase}`),
    ...plan.assumptions,
    ...issues,
  ];
  const tools = {
    bench,
    session,
    sources,
    goal,
    caveats,
    tools: (context: Parameters<typeof reportTools>[0]["context"]) =>
      reportTools({ store: bench.store, context }),
  };
  return { plan, outcomes: await runPlan(plan, { ...tools, without }) };
};

const CASES: readonly [string, readonly string[]][] = [
  [
    "Monthly sales report for September 2026: revenue by region and product, against last month and the plan; point out anomalies",
    ["sales.csv", "plan.xlsx"],
  ],
  [
    "Monthly sales report for September 2026: revenue and margin by channel, against last year",
    ["sales-dirty.csv"],
  ],
  [
    "Monthly sensor report for September 2026: temperature and CO2 by site and room, against last month; anything unusual?",
    ["sensors.parquet"],
  ],
  [
    "Bottom 3 teams by satisfaction in Q3 2026, ticket volume by week, and the customer churn",
    ["tickets.tsv"],
  ],
  [
    "Clinic report for September 2026: visits, waiting time and no-show rate by department, against last month",
    ["clinic.json"],
  ],
];

test.each(CASES)("%s", { timeout: 120_000 }, async (goal, tables) => {
  const { plan, outcomes } = await carryOut(goal, tables);
  expect([...outcomes.keys()]).toEqual(plan.tasks.map(({ id }) => id));
  for (const [id, { handOver, findings }] of outcomes) {
    expect({
      id,
      status: handOver.status,
      summary: handOver.status === "failed" ? handOver.summary : "",
      findings,
    }).toEqual({ id, status: "done", summary: "", findings: [] });
  }
  const report = outcomes.get("report")?.handOver;
  expect(report?.files.map(({ name }) => name)).toEqual([
    "report.xlsx",
    "report.pdf",
    "report.html",
  ]);
  expect(report?.notes).toEqual([]);
});

test("what the documents say is quoted and cited", { timeout: 120_000 }, async () => {
  const { outcomes } = await carryOut(
    "Revenue by channel in September 2026, with background from the sales policy on discounts",
    ["sales.csv"],
    ["documents/sales-policy.pdf", "documents/market-notes.docx"],
    ["files"],
  );
  const background = outcomes
    .get("narrative")
    ?.handOver.narrative?.sections.find(({ id }) => id === "background");
  expect(background?.statements.length).toBeGreaterThan(0);
  for (const statement of background?.statements ?? [])
    expect(statement).toMatch(/\[\[[a-z0-9-]+\]\]$/);
  for (const { findings } of outcomes.values()) expect(findings).toEqual([]);
});
