// Turns a plan into task records. What is verified and unchanged is kept, with its result.
import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import type { Plan, Task } from "../protocol/index.ts";
import { unusedAttempt } from "./child-thread.ts";
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

const fresh = (
  task: Task,
  order: number,
  attempt: number,
  before: TaskRecord | undefined,
): TaskRecord => ({
  task,
  status: "pending",
  order,
  attempt,
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
export const adoptPlan = async (
  state: State,
  plan: Plan,
  config: LangGraphRunnableConfig,
): Promise<Patch> => {
  const adopted = async (task: Task, order: number): Promise<Partial<TaskRecord>> => {
    if (keeps(task, plan, state.tasks)) return { order };
    const before = state.tasks[task.id];
    const attempt = await unusedAttempt(config, task.id, (before?.attempt ?? 0) + 1);
    return fresh(task, order, attempt, before);
  };
  const records = await Promise.all(
    plan.tasks.map(async (task, order) => [task.id, await adopted(task, order)] as const),
  );
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
