// One small case for all checks: orders in a real database, verified results, a text and a context.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalArtifactStore } from "../../src/artifacts/index.ts";
import type {
  ArtifactStore,
  DocumentReader,
  TableEngine,
  TaskContext,
} from "../../src/ports/index.ts";
import {
  type Finding,
  HandOver,
  MetricQuery,
  type ResultTable,
  type SourceRef,
  Task,
  type Verdict,
} from "../../src/protocol/index.ts";
import { createTableEngine } from "../../src/tools/index.ts";
import {
  createVerifier,
  type Verifier,
  type VerifierServices,
} from "../../src/verification/index.ts";

// August: North 100 + 50, South 80. September: North 120.10 + 30, South 70.05, West 10.
const SALES = `order_id,date,region,quantity,revenue
1,2026-08-03,North,2,€100.00
2,2026-08-14,North,1,€50.00
3,2026-08-20,South,4,€80.00
4,2026-09-01,North,3,€120.10
5,2026-09-09,South,2,€70.05
6,2026-09-15,West,1,€10.00
7,2026-09-30,North,1,€30.00
`;
const PLAN = `month,region,planned
2026-09-01,North,€140.00
2026-09-01,South,€75.00
2026-09-01,West,€12.00
2026-09-01,East,€5.00
`;

export const GOAL =
  "Monthly sales report for September 2026: revenue by region against last month and the plan";

export const BY_REGION: MetricQuery = MetricQuery.parse({
  kind: "aggregate",
  table: "sales",
  measures: [
    { as: "revenue", aggregate: "sum", of: { column: "revenue" }, format: "money", unit: "EUR" },
    { as: "orders", aggregate: "count", format: "integer" },
  ],
  dimensions: ["region"],
  period: { column: "date", from: "2026-09-01", to: "2026-10-01" },
  comparisons: [{ kind: "period", label: "last_month", from: "2026-08-01", to: "2026-09-01" }],
});

export const BY_REGION_SQL = `
WITH m AS (
  SELECT region, date_trunc('month', date) AS month, sum(revenue) AS revenue, count(*) AS orders
  FROM sales GROUP BY 1, 2
), s AS (SELECT * FROM m WHERE month = DATE '2026-09-01'), a AS (SELECT * FROM m WHERE month = DATE '2026-08-01')
SELECT coalesce(s.region, a.region) AS region,
  coalesce(s.revenue, 0) AS revenue, coalesce(s.orders, 0) AS orders,
  coalesce(a.revenue, 0) AS revenue_last_month,
  coalesce(s.revenue, 0) - coalesce(a.revenue, 0) AS revenue_last_month_change,
  (coalesce(s.revenue, 0) - coalesce(a.revenue, 0)) / nullif(abs(a.revenue), 0) AS revenue_last_month_change_pct,
  coalesce(a.orders, 0) AS orders_last_month,
  coalesce(s.orders, 0) - coalesce(a.orders, 0) AS orders_last_month_change,
  (coalesce(s.orders, 0) - coalesce(a.orders, 0)) / nullif(abs(a.orders), 0) AS orders_last_month_change_pct
FROM s FULL JOIN a ON s.region = a.region ORDER BY 1`;

const money = (name: string, label: string) =>
  ({ name, label, type: "decimal", role: "figure", format: "money", unit: "EUR" }) as const;
const whole = (name: string, label: string) =>
  ({ name, label, type: "integer", role: "figure", format: "integer" }) as const;
const percent = (name: string, label: string) =>
  ({ name, label, type: "decimal", role: "figure", format: "percent" }) as const;

const byRegion = (sources: ResultTable["sources"]): ResultTable => ({
  id: "by-region",
  title: "Revenue by region, September 2026",
  columns: [
    { name: "region", label: "Region", type: "text", role: "label", format: "text" },
    money("revenue", "Revenue"),
    whole("orders", "Orders"),
    money("revenue_last_month", "Revenue (August 2026)"),
    money("revenue_last_month_change", "Revenue change"),
    percent("revenue_last_month_change_pct", "Revenue change in percent"),
    whole("orders_last_month", "Orders (August 2026)"),
    whole("orders_last_month_change", "Orders change"),
    percent("orders_last_month_change_pct", "Orders change in percent"),
  ],
  rows: [
    ["North", 150.1, 2, 150, 0.1, 0.1 / 150, 2, 0, 0],
    ["South", 70.05, 1, 80, -9.95, -9.95 / 80, 1, 0, 0],
    ["West", 10, 1, 0, 10, null, 0, 1, null],
  ],
  rowCount: 3,
  truncated: false,
  sql: BY_REGION_SQL,
  query: BY_REGION,
  sources,
});

