// manifest.json: the evidence of a run. Every file by hash, every figure's SQL, every task's checkpoint,
// every person who decided.
import type { HandOver, Usage } from "../protocol/index.ts";
import { childThreadId } from "./run-context.ts";
import type { OrchestratorServices } from "./services.ts";
import type { State, TaskRecord } from "./state.ts";

interface ManifestInput {
  state: State;
  rootThread: string;
  spent: Usage;
  handOvers: Readonly<Record<string, HandOver | null>>;
  services: OrchestratorServices;
}

const taskEntry = (
  record: TaskRecord,
  handOver: HandOver | null | undefined,
  { rootThread, services }: ManifestInput,
): Record<string, unknown> => ({
  id: record.task.id,
  title: record.task.title,
  assignee: record.task.assignee,
  model: services.about.model(record.task.assignee),
  dependsOn: record.task.dependsOn,
  status: record.status,
  thread: childThreadId(rootThread, record.task.id, record.attempt),
  checkpoint: record.checkpoint,
  handOver: record.handOver?.sha256 ?? null,
  checks: record.checks,
  warnings: record.findings.map(({ message }) => message),
  rejectedAttempts: record.rejected.map(({ attempt, findings }) => ({
    attempt,
    findings: findings.map(({ code, message }) => `${code}: ${message}`),
  })),
  results: (handOver?.tables ?? []).map(({ id, title, sql, rowCount, sources }) => ({
    id,
    title,
    rows: rowCount,
    sql,
    sources,
  })),
});

export const manifestOf = (input: ManifestInput): Record<string, unknown> => {
  const { state, rootThread, spent, handOvers, services } = input;
  const records = Object.values(state.tasks)
    .filter(({ status }) => status !== "dropped")
    .sort((a, b) => a.order - b.order);
  return {
    tutti: services.about.version,
    thread: rootThread,
    goal: state.goal,
    requests: state.ledger.requests,
    title: state.ledger.title,
    publishedAt: new Date(services.clock.now()).toISOString(),
    planner: { model: services.about.model("planner"), revision: state.ledger.revision },
    understoodAs: state.ledger.coverage,
    notCovered: state.ledger.notCovered,
    assumptions: state.ledger.assumptions,
    dataNotes: state.ledger.dataNotes,
    sources: state.sources,
    files: state.artifacts,
    tasks: records.map((record) => taskEntry(record, handOvers[record.task.id], input)),
    reviews: state.reviews,
    spent,
  };
};
