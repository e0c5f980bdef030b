// A report over the sample tables, as a task would be asked for it.
import { createHash } from "node:crypto";
import { TuttiError } from "../../../src/errors.ts";
import type { ArtifactStore, TaskContext } from "../../../src/ports/index.ts";
import type {
  FileRef,
  HandOver,
  Narrative,
  ReportSpec,
  ResultTable,
  WorkbookSpec,
} from "../../../src/protocol/index.ts";
import { SAMPLE_TABLES } from "./sample-tables.ts";

export const narrative: Narrative = {
  title: "Monthly sales report",
  summary: [
    "Revenue was {{totals.0.revenue}} in September 2026, {{totals.0.revenue_august_change_pct}} against August and {{totals.0.revenue_plan_change_pct}} against the plan.",
    "{{revenue-by-region.0.region}} leads with {{revenue-by-region.0.revenue}}; no month was unusual [[contract-3]].",
  ],
  sections: [
    {
      id: "regions",
      heading: "Regions",
      tables: ["revenue-by-region"],
      statements: [
        "{{revenue-by-region.0.region}} made {{revenue-by-region.0.revenue}}, {{revenue-by-region.0.revenue_august_change_pct}} against August.",
        "The weakest was {{revenue-by-region.5.region}} with {{revenue-by-region.5.revenue}}, {{revenue-by-region.5.revenue_plan_change_pct}} against the plan.",
      ],
    },
    {
      id: "odd",
      heading: "Odd",
      tables: ["hostile"],
      statements: [
        "<b>Names</b> such as {{hostile.0.name}} and {{hostile.1.name}} are only text & nothing else.",
      ],
    },
  ],
};

const handOver = (given: Partial<HandOver>): HandOver => ({
  status: "done",
  summary: "Done",
  tables: [],
  passages: [],
  files: [],
  notes: [],
  evidence: [],
  ...given,
});

export const contextOver = (
  tables: readonly ResultTable[] = SAMPLE_TABLES,
  more: Partial<TaskContext> = {},
): TaskContext => ({
  rootThread: "root",
  thread: "root/report/1",
  task: {
    id: "report",
    title: "Report",
    instructions: "Render it",
    assignee: "reporter",
    dependsOn: [],
    expects: { kind: "files", description: "files" },
    checks: ["files"],
  },
  attempt: 1,
  goal: "Monthly sales report for September 2026: revenue by region and product, against last month and the plan; point out anomalies",
  sources: [
    { sha256: "a".repeat(64), name: "sales.csv", mime: "text/csv", bytes: 1, kind: "table" },
    {
      sha256: "b".repeat(64),
      name: "plan <2026>.xlsx",
      mime: "application/zip",
      bytes: 1,
      kind: "table",
    },
    {
      sha256: "c".repeat(64),
      name: "contract.pdf",
      mime: "application/pdf",
      bytes: 1,
      kind: "document",
    },
  ],
  inputs: {
    figures: handOver({ tables: [...tables] }),
    text: handOver({
      narrative,
      passages: [
        {
          id: "contract-3",
          file: "contract.pdf",
          page: 3,
          text: "A month counts as unusual when its score is beyond 3.5.",
        },
      ],
    }),
  },
  caveats: [
    "sales.csv: 14 rows repeat another row; they were removed (order_id is the key).",
    "sales.csv: 3 values of `amount` are missing and were not counted.",
    "Not covered: “customer satisfaction”",
    "Assumption: last month is August 2026.",
  ],
  signal: undefined,
  emit: () => undefined,
  ...more,
});

export const reportSpec: ReportSpec = {
  title: "Monthly sales report",
  subtitle: "September 2026, against August and the plan",
  sections: [
    { heading: "Overview", tables: ["totals"], charts: ["trend"] },
    {
      heading: "Revenue by region",
      narrative: "regions",
      tables: ["revenue-by-region"],
      charts: ["regions"],
    },
    { heading: "Revenue by product", tables: ["revenue-by-product"], charts: [] },
    { heading: "Anomalies", tables: ["anomalies"], charts: [] },
    {
      heading: "Odd & hostile <input>",
      narrative: "odd",
      tables: ["hostile", "temperature"],
      charts: ["odd"],
    },
    { heading: "Orders", tables: ["orders"], charts: [] },
  ],
};

export const workbookSpec: WorkbookSpec = {
  title: "Monthly sales report",
  sheets: [
    { name: "Totals", tableId: "totals", charts: [] },
    {
      name: "Regions",
      tableId: "revenue-by-region",
      charts: [
        {
          type: "column",
          title: "Revenue by region",
          category: "region",
          values: ["revenue", "revenue_plan"],
        },
        { type: "pie", title: "Share of revenue", category: "region", values: ["revenue"] },
      ],
    },
    {
      name: "Products",
      tableId: "revenue-by-product",
      charts: [
        { type: "bar", title: "Revenue by product", category: "product", values: ["revenue"] },
      ],
    },
    {
      name: "Trend",
      tableId: "trend",
      charts: [
        {
          type: "line",
          title: "Revenue by month",
          category: "month",
          values: ["revenue", "revenue_plan"],
        },
      ],
    },
    { name: "Anomalies", tableId: "anomalies", charts: [] },
    { name: "Orders", tableId: "orders", charts: [] },
    { name: "Odd: [names]/?", tableId: "hostile", charts: [] },
    { name: "Temperature", tableId: "temperature", charts: [] },
  ],
};

export const CHART_SPECS = [
  {
    id: "regions",
    title: "Revenue by region, against August and the plan",
    tableId: "revenue-by-region",
    spec: {
      transform: [{ fold: ["revenue", "revenue_august", "revenue_plan"] }],
      mark: "bar",
      encoding: {
        y: { field: "region" },
        yOffset: { field: "key" },
        x: { field: "value", type: "quantitative" },
        color: { field: "key" },
      },
    },
  },
  {
    id: "trend",
    title: "Revenue by month",
    tableId: "trend",
    spec: {
      transform: [{ fold: ["revenue", "revenue_plan"], as: ["series", "amount"] }],
      mark: { type: "line", point: true },
      encoding: {
        x: { field: "month" },
        y: { field: "amount", type: "quantitative" },
        color: { field: "series" },
      },
    },
  },
  {
    id: "odd",
    title: "Odd <names>",
    tableId: "hostile",
    spec: { mark: "bar", encoding: { y: { field: "name" }, x: { field: "big" } } },
  },
] as const;

/** A content store in memory that fails like the real one. */
export const memoryStore = (): ArtifactStore & { readonly contents: Map<string, Uint8Array> } => {
  const contents = new Map<string, Uint8Array>();
  return {
    contents,
    put: (bytes, file): Promise<FileRef> => {
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      contents.set(sha256, bytes);
      return Promise.resolve({ ...file, sha256, bytes: bytes.byteLength });
    },
    get: (sha256) => {
      const found = contents.get(sha256);
      return found === undefined
        ? Promise.reject(new TuttiError("ARTIFACT_MISSING", `${sha256} is not stored`))
        : Promise.resolve(found);
    },
    has: (sha256) => Promise.resolve(contents.has(sha256)),
    path: (sha256) => Promise.reject(new TuttiError("ARTIFACT_MISSING", `${sha256} has no path`)),
  };
};
