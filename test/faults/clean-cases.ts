// The clean runs that faults are planted in: for each of the four example tables the hand-overs of a whole
// plan (passages, tables, narrative, files) with their contexts, and the plan itself.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalArtifactStore } from "../../src/artifacts/index.ts";
import type { TableSession, TaskContext } from "../../src/ports/index.ts";
import type {
  AssigneeCard,
  HandOver,
  Passage,
  Plan,
  ResultTable,
  SourceRef,
  Task,
} from "../../src/protocol/index.ts";
import { createDocumentReader, createTableEngine } from "../../src/tools/index.ts";
import { cleanFiles, cleanNarrative } from "./clean-report.ts";
import { CLEAN_SPECS, compared, series, type CleanSpec } from "./clean-tables.ts";
import type { FaultTools, HandOverCase, PlanCase } from "./fault.ts";

export const ASSIGNEES: readonly AssigneeCard[] = [
  {
    name: "researcher",
    role: "Researcher",
    goal: "Find passages",
    tools: ["search_documents"],
    produces: "passages",
  },
  { name: "analyst", role: "Analyst", goal: "Compute figures", tools: ["sql"], produces: "tables" },
  {
    name: "writer",
    role: "Writer",
    goal: "Tell what figures say",
    tools: [],
    produces: "narrative",
  },
  {
    name: "reporter",
    role: "Reporter",
    goal: "Make files",
    tools: ["workbook", "pdf", "dashboard"],
    produces: "files",
  },
];

export interface CleanRun {
  /** Name of the example table. */
  table: string;
  plan: PlanCase;
  handOvers: HandOverCase[];
  tools: FaultTools;
  sources: readonly SourceRef[];
}

export interface CleanRuns {
  runs: CleanRun[];
  close(): Promise<void>;
}

const EXAMPLES = join(import.meta.dirname, "../../examples");
const POLICY = "sales-policy.pdf";

const task = (
  id: string,
  assignee: string,
  expects: Task["expects"],
  checks: Task["checks"],
  rest: Partial<Task> = {},
): Task => ({
  id,
  title: id.replaceAll("-", " "),
  instructions: expects.description,
  assignee,
  dependsOn: [],
  expects,
  checks,
  ...rest,
});

const tableTask = (table: ResultTable): Task =>
  task(
    table.id,
    "analyst",
    {
      kind: "tables",
      description: table.title,
      columns: table.columns.map(({ name }) => name),
    },
    ["schema", "recompute"],
    table.query === undefined ? {} : { query: table.query },
  );

const FILES = ["report.xlsx", "report.pdf", "report.html"];

const planOf = (tables: readonly ResultTable[]): Plan => ({
  title: "September 2026",
  tasks: [
    task("policy", "researcher", { kind: "passages", description: "What the policy says" }, [
      "schema",
      "citations",
    ]),
    ...tables.map(tableTask),
    task(
      "narrative",
      "writer",
      { kind: "narrative", description: "The findings in words" },
      ["schema", "narrative", "citations"],
      { dependsOn: ["policy", ...tables.map(({ id }) => id)] },
    ),
    task(
      "report",
      "reporter",
      { kind: "files", description: "Workbook, PDF and page", files: FILES },
      ["schema", "files"],
      { dependsOn: [...tables.map(({ id }) => id), "narrative"] },
    ),
  ],
  coverage: [],
  notCovered: [],
  assumptions: [],
});

const handOver = (output: Partial<HandOver>, tool: string, args: unknown): HandOver => ({
  status: "done",
  summary: "Done as asked.",
  tables: [],
  passages: [],
  files: [],
  notes: [],
  evidence: [{ tool, callId: "call-1", args, ok: true }],
  ...output,
});

/** The policy's first paragraph, word for word with its page. */
const passagesOf = async (reader: ReturnType<typeof createDocumentReader>, policy: SourceRef) => {
  const pages = await reader.pages(policy);
  return pages.slice(0, 2).map(({ page, text }, index): Passage => ({
    id: `policy-${index + 1}`,
    text: text.trim(),
    file: policy.name,
    sha256: policy.sha256,
    ...(page === undefined ? {} : { page }),
  }));
};

