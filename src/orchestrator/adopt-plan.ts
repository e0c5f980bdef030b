// Turns a plan into task records. What is verified and unchanged is kept, with its result.
import type { Plan, Task } from "../protocol/index.ts";
import type { Ledger, Patch, State, TaskRecord } from "./state.ts";

const sameTask = (a: Task, b: Task): boolean => JSON.stringify(a) === JSON.stringify(b);

/** True when a record's result stands under the new plan: same task, verified, on inputs that stand too. */
const keeps = (
  task: Task,
  plan: Plan,
  tasks: State["tasks"],
  seen: ReadonlySet<string> = new Set(),
): boolean => {
  const record = tasks[task.id];
  if (seen.has(task.id) || record?.status !== "done" || !sameTask(record.task, task)) return false;
  return task.dependsOn.every((id) => {
    const dependency = plan.tasks.find((other) => other.id === id);
    return dependency !== undefined && keeps(dependency, plan, tasks, new Set([...seen, task.id]));
  });
};

const fresh = (task: Task, order: number, before: TaskRecord | undefined): TaskRecord => ({
  task,
  status: "pending",
  order,
  attempt: (before?.attempt ?? 0) + 1,
  tries: 1,
  findings: [],
  handOver: null,
  checkpoint: null,
  checks: [],
  question: null,
  interruptId: null,
  answer: null,
  rejected: before?.rejected ?? [],
});

/** Patch that makes `plan` the current one. */
export const adoptPlan = (state: State, plan: Plan): Patch => {
  const records = plan.tasks.map((task, order): [string, Partial<TaskRecord>] => [
    task.id,
    keeps(task, plan, state.tasks) ? { order } : fresh(task, order, state.tasks[task.id]),
  ]);
  const planned = new Set(plan.tasks.map((task) => task.id));
  const dropped = Object.keys(state.tasks)
    .filter((id) => !planned.has(id))
    .map((id): [string, Partial<TaskRecord>] => [id, { status: "dropped" }]);
  const ledger: Ledger = {
    ...state.ledger,
    title: plan.title,
    revision: state.ledger.revision + 1,
    coverage: plan.coverage,
    notCovered: plan.notCovered,
    assumptions: plan.assumptions,
    reason: null,
    form: null,
  };
  return { tasks: Object.fromEntries([...records, ...dropped]), ledger };
};

/** The current plan, put together again from the records. */
export const planOf = (state: Pick<State, "tasks" | "ledger">): Plan => ({
  title: state.ledger.title,
  tasks: Object.values(state.tasks)
    .filter((record) => record.status !== "dropped")
    .sort((a, b) => a.order - b.order)
    .map((record) => record.task),
  coverage: state.ledger.coverage,
  notCovered: state.ledger.notCovered,
  assumptions: state.ledger.assumptions,
});
