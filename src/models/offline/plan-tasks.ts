// Tasks from figure sets: who does them, what they hand over, how it is checked.
import type {
  AssigneeCard,
  CheckName,
  MetricQuery,
  TableProfile,
  Task,
} from "../../protocol/index.ts";
import { TuttiError } from "../../errors.ts";
import type { FigureSet } from "./plan-figures.ts";
import { resultColumns } from "./result-columns.ts";

export const REPORT_FILES = ["report.xlsx", "report.pdf", "report.html"];

/** The assignee that produces a kind of output and has most of the tools for it. */
export const assigneeFor = (
  assignees: readonly AssigneeCard[],
  produces: AssigneeCard["produces"],
  tools: readonly string[],
): AssigneeCard | undefined => {
  const count = (card: AssigneeCard): number =>
    tools.filter((tool) => card.tools.includes(tool)).length;
  return assignees
    .filter((card) => card.produces === produces && (tools.length === 0 || count(card) > 0))
    .sort((a, b) => count(b) - count(a))[0];
};

const describeQuery = (query: MetricQuery): string => {
  const by = query.dimensions.length === 0 ? "" : ` by ${query.dimensions.join(" and ")}`;
  const range =
    query.period === undefined
      ? ""
      : ` for ${query.period.column} from ${query.period.from} up to, not including, ${query.period.to}`;
  if (query.kind === "anomalies") {
    return `Find the ${query.grain.unit}s of ${query.measure.as}${by} in table ${query.table}${range} that stand out from the history since ${query.historyFrom}, as the query defines it.`;
  }
  const grain = query.grain === undefined ? "" : ` for each ${query.grain.unit}`;
  const against =
    query.comparisons.length === 0
      ? ""
      : `, compared with ${query.comparisons.map(({ label }) => label).join(" and ")}`;
  return `Compute ${query.measures.map(({ as }) => as).join(", ")} of table ${query.table}${by}${grain}${range}${against}, as the query defines it.`;
};

/** The checks a kind of work needs, and those that its assignee always has. */
const checksOf = (needed: readonly CheckName[], { checks = [] }: AssigneeCard): Task["checks"] => [
  ...new Set([...needed, ...checks]),
];

export const figureTask = (
  set: FigureSet,
  assignee: AssigneeCard,
  tables: readonly TableProfile[],
): Task => ({
  id: set.id,
  title: set.title,
  instructions: `${describeQuery(set.query)} Use one SELECT with exactly these columns in this order, and hand over one table with the id ${set.id}.`,
  assignee: assignee.name,
  dependsOn: [],
  expects: {
    kind: "tables",
    description: `One table, ${set.title}`,
    columns: resultColumns(set.query, tables).map(({ name }) => name),
  },
  checks: checksOf(["schema", "recompute"], assignee),
  query: set.query,
});

export const researchTask = (
  phrases: readonly string[],
  goal: string,
  assignee: AssigneeCard,
): Task => ({
  id: "background",
  title: "Background from the documents",
  instructions: `Find passages in the documents that bear on: ${goal} Look for: ${phrases.join("; ")}.`,
  assignee: assignee.name,
  dependsOn: [],
  expects: { kind: "passages", description: "Passages of the documents that bear on the goal" },
  checks: checksOf(["schema", "citations"], assignee),
});

export const narrativeTask = (
  id: string,
  before: readonly Task[],
  assignee: AssigneeCard,
): Task => ({
  id,
  title: "Narrative",
  instructions:
    "Write the text of the report from the verified tables: what leads, what lags, what changed, what stands out, and what the reader must know about the data. Figures and row names as tokens only.",
  assignee: assignee.name,
  dependsOn: before.map((task) => task.id),
  expects: { kind: "narrative", description: "Summary and a section for each table" },
  checks: checksOf(
    before.some(({ expects }) => expects.kind === "passages")
      ? ["schema", "narrative", "citations"]
      : ["schema", "narrative"],
    assignee,
  ),
});

export const reportTask = (id: string, before: readonly Task[], assignee: AssigneeCard): Task => ({
  id,
  title: "Report",
  instructions:
    "Make the workbook, the PDF and the dashboard from the verified tables and the narrative, with a chart where it helps.",
  assignee: assignee.name,
  dependsOn: before.map((task) => task.id),
  expects: {
    kind: "files",
    description: "The report as workbook, PDF and dashboard",
    files: REPORT_FILES,
  },
  checks: checksOf(["schema", "files"], assignee),
});

/** Adds narrative and report to tasks that hand over tables and passages; `fresh` names them. */
export const withReport = (
  work: readonly Task[],
  assignees: readonly AssigneeCard[],
  fresh: (id: string) => string,
): { tasks: Task[]; notCovered: string[] } => {
  const tasks = [...work];
  const notCovered: string[] = [];
  const writer = assigneeFor(assignees, "narrative", []);
  if (writer === undefined)
    notCovered.push("the text of the report (no assignee writes a narrative)");
  else tasks.push(narrativeTask(fresh("narrative"), work, writer));
  const reporter = assigneeFor(assignees, "files", ["workbook", "pdf", "dashboard"]);
  if (reporter === undefined) notCovered.push("the report files (no assignee makes files)");
  else tasks.push(reportTask(fresh("report"), tasks, reporter));
  return { tasks, notCovered };
};

export const analystOf = (assignees: readonly AssigneeCard[]): AssigneeCard => {
  const analyst = assigneeFor(assignees, "tables", ["sql"]);
  if (analyst !== undefined) return analyst;
  throw new TuttiError(
    "PLAN_INVALID",
    "No assignee can query tables: none produces tables and has the tool sql.",
    {
      hint: "Declare an agent with `produces: tables` and `tools: [sql]`.",
    },
  );
};

/** The plan's title: the goal up to its first colon, sentence end or line. */
export const planTitle = (goal: string): string => {
  const first =
    goal
      .trim()
      .split(/[:\n]|[.;?!](?:\s|$)/)[0]
      ?.trim() ?? "";
  const title = (first.length >= 8 ? first : goal.trim()).slice(0, 110).replace(/[,\s]+$/, "");
  return title.charAt(0).toUpperCase() + title.slice(1);
};
