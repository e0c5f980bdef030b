// What a node knows of the run it serves, read from the config LangGraph hands it.
import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { callerOf, timeOfUuid } from "../governance/index.ts";
import {
  type FileRef,
  HandOver,
  type RunEvent,
  type SourceRef,
  type TableProfile,
  type Task,
} from "../protocol/index.ts";
import type { ArtifactStore, TaskContext } from "../ports/index.ts";
import type { OrchestratorServices, PlannerContext } from "./services.ts";
import type { Ledger, State, TaskRecord } from "./state.ts";

const HAND_OVER_MIME = "application/vnd.tutti.handover+json";

export const threadOf = (config: LangGraphRunnableConfig): string => {
  const thread: unknown = config.configurable?.["thread_id"];
  return typeof thread === "string" && thread !== "" ? thread : "unsaved";
};

/** The thread of one attempt at a task. */
export const childThreadId = (root: string, taskId: string, attempt: number): string =>
  `${root}/${taskId}/${attempt}`;

/** Sends an event to whoever streams the run; a host that does not stream has no writer. */
export const emitter =
  (config: LangGraphRunnableConfig) =>
  (event: RunEvent): void =>
    config.writer?.(event);

/** When this stretch of work has to end, where the run's minutes are limited. */
const deadlineOf = (config: LangGraphRunnableConfig, minutes: number | undefined) => {
  // Our own hosts say when the stretch began; elsewhere the run's id does.
  const { started_at: said, run_id: runId } = config.configurable ?? {};
  const startedAt: unknown = said ?? timeOfUuid(runId);
  return minutes === undefined || typeof startedAt !== "number"
    ? {}
    : { deadline: startedAt + minutes * 60_000 };
};

export const plannerContext = (
  config: LangGraphRunnableConfig,
  attempt: number,
  minutes: number | undefined,
): PlannerContext => {
  const root = threadOf(config);
  return {
    ...deadlineOf(config, minutes),
    rootThread: root,
    caller: callerOf(config.configurable),
    thread: childThreadId(root, "plan", attempt),
    taskId: "plan",
    attempt,
    signal: config.signal,
    emit: emitter(config),
  };
};

/** What a report must mention besides its figures. */
export const caveatsOf = (ledger: Ledger): string[] => [
  ...ledger.notCovered.map((phrase) => `Not covered: ${phrase}`),
  ...ledger.assumptions.map((assumption) => `Assumption: ${assumption}`),
  ...ledger.dataNotes,
];

export const saveHandOver = (artifacts: ArtifactStore, handOver: HandOver): Promise<FileRef> =>
  artifacts.put(new TextEncoder().encode(JSON.stringify(handOver)), {
    name: "hand-over.json",
    mime: HAND_OVER_MIME,
  });

export const loadHandOver = async (
  artifacts: Pick<ArtifactStore, "get">,
  ref: FileRef,
): Promise<HandOver> =>
  HandOver.parse(JSON.parse(new TextDecoder().decode(await artifacts.get(ref.sha256))));

/** Ids of all tasks a task depends on, directly or not. */
export const ancestorsOf = (task: Task, tasks: Readonly<Record<string, TaskRecord>>): string[] => {
  const found = new Set<string>();
  const visit = (ids: readonly string[]): void => {
    for (const id of ids) {
      if (found.has(id)) continue;
      found.add(id);
      visit(tasks[id]?.task.dependsOn ?? []);
    }
  };
  visit(task.dependsOn);
  return [...found];
};

/** References of the verified hand-overs a task may build on: quarantined ones are never among them. */
export const verifiedInputs = (
  task: Task,
  tasks: Readonly<Record<string, TaskRecord>>,
): Record<string, FileRef> =>
  Object.fromEntries(
    ancestorsOf(task, tasks).flatMap((id) => {
      const record = tasks[id];
      return record?.status === "done" && record.handOver !== null ? [[id, record.handOver]] : [];
    }),
  );

/** All a task's work needs, as plain data: what dispatch sends to a `work` node. */
export interface WorkOrder {
  record: TaskRecord;
  goal: string;
  sources: State["sources"];
  inputs: Record<string, FileRef>;
  caveats: string[];
  minutes: number | null;
}

export const workOrder = (state: State, record: TaskRecord): WorkOrder => ({
  record,
  goal: [state.goal, ...state.ledger.requests].join("\n"),
  sources: state.sources,
  inputs: verifiedInputs(record.task, state.tasks),
  caveats: caveatsOf(state.ledger),
  minutes: state.options.minutes ?? null,
});

/** The context of one attempt, for its tools, its models and its checks. */
export const taskContext = async (
  order: WorkOrder,
  artifacts: ArtifactStore,
  config: LangGraphRunnableConfig,
): Promise<TaskContext> => {
  const root = threadOf(config);
  const { task, attempt } = order.record;
  const inputs = await Promise.all(
    Object.entries(order.inputs).map(
      async ([id, ref]) => [id, await loadHandOver(artifacts, ref)] as const,
    ),
  );
  return {
    rootThread: root,
    caller: callerOf(config.configurable),
    thread: childThreadId(root, task.id, attempt),
    task,
    attempt,
    goal: order.goal,
    sources: order.sources,
    inputs: Object.fromEntries(inputs),
    caveats: order.caveats,
    ...deadlineOf(config, order.minutes ?? undefined),
    signal: config.signal,
    emit: emitter(config),
  };
};

/** Profiles of the tables among some sources; none when there are no tables. */
export const profilesOf = async (
  { tables }: Pick<OrchestratorServices, "tables">,
  sources: readonly SourceRef[],
  signal: AbortSignal | undefined,
): Promise<readonly TableProfile[]> => {
  const given = sources.filter(({ kind }) => kind === "table");
  return given.length === 0 ? [] : (await tables.open(given, signal)).profiles;
};
