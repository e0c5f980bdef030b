// Faults of plans that could not run, would never end, or would leave something unchecked.
import type { FindingCode, Plan, Task } from "../../src/protocol/index.ts";
import { shuffled } from "./cells.ts";
import type { FaultKind, PlanCase, PlanFault, Random } from "./fault.ts";

const planFault = (
  name: string,
  kind: FaultKind,
  expect: readonly FindingCode[],
  mutate: (clean: PlanCase, rng: Random) => Plan | undefined,
  options: { breaksSchema?: true; applies?: (clean: PlanCase) => boolean } = {},
): PlanFault => ({
  on: "plan",
  name,
  kind,
  expect,
  ...(options.breaksSchema === undefined ? {} : { breaksSchema: options.breaksSchema }),
  applies: options.applies ?? (() => true),
  mutate,
});

const onTask = (plan: Plan, task: Task, change: Partial<Task>): Plan => ({
  ...plan,
  tasks: plan.tasks.map((t) => (t === task ? { ...t, ...change } : t)),
});

const anyTask = (
  change: (task: Task, clean: PlanCase, rng: Random) => Partial<Task> | undefined,
) => {
  return (clean: PlanCase, rng: Random): Plan | undefined => {
    for (const task of shuffled(rng, clean.plan.tasks)) {
      const changed = change(task, clean, rng);
      if (changed !== undefined) return onTask(clean.plan, task, changed);
    }
    return undefined;
  };
};

/** A dependency and the task that depends on it. */
const edges = ({ tasks }: Plan): [Task, Task][] =>
  tasks.flatMap((task) =>
    task.dependsOn.flatMap((id): [Task, Task][] => {
      const before = tasks.find((t) => t.id === id);
      return before === undefined ? [] : [[before, task]];
    }),
  );

const twoTaskLoop = ({ plan }: PlanCase, rng: Random): Plan | undefined => {
  const found = edges(plan);
  if (found.length === 0) return undefined;
  const [before, after] = rng.pick(found);
  return onTask(plan, before, { dependsOn: [...before.dependsOn, after.id] });
};

/** The first of a chain of three or more waits for the last. */
const longLoop = ({ plan }: PlanCase, rng: Random): Plan | undefined => {
  const all = edges(plan);
  for (const [first, second] of shuffled(rng, all)) {
    const last = all.find(([before]) => before === second)?.[1];
    if (last !== undefined) {
      return onTask(plan, first, { dependsOn: [...first.dependsOn, last.id] });
    }
  }
  return undefined;
};

const LOOP: readonly FindingCode[] = ["dependency-cycle"];

const shape: PlanFault[] = [
  planFault(
    "a task for somebody who does not exist",
    "plan-unknown-assignee",
    ["unknown-assignee"],
    anyTask(() => ({ assignee: "nobody-of-this-name" })),
  ),
  planFault("two tasks that wait for each other", "plan-loop", LOOP, twoTaskLoop),
  planFault("three tasks in a ring", "plan-loop", LOOP, longLoop),
  planFault(
    "a task that waits for itself",
    "plan-loop",
    LOOP,
    anyTask((task) => ({ dependsOn: [...task.dependsOn, task.id] })),
  ),
  planFault(
    "a dependency that does not exist",
    "plan-missing-dependency",
    ["unknown-dependency"],
    anyTask((task) => ({ dependsOn: [...task.dependsOn, "a-task-left-out"] })),
  ),
  planFault(
    "a task left out that others wait for",
    "plan-missing-dependency",
    ["unknown-dependency"],
    ({ plan }, rng) => {
      const found = edges(plan);
      if (found.length === 0) return undefined;
      const [before] = rng.pick(found);
      return { ...plan, tasks: plan.tasks.filter((t) => t !== before) };
    },
  ),
  planFault(
    "a task without checks",
    "plan-without-check",
    ["missing-check", "schema"],
    anyTask(() => ({ checks: [] })),
    { breaksSchema: true },
  ),
  planFault(
    "a task that expects nothing",
    "plan-without-check",
    ["missing-check", "schema"],
    anyTask(({ expects }) => ({ expects: { ...expects, description: "" } })),
    { breaksSchema: true },
  ),
  planFault("a task twice", "plan-duplicate-task", ["duplicate-task"], ({ plan }, rng) => ({
    ...plan,
    tasks: [...plan.tasks, rng.pick(plan.tasks)],
  })),
  planFault("two tasks of one id", "plan-duplicate-task", ["duplicate-task"], ({ plan }, rng) => {
    const [a, b] = shuffled(rng, plan.tasks);
    return a === undefined || b === undefined ? undefined : onTask(plan, a, { id: b.id });
  }),
];

const withQuery = ({ plan }: PlanCase): boolean => plan.tasks.some(({ query }) => query);

const queryFault = (
  name: string,
  change: (query: NonNullable<Task["query"]>) => Task["query"] | undefined,
): PlanFault =>
  planFault(
    name,
    "plan-unknown-column",
    ["unknown-table"],
    anyTask(({ query }) => {
      const changed = query && change(query);
      return changed && { query: changed };
    }),
    { applies: withQuery },
  );

const NOWHERE = "column_of_my_dreams";

const queries: PlanFault[] = [
  queryFault("a query on a table that is not there", (query) => ({ ...query, table: "no_table" })),
  queryFault("a query by a column that is not there", (query) => ({
    ...query,
    dimensions: [...query.dimensions, NOWHERE],
  })),
  queryFault("a query over time of a column that is not there", (query) =>
    query.kind === "anomalies"
      ? { ...query, period: { ...query.period, column: NOWHERE } }
      : query.period && { ...query, period: { ...query.period, column: NOWHERE } },
  ),
  queryFault("a query that filters by a column that is not there", (query) => ({
    ...query,
    filters: [...query.filters, { column: NOWHERE, op: "=", value: 1 }],
  })),
  queryFault("a query that measures a column that is not there", (query) => {
    if (query.kind === "anomalies") {
      return { ...query, measure: { ...query.measure, of: { column: NOWHERE } } };
    }
    const at = query.measures.findIndex((measure) => "aggregate" in measure);
    const measure = query.measures[at];
    if (measure === undefined || !("aggregate" in measure)) return undefined;
    return { ...query, measures: query.measures.with(at, { ...measure, of: { column: NOWHERE } }) };
  }),
];

export const PLAN_FAULTS: readonly PlanFault[] = [...shape, ...queries];
