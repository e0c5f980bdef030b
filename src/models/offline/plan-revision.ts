// A plan that replaces a plan: a person's follow-up, a review's words, or failed checks. What stays the
// same keeps its id, so that it stays verified; what a person changed in the plan stays changed.
import {
  type AssigneeCard,
  canonicalJson,
  type PlannerBriefing,
  type Task,
} from "../../protocol/index.ts";

type Previous = NonNullable<PlannerBriefing["previous"]>;

/** Tasks that do the same work. */
export const sameWork = (a: Task, b: Task): boolean =>
  a.query !== undefined || b.query !== undefined
    ? canonicalJson(a.query) === canonicalJson(b.query)
    : a.expects.kind === b.expects.kind && a.instructions === b.instructions;

/** Narrative and report: made anew each time. */
export const isOutput = ({ expects }: Task): boolean =>
  expects.kind === "narrative" || expects.kind === "files";

const among = (task: Task, tasks: readonly Task[]): boolean =>
  tasks.some((other) => sameWork(task, other));

/**
 * Three-way: `before` is what the rules planned for the old words, `after` what they plan for the new
 * ones, `previous` what the plan really was. Result: after, less what a person removed, plus what a
 * person added.
 */
export const merged = (
  previous: readonly Task[],
  before: readonly Task[],
  after: readonly Task[],
): Task[] => {
  const kept = after.filter((task) => among(task, previous) || !among(task, before));
  const added = previous.filter(
    (task) => !isOutput(task) && !among(task, before) && !among(task, after),
  );
  return [...kept, ...added];
};

/**
 * Names tasks that are new in a revision. Only the plan before is known, so from the second revision on
 * every new id carries the revision's number: an id of two plans ago must not come back with other work.
 */
export const freshIds = (previous: readonly Task[]): ((id: string) => string) => {
  const used = new Set(previous.map(({ id }) => id));
  const numbers = previous.filter(isOutput).map(({ id }) => Number(/-(\d+)$/.exec(id)?.[1] ?? 1));
  const revision = 1 + Math.max(1, ...numbers);
  return (id) => {
    const base = id.slice(0, 58);
    let name = revision > 2 ? `${base}-${revision}` : id;
    for (let count = revision; used.has(name); count += 1) name = `${base}-${count}`;
    used.add(name);
    return name;
  };
};

/** Gives tasks that stay their old selves back, and fresh ids to the others. */
export const withStableIds = (
  tasks: readonly Task[],
  previous: readonly Task[],
  fresh: (id: string) => string,
): Task[] =>
  tasks.map((task) => {
    const same = previous.find((other) => sameWork(task, other));
    if (same !== undefined) return same;
    const id = fresh(task.id);
    const instructions = task.instructions.replaceAll(` id ${task.id}.`, ` id ${id}.`);
    return { ...task, id, instructions };
  });

export interface Mended {
  readonly tasks: Task[];
  readonly notCovered: string[];
}

const isSimpler = (task: Task): boolean =>
  task.query?.kind === "aggregate" && task.query.comparisons.length > 0;

const without = (task: Task): Task => {
  const { query } = task;
  if (query?.kind !== "aggregate") return task;
  const labels = query.comparisons.map(({ label }) => label);
  const columns = task.expects.columns?.filter(
    (name) => !labels.some((label) => name.includes(`_${label}`)),
  );
  const id = `${task.id}-alone`.slice(0, 64);
  return {
    ...task,
    id,
    title: `${task.title} (without comparisons)`.slice(0, 200),
    instructions: `Compute ${query.measures.map(({ as }) => as).join(", ")} of table ${query.table} as the query defines it, and hand over one table with the id ${id}.`,
    expects: { ...task.expects, ...(columns === undefined ? {} : { columns }) },
    query: { ...query, comparisons: [] },
  };
};

/** After failures: a table with comparisons is tried without them; any other failing work is left out. */
export const mended = (previous: Previous): Mended => {
  const failing = new Map(previous.failures.map(({ taskId, findings }) => [taskId, findings]));
  const notCovered: string[] = [];
  const tasks = previous.plan.tasks
    .filter((task) => !isOutput(task))
    .flatMap((task) => {
      const findings = failing.get(task.id);
      if (findings === undefined) return [task];
      const why = findings[0]?.code ?? "task-failed";
      if (isSimpler(task)) {
        notCovered.push(`comparisons of ${task.title} (failed its checks: ${why})`);
        return [without(task)];
      }
      notCovered.push(`${task.title} (failed its checks: ${why})`);
      return [];
    });
  return { tasks, notCovered };
};

const MARK = "follow-up: ";
/** Follow-ups are kept in the plan's coverage, so that the next one builds on them. */
export const followUpEntry = (words: string): { phrase: string; meaning: string } => ({
  phrase: `${MARK}${words}`,
  meaning: "a change of the plan before",
});
export const followUpsOf = (previous: Previous): string[] =>
  previous.plan.coverage.flatMap(({ phrase }) =>
    phrase.startsWith(MARK) ? [phrase.slice(MARK.length)] : [],
  );

/** Assignees that are still there: a task of one that is gone goes to another of its kind. */
export const reassigned = (tasks: readonly Task[], assignees: readonly AssigneeCard[]): Task[] =>
  tasks.map((task) => {
    if (assignees.some(({ name }) => name === task.assignee)) return task;
    const other = assignees.find(({ produces }) => produces === task.expects.kind);
    return other === undefined ? task : { ...task, assignee: other.name };
  });
