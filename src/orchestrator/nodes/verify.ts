// Checks every hand-over that came in. What passes is fact for the tasks after it; what fails goes back
// with the verdict, and after the last attempt stays in quarantine.
import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import type { TaskStatus } from "../../protocol/index.ts";
import { unusedAttempt } from "../child-thread.ts";
import { emitter, loadHandOver, taskContext, workOrder } from "../run-context.ts";
import type { OrchestratorServices, ServicesSource } from "../services.ts";
import type { Patch, State, TaskRecord } from "../state.ts";

const judge = async (
  services: OrchestratorServices,
  state: State,
  record: TaskRecord,
  config: LangGraphRunnableConfig,
): Promise<Partial<TaskRecord>> => {
  if (record.handOver === null) return { status: "failed" };
  const context = await taskContext(workOrder(state, record), services.artifacts, config);
  const handOver = await loadHandOver(services.artifacts, record.handOver);
  const verdict = await services.verifier.verify(handOver, context);
  if (verdict.ok) return { status: "done", findings: verdict.findings, checks: verdict.checks };
  const { attempt, tries } = record;
  const rejected = [
    ...record.rejected,
    { attempt, handOver: record.handOver, findings: verdict.findings },
  ];
  const common = { findings: verdict.findings, checks: verdict.checks, rejected };
  if (tries >= state.options.attempts) return { ...common, status: "failed" };
  const next = await unusedAttempt(config, record.task.id, attempt + 1);
  return { ...common, status: "retrying", attempt: next, tries: tries + 1 };
};

const announce = (
  record: TaskRecord,
  status: TaskStatus,
  patch: Partial<TaskRecord>,
  config: LangGraphRunnableConfig,
): void =>
  emitter(config)({
    type: "task-status",
    taskId: record.task.id,
    title: record.task.title,
    status,
    attempt: record.attempt,
    ...(patch.findings === undefined ? {} : { findings: patch.findings }),
  });

export const verify =
  (source: ServicesSource) =>
  async (state: State, config: LangGraphRunnableConfig): Promise<Patch> => {
    const services = await source();
    const submitted = Object.values(state.tasks).filter(({ status }) => status === "checking");
    const patches = await Promise.all(
      submitted.map(async (record) => {
        const patch = await judge(services, state, record, config);
        announce(record, patch.status ?? "checking", patch, config);
        return [record.task.id, patch] as const;
      }),
    );
    return { tasks: Object.fromEntries(patches) };
  };
