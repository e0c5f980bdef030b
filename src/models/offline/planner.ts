// The planner's step: from a briefing to a plan, a clarifying form, or the failure that says what to set.
import type { ClarifyingForm, Plan, PlannerBriefing, Task } from "../../protocol/index.ts";
import { TuttiError } from "../../errors.ts";
import { GoalText } from "./goal-text.ts";
import { amended, changesSomething } from "./amend-reading.ts";
import { intentOf, type Intent } from "./intent.ts";
import { figureSets } from "./plan-figures.ts";
import {
  followUpEntry,
  followUpsOf,
  freshIds,
  isOutput,
  mended,
  merged,
  reassigned,
  withStableIds,
} from "./plan-revision.ts";
import {
  analystOf,
  assigneeFor,
  figureTask,
  planTitle,
  researchTask,
  withReport,
} from "./plan-tasks.ts";
import { fit, readGoal, saysSomething, type GoalSetting } from "./read-goal.ts";
import type { Reading } from "./reading.ts";
import { datedBy, schemaOf, timeWord, type TableSchema } from "./schema.ts";

export const OTHER_MODEL_HINT =
  "Set TUTTI_MODEL to a language model, e.g. `openai:gpt-5-mini` with OPENAI_API_KEY, or a model of an OpenAI-compatible server with OPENAI_BASE_URL; or name columns of the data in the goal.";

const notUnderstood = (what: string, data: Record<string, unknown> = {}): TuttiError =>
  new TuttiError(
    "GOAL_NOT_UNDERSTOOD",
    `Tutti offline model (rules, not a language model): ${what}`,
    {
      hint: OTHER_MODEL_HINT,
      data,
    },
  );

interface Understood {
  readonly setting: GoalSetting;
  readonly reading: Reading;
}

const settingOf = (
  briefing: PlannerBriefing,
  schema: TableSchema,
  tables: readonly TableSchema[],
): GoalSetting => {
  const plans = tables.filter((table) => table.isPlan && table !== schema);
  const time = new GoalText(briefing.goal).tokens
    .map(({ word }) => timeWord(schema, word))
    .find((field) => field !== undefined);
  return {
    schema: time === undefined ? schema : datedBy(schema, time),
    plan: plans[0],
    tables,
    documents: briefing.documents,
    today: briefing.today,
    answers: briefing.clarifications,
  };
};

/** Reads the goal against each table; the table that answers most of it is taken. */
const understand = (briefing: PlannerBriefing): Understood => {
  const tables = briefing.tables.map(schemaOf);
  const facts = tables.some(({ isPlan }) => !isPlan)
    ? tables.filter(({ isPlan }) => !isPlan)
    : tables;
  const candidates = facts
    .map((schema) => {
      const setting = settingOf(briefing, schema, tables);
      return { setting, reading: readGoal(briefing.goal, setting) };
    })
    .sort(
      (a, b) =>
        fit(b.reading) - fit(a.reading) ||
        b.setting.schema.table.rows - a.setting.schema.table.rows,
    );
  const [best] = candidates;
  if (best === undefined) throw notUnderstood("there is no table to report on.");
  if (saysSomething(best.reading)) return best;
  const names = best.setting.schema.fields.map(({ column }) => column.name).join(", ");
  const unmapped = best.reading.notCovered.map((phrase) => `“${phrase}”`).join(", ");
  throw notUnderstood(
    `no word of the goal names a column, a value or the rows of the data${unmapped === "" ? "" : ` (not mapped: ${unmapped})`}. Table ${best.setting.schema.table.name} has the columns ${names}.`,
    { notMapped: best.reading.notCovered },
  );
};

interface Draft {
  readonly tasks: Task[];
  readonly notCovered: string[];
  readonly assumptions: string[];
}

const draft = (briefing: PlannerBriefing, intent: Intent): Draft => {
  const figures = figureSets(intent);
  const analyst = analystOf(briefing.assignees);
  const notCovered = [...intent.notCovered, ...figures.notCovered];
  const tasks = figures.sets.map((set) => figureTask(set, analyst, briefing.tables));
  if (intent.documents.length > 0) {
    const researcher = assigneeFor(briefing.assignees, "passages", ["search_documents"]);
    if (researcher === undefined)
      notCovered.push(`${intent.documents.join(", ")} (no assignee searches documents)`);
    else tasks.push(researchTask(intent.documents, briefing.goal, researcher));
  }
  return { tasks, notCovered, assumptions: [...intent.assumptions, ...figures.assumptions] };
};

