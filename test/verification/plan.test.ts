// A plan is checked before it runs: every fault is named with its task and what there is instead.
import { expect, test } from "vitest";
import type { AssigneeCard, Plan, TableProfile } from "../../src/protocol/index.ts";
import { Plan as PlanSchema } from "../../src/protocol/index.ts";
import { validatePlan } from "../../src/verification/index.ts";

const card = (name: string, produces: AssigneeCard["produces"]): AssigneeCard => ({
  name,
  role: name,
  goal: "",
  tools: [],
  produces,
});
const assignees = [
  card("researcher", "passages"),
  card("analyst", "tables"),
  card("writer", "narrative"),
  card("reporter", "files"),
];

const column = (name: string, type: string, unit?: string) => ({
  name,
  type,
  role: "dimension",
  missing: 0,
  distinct: 1,
  examples: [],
  ...(unit === undefined ? {} : { unit }),
});
const tables = [
  {
    name: "sales",
    file: "sales.csv",
    sha256: "a".repeat(64),
    rows: 9,
    issues: [],
    columns: [
      column("date", "date"),
      column("region", "text"),
      column("revenue", "decimal", "EUR"),
      column("returned", "boolean"),
    ],
  },
  {
    name: "plan",
    file: "plan.csv",
    sha256: "b".repeat(64),
    rows: 9,
    issues: [],
    columns: [column("month", "date"), column("area", "text"), column("planned", "decimal", "EUR")],
  },
] as TableProfile[];

const query = () => ({
  kind: "aggregate",
  table: "sales",
  measures: [
    { as: "revenue", aggregate: "sum", of: { column: "revenue" }, format: "money", unit: "EUR" },
  ],
  dimensions: ["region"],
  period: { column: "date", from: "2026-09-01", to: "2026-10-01" },
  comparisons: [
    { kind: "period", label: "last_month", from: "2026-08-01", to: "2026-09-01" },
    {
      kind: "table",
      label: "plan",
      table: "plan",
      measures: { revenue: "planned" },
      on: [{ dimension: "region", column: "area" }],
      time: { column: "month", from: "2026-09-01", to: "2026-10-01" },
    },
  ],
});
type Draft = { tasks: { [key: string]: any }[] } & Record<string, unknown>; // eslint-disable-line typescript/no-explicit-any -- drafts are bent out of shape on purpose

const draft = (): Draft => ({
  title: "Report",
  tasks: [
    {
      id: "revenue",
      title: "Revenue",
      instructions: "…",
      assignee: "analyst",
      expects: { kind: "tables", description: "t", columns: ["region", "revenue"] },
      checks: ["schema", "recompute"],
      query: query(),
    },
    {
      id: "text",
      title: "Text",
      instructions: "…",
      assignee: "writer",
      dependsOn: ["revenue"],
      expects: { kind: "narrative", description: "n" },
      checks: ["schema", "narrative"],
    },
    {
      id: "report",
      title: "Report",
      instructions: "…",
      assignee: "reporter",
      dependsOn: ["revenue", "text"],
      expects: { kind: "files", description: "f", files: ["report.pdf"] },
      checks: ["schema", "files"],
    },
  ],
});

const validate = (change: (plan: Draft) => void) => {
  const plan = draft();
  change(plan);
  const parsed = PlanSchema.safeParse(plan);
  return validatePlan((parsed.success ? parsed.data : plan) as Plan, { assignees, tables });
};

test("a plan that can run has no findings", () => {
  expect(validate(() => undefined)).toEqual([]);
});

const sales = (plan: Draft) => plan.tasks[0]!["query"];

