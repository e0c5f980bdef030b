// A conversation about tables: the question is planned like a goal, computed by SQL, and answered with
// the rows as they came back. No figure is typed.
import { z } from "zod";
import {
  type AssigneeCard,
  formatCell,
  SqlResult,
  TableProfile,
  type Task,
} from "../../protocol/index.ts";
import { TuttiError } from "../../errors.ts";
import { say, SELF, type ModelAnswer } from "./answer.ts";
import { lastStep, stepsWith, type Conversation, type Step } from "./conversation.ts";
import { planFor } from "./planner.ts";
import { resultColumns } from "./result-columns.ts";
import { querySql } from "./sql/index.ts";

const DESCRIBE = "describe_tables";
const SQL = "sql";
/** More tables than this are a report, not an answer. */
const MAX_TABLES = 3;
const MAX_ROWS = 20;

const SELF_AS_ASSIGNEE: AssigneeCard = {
  name: "chat",
  role: "Answers",
  goal: "Answers questions on tables",
  tools: [SQL],
  produces: "tables",
};

/** What describe_tables answers. */
const TablesDescribed = z.object({ tables: z.array(TableProfile) });

interface Understanding {
  readonly tasks: readonly Task[];
  /** What the reader must know: phrases not answered, things taken for granted. */
  readonly remarks: readonly string[];
}

/** Throws GOAL_NOT_UNDERSTOOD. */
const understand = (
  { text, today }: NonNullable<Conversation["question"]>,
  tables: TableProfile[],
): Understanding => {
  const made = planFor(
    {
      role: "planner",
      goal: text,
      today: today ?? lastDateOf(tables),
      tables,
      documents: [],
      assignees: [SELF_AS_ASSIGNEE],
      clarifications: {},
    },
    false,
  );
  if (!("plan" in made)) return { tasks: [], remarks: [] };
  const { tasks, notCovered, assumptions } = made.plan;
  const asked = tasks.filter(({ query }) => query !== undefined);
  // The report's own parts are missing here by design: nobody asked for a text or files.
  const open = notCovered.filter((phrase) => !phrase.includes("(no assignee "));
  return {
    tasks: mostTelling(asked),
    remarks: [...open.map((phrase) => `Not answered: “${phrase}”.`), ...assumptions],
  };
};

/** A question that names a dimension wants the rows by it; the total alone is for those that name none. */
const mostTelling = (tasks: readonly Task[]): Task[] => {
  const detailed = tasks.filter(({ query }) => (query?.dimensions.length ?? 0) > 0);
  return (detailed.length > 0 ? detailed : tasks).slice(0, MAX_TABLES);
};

/** The last day of the data, for hosts that do not tell the date. */
const lastDateOf = (tables: readonly TableProfile[]): string =>
  tables
    .flatMap(({ columns }) => columns)
    .filter(({ role, max }) => role === "time" && typeof max === "string")
    .map(({ max }) => String(max).slice(0, 10))
    .sort()
    .at(-1) ?? "1970-01-01";

const shown = (task: Task, tables: readonly TableProfile[], step: Step | undefined): string => {
  const result = SqlResult.safeParse(step?.answer);
  if (task.query === undefined || !result.success)
    return `**${task.title}**: the query failed: ${step?.failure?.message ?? "it gave no result"}.`;
  const types = new Map(result.data.columns.map(({ name, type }) => [name, type]));
  const columns = resultColumns(task.query, tables).map((column) => ({
    ...column,
    type: types.get(column.name) ?? ("text" as const),
  }));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const rows = result.data.rows.slice(0, MAX_ROWS);
  const left = result.data.rowCount - rows.length;
  return [
    `**${task.title}** (table ${task.query.table})`,
    "",
    line(columns.map(({ label }) => label)),
    line(columns.map(({ role }) => (role === "figure" ? "---:" : "---"))),
    ...rows.map((row) => line(columns.map((column, at) => formatCell(row[at] ?? null, column)))),
    ...(left > 0 ? ["", `… and ${left} rows more.`] : []),
  ].join("\n");
};

const answered = (tables: TableProfile[], conversation: Conversation): ModelAnswer => {
  const { question } = conversation;
  if (question === undefined) return say(SELF);
  const { tasks, remarks } = understand(question, tables);
  const steps = stepsWith(conversation, SQL);
  if (steps.length === 0 && tasks.length > 0)
    return {
      text: "",
      calls: tasks.flatMap(({ query }) =>
        query === undefined ? [] : [{ name: SQL, args: { query: querySql(query, tables) } }],
      ),
    };
  const parts = tasks.map((task, at) => shown(task, tables, steps[at]));
  return say([...parts, ...remarks, `(${SELF})`].join("\n\n"));
};

const NO_TABLES = `${SELF} It answers questions about tables, and none was given: name files, e.g. "files": ["sales.csv"].`;

/** The next step of a talk about tables; undefined when there is no question or no tool to answer it with. */
export const chatStep = (conversation: Conversation): ModelAnswer | undefined => {
  const { question, tools } = conversation;
  if (question === undefined || !tools.has(DESCRIBE) || !tools.has(SQL)) return undefined;
  const described = lastStep(conversation, DESCRIBE);
  if (described === undefined) return { text: "", calls: [{ name: DESCRIBE, args: {} }] };
  const profiles = TablesDescribed.safeParse(described.answer);
  if (!profiles.success)
    return say(`${SELF} The tables could not be read: ${described.failure?.message ?? "?"}`);
  if (profiles.data.tables.length === 0) return say(NO_TABLES);
  try {
    return answered(profiles.data.tables, conversation);
  } catch (error) {
    if (!(error instanceof TuttiError)) throw error;
    return say([error.message, error.hint].filter((text) => text !== undefined).join("\n\n"));
  }
};