const planned = (
  briefing: PlannerBriefing,
  work: readonly Task[],
  fresh: (id: string) => string,
  intent: Intent,
  extra: Partial<Draft> & { coverage?: Plan["coverage"] },
): Plan => {
  const known = new Set(work.map(({ id }) => id));
  const joined = work.map((task) => ({
    ...task,
    dependsOn: task.dependsOn.filter((id) => known.has(id)),
  }));
  const { tasks, notCovered } = withReport(joined, briefing.assignees, fresh);
  return {
    title: briefing.previous?.plan.title ?? planTitle(briefing.goal),
    tasks,
    coverage: [...intent.coverage, ...(extra.coverage ?? [])],
    notCovered: [...new Set([...(extra.notCovered ?? []), ...notCovered])],
    assumptions: [...new Set(extra.assumptions ?? intent.assumptions)],
  };
};

const followed = (
  briefing: PlannerBriefing,
  previous: NonNullable<PlannerBriefing["previous"]>,
): Plan => {
  const { setting, reading } = understand(briefing);
  const earlier = followUpsOf(previous).map((words) => readGoal(words, setting, true));
  const before = earlier.reduce(amended, reading);
  const change = readGoal(previous.reason, setting, true);
  if (!changesSomething(change)) {
    throw notUnderstood(`the change asked for, “${previous.reason}”, names nothing in the data.`, {
      notMapped: change.notCovered,
    });
  }
  const intent = intentOf(amended(before, change), setting);
  const next = draft(briefing, intent);
  const old = previous.plan.tasks;
  const fresh = freshIds(old);
  const work = merged(old, draft(briefing, intentOf(before, setting)).tasks, next.tasks);
  const tasks = reassigned(withStableIds(work, old, fresh), briefing.assignees);
  const said = [...followUpsOf(previous), previous.reason].map(followUpEntry);
  return planned(briefing, tasks, fresh, intent, { ...next, coverage: said });
};

const repaired = (
  briefing: PlannerBriefing,
  previous: NonNullable<PlannerBriefing["previous"]>,
): Plan => {
  const { tasks, notCovered } = mended(previous);
  const usable = tasks.some(
    ({ expects }) => expects.kind === "tables" || expects.kind === "passages",
  );
  if (!usable)
    throw notUnderstood("no figure of the plan passed its checks, so nothing is left to report.");
  const onlyOutput = previous.failures.every(({ taskId }) =>
    previous.plan.tasks.some((task) => task.id === taskId && isOutput(task)),
  );
  const fresh = freshIds(previous.plan.tasks);
  const work = reassigned(withStableIds(tasks, previous.plan.tasks, fresh), briefing.assignees);
  const rest = withReport(work, briefing.assignees, fresh);
  return {
    ...previous.plan,
    tasks: rest.tasks,
    notCovered: [...new Set([...previous.plan.notCovered, ...notCovered, ...rest.notCovered])],
    assumptions: onlyOutput
      ? previous.plan.assumptions
      : [...previous.plan.assumptions, "What failed its checks was left out of this plan."],
  };
};

const clarifyingForm = (intent: Intent): ClarifyingForm | undefined => {
  const questions = intent.questions.slice(0, 5).map(({ id, word, options }) => ({
    id,
    question: `Which column is meant by “${word}”?`,
    options: [...options],
    ...(options[0] === undefined ? {} : { default: options[0] }),
  }));
  return questions.length === 0 ? undefined : { questions };
};

const assumed = (intent: Intent): string[] =>
  intent.questions.map(
    ({ word, options }) =>
      `“${word}” was taken to mean ${options[0] ?? ""}; ${options.slice(1).join(", ")} would fit as well.`,
  );

/**
 * The plan for a briefing, or a form when a choice that changes the figures is open and may still be
 * asked (`mayAsk`). Throws GOAL_NOT_UNDERSTOOD when nothing of the goal is in the data.
 */
export const planFor = (
  briefing: PlannerBriefing,
  mayAsk: boolean,
): { plan: Plan } | { form: ClarifyingForm } => {
  const { previous } = briefing;
  if (previous !== undefined) {
    return {
      plan:
        previous.failures.length > 0 ? repaired(briefing, previous) : followed(briefing, previous),
    };
  }
  const { setting, reading } = understand(briefing);
  const intent = intentOf(reading, setting);
  const form =
    mayAsk && Object.keys(briefing.clarifications).length === 0
      ? clarifyingForm(intent)
      : undefined;
  if (form !== undefined) return { form };
  const next = draft(briefing, intent);
  const assumptions = [...next.assumptions, ...assumed(intent)];
  return { plan: planned(briefing, next.tasks, (id) => id, intent, { ...next, assumptions }) };
};
