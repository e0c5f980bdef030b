// What must be true of every job when all is quiet: read from the database itself, not from the API.
import { open, type Persistence } from "../../../checkpoints/index.ts";
import { threadKey } from "../../../src/runs/index.ts";
import { DEFAULT_TENANT, type Records, type RunRow } from "../../../src/storage/index.ts";
import type { Work } from "../server-project/work.ts";
import { gapsIn } from "./follow.ts";
import type { Job, Kind } from "./jobs.ts";

export interface Verdict {
  readonly problems: string[];
  readonly runs: number;
  readonly poisoned: RunRow[];
  /** Double answers with one winner and one that was refused; and those where a request had no answer. */
  readonly doubleAnswers: { clear: number; unclear: number };
  readonly checkpoints: number;
}

const SCOPE = { tenant: DEFAULT_TENANT };

/** The nodes of a run, each of which is committed once. */
const nodesOf = (kind: Kind, isAnswer: boolean): string[] => {
  if (kind === "branches")
    return ["split", ..."abcde".split("").map((branch) => `branch ${branch}`), "join"];
  if (kind === "pause") return isAnswer ? ["ask", "after"] : ["before"];
  return ["one", "two", "three"];
};

const isPoisoned = ({ status, error }: RunRow): boolean =>
  status === "error" && error?.["error"] === "RUN_POISONED";

interface Kept {
  readonly id: string;
  readonly parent: string | undefined;
  readonly step: number;
}

const historyOf = async ({ saver }: Persistence, key: string): Promise<Kept[]> => {
  const kept: Kept[] = [];
  for await (const tuple of saver.list({ configurable: { thread_id: key, checkpoint_ns: "" } }))
    kept.push({
      id: tuple.checkpoint.id,
      parent: tuple.parentConfig?.configurable?.["checkpoint_id"] as string | undefined,
      step: tuple.metadata?.step ?? Number.NaN,
    });
  return kept.reverse();
};

/** One line of checkpoints, each step once. */
const forksIn = (history: readonly Kept[]): string[] =>
  history.flatMap(({ id, parent, step }, at) => {
    const before = history[at - 1];
    const problems: string[] = [];
    if (parent !== before?.id)
      problems.push(`checkpoint ${id} (step ${step}) has the parent ${parent}, not ${before?.id}`);
    if (before !== undefined && step !== before.step + 1)
      problems.push(`step ${step} follows step ${before.step}`);
    return problems;
  });

/** Each node of each run once; of a poisoned run perhaps not all, but none twice. */
const countsIn = (job: Job, runs: readonly RunRow[], log: readonly Work[]): string[] => {
  const problems: string[] = [];
  const done = new Map<string, number>();
  for (const { run, node } of log) {
    const key = `${run} ${node}`;
    done.set(key, (done.get(key) ?? 0) + 1);
  }
  for (const [key, times] of done)
    if (times > 1) problems.push(`${key} was committed ${times} times`);
  for (const run of runs) {
    if (run.status !== "success") continue;
    const isAnswer = (run.kwargs["command"] ?? null) !== null;
    // An answer that goes on after a poisoned run does what that one left.
    const isAlone = runs.every((other) => !isPoisoned(other));
    for (const node of nodesOf(job.kind, isAnswer))
      if (isAlone && !done.has(`${run.id} ${node}`))
        problems.push(`${run.id} ended without ${node}`);
  }
  for (const { run } of log)
    if (runs.every(({ id }) => id !== run)) problems.push(`work of an unknown run ${run}`);
  return problems;
};

const answersOf = (job: Job, state: { answer?: string }, verdict: Verdict): string[] => {
  const problems: string[] = [];
  for (const round of job.answers) {
    const winners = round.filter(({ run }) => run !== undefined);
    const unknown = round.filter(({ status }) => status === 0);
    const others = round.filter(({ run, status }) => run === undefined && status !== 0);
    if (winners.length > 1) problems.push(`two winners: ${JSON.stringify(round)}`);
    if (winners.length === 0 && unknown.length === 0)
      problems.push(`no winner: ${JSON.stringify(round)}`);
    for (const { status } of others)
      if (status !== 409) problems.push(`the second answer got ${status}`);
    if (unknown.length === 0) verdict.doubleAnswers.clear += 1;
    else verdict.doubleAnswers.unclear += 1;
    const [winner] = winners;
    if (winner?.run === undefined) continue;
    if (job.ends.get(winner.run) === "success" && state.answer !== winner.value)
      problems.push(`${winner.value} won, the state says ${state.answer}`);
  }
  return problems;
};

const checkJob = async (
  persistence: Persistence,
  records: Pick<Records, "runs">,
  job: Job,
  verdict: Verdict,
): Promise<{ problems: string[]; log: readonly Work[]; kept: number }> => {
  const problems = [...job.problems];
  const runs = await records.runs.list(SCOPE, job.thread, { limit: 1_000, offset: 0 });
  for (const id of job.accepted)
    if (runs.every((run) => run.id !== id)) problems.push(`run ${id} is LOST`);
  for (const run of runs) {
    if (run.status === "pending" || run.status === "running")
      problems.push(`run ${run.id} is STUCK: ${run.status}, attempts ${run.attempts}`);
    else if (isPoisoned(run)) verdict.poisoned.push(run);
    else if (run.status !== "success")
      problems.push(`run ${run.id} ended ${run.status}: ${JSON.stringify(run.error)}`);
  }
  const key = threadKey(DEFAULT_TENANT, job.thread);
  const tuple = await persistence.saver.getTuple({ configurable: { thread_id: key } });
  const state = (tuple?.checkpoint.channel_values ?? {}) as { log?: Work[]; answer?: string };
  const history = await historyOf(persistence, key);
  const log = state.log ?? [];
  problems.push(...forksIn(history), ...countsIn(job, runs, log));
  problems.push(...answersOf(job, state, verdict));
  if (job.followed !== undefined) problems.push(...gapsIn(...job.followed));
  return { problems, log, kept: history.length };
};

/** `url`: of the database. */
export const checkJobs = async (
  url: string,
  openRecords: (persistence: Persistence) => Promise<{ records: Records; close(): Promise<void> }>,
  jobs: readonly Job[],
): Promise<{ verdict: Verdict; committed: Work[] }> => {
  const persistence = await open(url);
  const { records, close } = await openRecords(persistence);
  const counts = { runs: 0, checkpoints: 0 };
  const verdict: Verdict = {
    problems: [],
    poisoned: [],
    doubleAnswers: { clear: 0, unclear: 0 },
    get runs() {
      return counts.runs;
    },
    get checkpoints() {
      return counts.checkpoints;
    },
  };
  const committed: Work[] = [];
  for (const job of jobs) {
    const { problems, log, kept } = await checkJob(persistence, records, job, verdict);
    committed.push(...log);
    counts.runs += job.accepted.length;
    counts.checkpoints += kept;
    verdict.problems.push(...problems.map((text) => `${job.kind} ${job.thread}: ${text}`));
  }
  await close();
  await persistence.close();
  return { verdict, committed };
};