const total = (sources: ResultTable["sources"]): ResultTable => ({
  id: "total",
  title: "Revenue in total",
  columns: [money("revenue", "Revenue")],
  rows: [[230.15]],
  rowCount: 1,
  truncated: false,
  sql: "SELECT sum(revenue) AS revenue FROM sales WHERE date >= '2026-09-01' AND date < '2026-10-01'",
  query: MetricQuery.parse({
    kind: "aggregate",
    table: "sales",
    measures: [
      { as: "revenue", aggregate: "sum", of: { column: "revenue" }, format: "money", unit: "EUR" },
    ],
    period: { column: "date", from: "2026-09-01", to: "2026-10-01" },
  }),
  sources,
});

export const evidence = (tool: string, args: unknown = {}) => [
  { tool, callId: "c1", args, ok: true },
];

export const TASK = Task.parse({
  id: "by-region",
  title: "Revenue by region",
  instructions: "Sum revenue by region.",
  assignee: "analyst",
  expects: { kind: "tables", description: "a table", columns: ["region", "revenue"] },
  checks: ["schema", "recompute"],
  query: BY_REGION,
});

export const WRITE = Task.parse({
  id: "write",
  title: "Write",
  instructions: "Write.",
  assignee: "writer",
  dependsOn: ["by-region"],
  expects: { kind: "narrative", description: "text" },
  checks: ["schema", "narrative"],
});

export interface SalesCase {
  readonly sources: readonly SourceRef[];
  readonly store: ArtifactStore;
  readonly engine: TableEngine;
  readonly table: ResultTable;
  readonly total: ResultTable;
  readonly verifier: Verifier;
  verifierWith(services: Partial<VerifierServices>): Verifier;
  context(task: Task, more?: Partial<TaskContext>): TaskContext;
  /** A clean hand-over of TASK; `change` works on a copy. */
  tables(change?: (table: ResultTable) => void): HandOver;
  /** A narrative of one section with these statements. */
  text(...statements: string[]): HandOver;
  /** Context of WRITE with the verified table and total. */
  writing(more?: Partial<TaskContext>): TaskContext;
  close(): Promise<void>;
}

const noDocuments: DocumentReader = { pages: () => Promise.resolve([]) };

const putSource = async (store: ArtifactStore, name: string, text: string): Promise<SourceRef> => ({
  ...(await store.put(new TextEncoder().encode(text), { name, mime: "text/csv" })),
  kind: "table",
});

export const openSalesCase = async (): Promise<SalesCase> => {
  const folder = await mkdtemp(join(tmpdir(), "tutti-verify-"));
  const store = createLocalArtifactStore({ folder });
  const sources = [
    await putSource(store, "sales.csv", SALES),
    await putSource(store, "plan.csv", PLAN),
  ];
  const engine = createTableEngine({ store });
  const origin = [{ table: "sales", sha256: sources[0]?.sha256 ?? "" }];
  const services: VerifierServices = { tables: engine, artifacts: store, documents: noDocuments };
  const table = byRegion(origin);
  const context = (task: Task, more: Partial<TaskContext> = {}): TaskContext => ({
    rootThread: "root",
    thread: `root/${task.id}/1`,
    task,
    attempt: 1,
    goal: GOAL,
    sources,
    inputs: {},
    caveats: [],
    signal: undefined,
    emit: () => undefined,
    ...more,
  });
  const verified = (tables: ResultTable[]) =>
    HandOver.parse({ status: "done", summary: "Computed.", tables, evidence: evidence("sql") });
  return {
    sources,
    store,
    engine,
    table,
    total: total(origin),
    verifier: createVerifier(services),
    verifierWith: (more) => createVerifier({ ...services, ...more }),
    context,
    tables(change = () => undefined) {
      const copy = structuredClone(table);
      change(copy);
      return { ...verified([]), tables: [copy] };
    },
    text: (...statements) =>
      HandOver.parse({
        status: "done",
        summary: "Written.",
        narrative: {
          title: "Sales in September 2026",
          summary: ["Revenue was {{total.0.revenue}}."],
          sections: [{ id: "regions", heading: "Regions", tables: ["by-region"], statements }],
        },
      }),
    writing: (more = {}) =>
      context(WRITE, {
        inputs: { "by-region": verified([table]), total: verified([total(origin)]) },
        ...more,
      }),
    close: async () => {
      await engine.close();
      await rm(folder, { recursive: true });
    },
  };
};

export const codes = ({ findings }: { findings: readonly Finding[] }): string[] => [
  ...new Set(findings.filter(({ severity }) => severity === "error").map(({ code }) => code)),
];
export const messages = ({ findings }: Verdict): string =>
  findings.map(({ message }) => message).join("\n");
