// Real runs on the four example tables: their hand-overs, each with the context its check had, and their
// plans, for faults to be planted in.
import type { TaskContext } from "../../src/ports/index.ts";
import type { RunEnd } from "../../src/runs/index.ts";
import { type Job, openJob, SALES_GOAL, valuesOf } from "../job/job.ts";
import type { FaultTools, HandOverCase, PlanCase } from "./fault.ts";

export const REAL_RUNS = {
  sales: {
    goal: SALES_GOAL,
    files: ["sales.csv", "plan.xlsx", "documents/sales-policy.pdf"],
  },
  sensors: {
    goal: "Report for September 2026: average temperature and humidity by site and room, against last month; anomalies",
    files: ["sensors.parquet"],
  },
  tickets: {
    goal: "Monthly report for September 2026: number of tickets and average resolution hours by team and priority, against last month",
    files: ["tickets.tsv"],
  },
  clinic: {
    goal: "Report for September 2026: visits, no-show rate and fees by department, against last month; point out anomalies",
    files: ["clinic.json"],
  },
} as const;
export type RealRunName = keyof typeof REAL_RUNS;

export interface RealRun {
  readonly job: Job;
  readonly end: RunEnd;
  readonly cases: readonly HandOverCase[];
  readonly plan: PlanCase;
  readonly tools: FaultTools;
}

/** The hand-overs of a finished run, each with the context its check had. */
const casesOf = async (job: Job, end: RunEnd): Promise<HandOverCase[]> => {
  const { tasks, sources, goal, ledger } = valuesOf(end);
  const handOvers = Object.fromEntries(
    await Promise.all(
      Object.keys(tasks).map(async (id) => [id, await job.handOver(id, end)] as const),
    ),
  );
  const inputsOf = (id: string): string[] =>
    (tasks[id]?.task.dependsOn ?? []).flatMap((other) => [other, ...inputsOf(other)]);
  return Object.values(tasks).map(({ task, attempt }) => {
    const inputs = Object.fromEntries(inputsOf(task.id).map((id) => [id, handOvers[id]!]));
    const context: TaskContext = {
      rootThread: job.execution.threadId,
      thread: `${job.execution.threadId}/${task.id}/${attempt}`,
      task,
      attempt,
      goal,
      sources,
      inputs,
      caveats: [
        ...ledger.notCovered.map((phrase) => `Not covered: ${phrase}`),
        ...ledger.assumptions.map((assumption) => `Assumption: ${assumption}`),
        ...ledger.dataNotes,
      ],
      signal: undefined,
      emit: () => undefined,
    };
    return { handOver: handOvers[task.id]!, context };
  });
};

const planCaseOf = (job: Job, end: RunEnd, tools: FaultTools): PlanCase => {
  const { tasks, ledger } = valuesOf(end);
  const { title, coverage, notCovered, assumptions } = ledger;
  return {
    plan: {
      title,
      tasks: Object.values(tasks).map(({ task }) => task),
      coverage,
      notCovered,
      assumptions,
    },
    tables: tools.tables.profiles,
    assignees: Object.values(job.orchestrator.assignees).map(({ card }) => card),
  };
};

/** Runs a goal to its end. The caller closes `job`. */
export const openRealRun = async (goal: string, files: readonly string[]): Promise<RealRun> => {
  const job = await openJob();
  const end = await job.run(goal, files);
  const sources = valuesOf(end).sources.filter(({ kind }) => kind === "table");
  const tools: FaultTools = {
    artifacts: job.orchestrator.artifacts,
    tables: await job.orchestrator.tables.open(sources),
  };
  return { job, end, cases: await casesOf(job, end), plan: planCaseOf(job, end, tools), tools };
};