test.each<[string, (plan: Draft) => void, string, string]>([
  [
    "no tasks",
    (p) => {
      p.tasks = [];
    },
    "schema",
    "tasks",
  ],
  [
    "a misspelt assignee",
    (p) => {
      p.tasks[0]!["assignee"] = "analist";
    },
    "unknown-assignee",
    "did you mean analyst?",
  ],
  [
    "an assignee of the wrong kind",
    (p) => {
      p.tasks[0]!["assignee"] = "writer";
    },
    "unknown-assignee",
    "come from: analyst",
  ],
  [
    "two tasks of one name",
    (p) => {
      p.tasks[1]!["id"] = "revenue";
    },
    "duplicate-task",
    "revenue",
  ],
  [
    "an unknown dependency",
    (p) => {
      p.tasks[1]!["dependsOn"] = ["revenues"];
    },
    "unknown-dependency",
    "did you mean revenue?",
  ],
  [
    "a cycle",
    (p) => {
      p.tasks[0]!["dependsOn"] = ["report"];
    },
    "dependency-cycle",
    "revenue -> report -> revenue",
  ],
  [
    "a task that waits for itself",
    (p) => {
      p.tasks[0]!["dependsOn"] = ["revenue"];
    },
    "dependency-cycle",
    "revenue -> revenue",
  ],
  [
    "a missing check",
    (p) => {
      p.tasks[0]!["checks"] = ["schema"];
    },
    "missing-check",
    "without the check recompute",
  ],
  [
    "files without names",
    (p) => {
      delete p.tasks[2]!["expects"].files;
    },
    "missing-check",
    "which files",
  ],
  [
    "a recompute of text",
    (p) => {
      p.tasks[1]!["checks"].push("recompute");
    },
    "missing-check",
    "it yields narrative",
  ],
  [
    "citations without passages",
    (p) => {
      p.tasks[1]!["checks"].push("citations");
    },
    "missing-check",
    "no task it depends on yields passages",
  ],
  [
    "text from nothing",
    (p) => {
      p.tasks[1]!["dependsOn"] = [];
    },
    "unknown-dependency",
    "no task that yields tables or passages",
  ],
  [
    "no deliverable",
    (p) => {
      p.tasks.pop();
    },
    "missing-file",
    "files come from: reporter",
  ],
  [
    "an expected column that the query does not yield",
    (p) => {
      p.tasks[0]!["expects"].columns = ["revenu"];
    },
    "missing-column",
    "did you mean revenue?",
  ],
  [
    "a query for text",
    (p) => {
      p.tasks[1]!["query"] = query();
    },
    "schema",
    "expects narrative",
  ],
  [
    "an unknown table",
    (p) => {
      sales(p).table = "sale";
    },
    "unknown-table",
    "did you mean sales?",
  ],
  [
    "an unknown column",
    (p) => {
      sales(p).dimensions = ["regoin"];
    },
    "unknown-table",
    "did you mean region?",
  ],
  [
    "a sum of text",
    (p) => {
      sales(p).measures[0].of.column = "region";
    },
    "schema",
    "which is a text column",
  ],
  [
    "a sum of nothing",
    (p) => {
      delete sales(p).measures[0].of;
    },
    "schema",
    "without saying of which column",
  ],
  [
    "a period on text",
    (p) => {
      sales(p).period.column = "region";
    },
    "schema",
    "dates are: date",
  ],
  [
    "a period that ends before it begins",
    (p) => {
      sales(p).period.to = "2026-08-01";
    },
    "schema",
    "no period",
  ],
  [
    "a filter of the wrong type",
    (p) => {
      sales(p).filters = [{ column: "revenue", op: ">", value: "much" }];
    },
    "schema",
    "much",
  ],
  [
    "a currency that is not the source's",
    (p) => {
      sales(p).measures[0].unit = "USD";
    },
    "wrong-unit",
    "its column is in EUR",
  ],
  [
    "a join on an unknown column",
    (p) => {
      sales(p).comparisons[1].on[0].column = "aera";
    },
    "unknown-table",
    "did you mean area?",
  ],
  [
    "a join on no dimension",
    (p) => {
      sales(p).comparisons[1].on[0].dimension = "regions";
    },
    "schema",
    "did you mean region?",
  ],
  [
    "a comparison with an unknown table",
    (p) => {
      sales(p).comparisons[1].table = "plans";
    },
    "unknown-table",
    "did you mean plan?",
  ],
  [
    "a comparison with text",
    (p) => {
      sales(p).comparisons[1].measures.revenue = "area";
    },
    "schema",
    "numbers are: planned",
  ],
  [
    "a comparison of periods without a period",
    (p) => {
      delete sales(p).period;
    },
    "schema",
    "no period of its own",
  ],
  [
    "a comparison of periods by month",
    (p) => {
      sales(p).grain = { column: "date", unit: "month" };
    },
    "schema",
    "groups by month",
  ],
  [
    "a ratio of unknown measures",
    (p) => {
      sales(p).measures.push({ as: "margin", ratio: ["profit", "revenue"], format: "percent" });
    },
    "schema",
    "profit",
  ],
  [
    "an order by an unknown column",
    (p) => {
      sales(p).orderBy = { column: "revenues", direction: "desc" };
    },
    "schema",
    "did you mean revenue?",
  ],
])("%s is found", (_, change, code, words) => {
  const findings = validate(change);
  expect(findings.map((finding) => finding.code)).toContain(code);
  expect(findings.map(({ message }) => message).join("\n")).toContain(words);
});

test("the share of a boolean column may be asked for", () => {
  expect(
    validate((p) => {
      sales(p).measures.push({
        as: "return_rate",
        aggregate: "avg",
        of: { column: "returned" },
        format: "percent",
      });
    }),
  ).toEqual([]);
});

test("recompute is impossible without tables", () => {
  const plan = PlanSchema.parse(draft());
  const findings = validatePlan(plan, { assignees, tables: [] });
  expect(findings.map(({ message }) => message).join("\n")).toContain("no table is loaded");
});

test("an anomaly query is checked too", () => {
  const anomaly = {
    kind: "anomalies",
    table: "sales",
    measure: { as: "revenue", aggregate: "sum", of: { column: "region" }, format: "money" },
    grain: { column: "date", unit: "day" },
    period: { column: "date", from: "2026-09-01", to: "2026-10-01" },
    historyFrom: "2026-11-01",
  };
  const findings = validate((p) => {
    p.tasks[0]!["query"] = anomaly;
  });
  expect(findings.map(({ message }) => message).join("\n")).toMatch(/text column[\s\S]*history/);
});
