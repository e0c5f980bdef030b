// What happens next, decided from the state alone: a pure function, with a table of cases as its test.
import type { State, TaskRecord } from "./state.ts";

export type Next =
  | { kind: "work"; tasks: TaskRecord[] }
  | { kind: "ask"; questions: string[] }
  | { kind: "replan"; reason: string }
  | { kind: "assemble" }
  | { kind: "conclude"; reason: string }
  | { kind: "pause"; steps: number };

const byOrder = (a: TaskRecord, b: TaskRecord): number => a.order - b.order;

const isReady =
  (tasks: State["tasks"]) =>
  (record: TaskRecord): boolean => {
    if (record.status === "retrying") return true;
    if (record.status === "waiting") return record.answer !== null;
    // A task found working was under way in a process that is gone: it goes on.
    const startable = record.status === "pending" || record.status === "working";
    return startable && record.task.dependsOn.every((id) => tasks[id]?.status === "done");
  };

const failureReason = (failed: readonly TaskRecord[]): string =>
  failed
    .map(({ task, findings }) => {
      const said = `task ${task.id} failed`;
      const why = findings.map(({ message }) => message).join("; ");
      if (why.startsWith(said)) return why;
      return why === "" ? said : `${said}: ${why}`;
    })
    .join("\n");

/**
 * Ready tasks first, so that neither a question nor a failure holds up work that can go on; then
 * questions; then a new plan for what failed; and only with everything verified the result.
 */
export const nextOf = (state: Pick<State, "tasks" | "ledger" | "options" | "outcome">): Next => {
  const { ledger, options } = state;
  const records = Object.values(state.tasks)
    .filter(({ status }) => status !== "dropped")
    .sort(byOrder);
  if (state.outcome !== null) return { kind: "conclude", reason: state.outcome.message };
  if (options.steps !== undefined && ledger.steps >= options.steps)
    return { kind: "pause", steps: ledger.steps };
  const ready = records.filter(isReady(state.tasks));
  if (ready.length > 0) return { kind: "work", tasks: ready.slice(0, options.concurrency) };
  const open = records.filter(({ status, question }) => status === "waiting" && question !== null);
  if (open.length > 0)
    return { kind: "ask", questions: [...new Set(open.map(({ question }) => question?.id ?? ""))] };
  const failed = records.filter(({ status }) => status === "failed");
  if (failed.length === 0) return { kind: "assemble" };
  const reason = failureReason(failed);
  return ledger.replans < options.replans
    ? { kind: "replan", reason }
    : { kind: "conclude", reason };
};