/** All that a task depends on, directly or not. */
const inputsOf = (
  { dependsOn }: Task,
  tasks: readonly Task[],
  done: Readonly<Record<string, HandOver>>,
): Record<string, HandOver> =>
  Object.fromEntries(
    dependsOn.flatMap((id): [string, HandOver][] => {
      const [before, output] = [tasks.find((t) => t.id === id), done[id]];
      if (before === undefined || output === undefined) return [];
      return [...Object.entries(inputsOf(before, tasks, done)), [id, output]];
    }),
  );

const contextOf = (
  spec: CleanSpec,
  one: Task,
  inputs: Record<string, HandOver>,
  sources: readonly SourceRef[],
): TaskContext => ({
  rootThread: `clean-${spec.table}`,
  thread: `clean-${spec.table}/${one.id}/1`,
  task: one,
  attempt: 1,
  goal: `Report on ${spec.table} for September 2026 against last month`,
  sources,
  inputs,
  caveats: [],
  signal: undefined,
  emit: () => undefined,
});

const tablesOf = (session: TableSession, spec: CleanSpec): Promise<ResultTable[]> =>
  Promise.all([
    compared(session, spec, "in-all", []),
    compared(session, spec, "by-group", spec.dimensions.slice(0, 1)),
    compared(session, spec, "by-two", spec.dimensions),
    series(session, spec, "by-month"),
  ]);

/** Opens everything in a temporary folder of its own. */
export const openCleanRuns = async (): Promise<CleanRuns> => {
  const folder = await mkdtemp(join(tmpdir(), "tutti-faults-"));
  const artifacts = createLocalArtifactStore({ folder });
  const engine = createTableEngine({ store: artifacts });
  const reader = createDocumentReader({ store: artifacts });
  const put = async (path: string, mime: string, kind: SourceRef["kind"]): Promise<SourceRef> => {
    const bytes = await readFile(join(EXAMPLES, path));
    const name = path.split("/").at(-1) ?? path;
    return { ...(await artifacts.put(bytes, { name, mime })), kind };
  };
  const policy = await put(`documents/${POLICY}`, "application/pdf", "document");

  const cleanRun = async (spec: CleanSpec): Promise<CleanRun> => {
    const sources = [await put(spec.file, spec.mime, "table"), policy];
    const session = await engine.open(sources.filter(({ kind }) => kind === "table"));
    const tables = await tablesOf(session, spec);
    const passages = await passagesOf(reader, policy);
    const [total, detail] = tables;
    if (total === undefined || detail === undefined) throw new Error("no tables");
    const narrative = cleanNarrative(total, detail, passages[0]);
    const files = await cleanFiles(artifacts, narrative, tables);
    const plan = planOf(tables);
    const done: Record<string, HandOver> = {
      policy: handOver({ passages }, "search_documents", { query: "discounts" }),
      ...Object.fromEntries(
        tables.map((t) => [t.id, handOver({ tables: [t] }, "sql", { query: t.sql })]),
      ),
      narrative: handOver({ narrative }, "submit_narrative", {}),
      report: handOver({ files }, "workbook", {}),
    };
    const handOvers = plan.tasks.flatMap((one): HandOverCase[] => {
      const output = done[one.id];
      const inputs = inputsOf(one, plan.tasks, done);
      return output === undefined
        ? []
        : [{ handOver: output, context: contextOf(spec, one, inputs, sources) }];
    });
    return {
      table: spec.table,
      plan: { plan, tables: session.profiles, assignees: ASSIGNEES },
      handOvers,
      tools: { artifacts, tables: session },
      sources,
    };
  };

  const runs: CleanRun[] = [];
  for (const spec of CLEAN_SPECS) runs.push(await cleanRun(spec));
  return {
    runs,
    close: async () => {
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
