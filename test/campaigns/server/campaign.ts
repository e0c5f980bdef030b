// One campaign: clients at work while processes are killed, then quiet, then every promise is checked.
import { readFileSync } from "node:fs";
import { openPostgresRecords, openSqliteRecords } from "../../../src/storage/index.ts";
import type { Work } from "../server-project/work.ts";
import { checkJobs, type Verdict } from "./check.ts";
import { type Cluster, startEmbedded, startShared } from "./cluster.ts";
import { type Damage, doFaults, type Plan } from "./faults.ts";
import { createClient } from "./http.ts";
import { type Job, type Kind, newJob, perform } from "./jobs.ts";
import { createRandom, type Random } from "./random.ts";

export interface CampaignOptions {
  readonly seed: number;
  readonly plan: Plan;
  /** Milliseconds between faults, on average. */
  readonly everyMs: number;
  /** Jobs under way at a time. */
  readonly clients: number;
  readonly workers: number;
  /** Runs a worker has at a time. */
  readonly concurrency: number;
  readonly isEmbedded: boolean;
  /** Milliseconds a node takes, on average. */
  readonly nodeMs: number;
  readonly kinds?: readonly Kind[];
  /** No faults after that; what was done is checked all the same. */
  readonly minutes: number;
  /** Goes on at least until so many jobs are done. */
  readonly jobs: number;
  readonly say: (text: string) => void;
}

export interface Report {
  readonly problems: readonly string[];
  /** What was done and seen, for people. */
  readonly lines: readonly string[];
  readonly doubleAnswers: Verdict["doubleAnswers"];
  readonly folder: string;
}

/** Every client does one job after the other, until it is enough. */
const workload = (
  { url }: Cluster,
  { clients, kinds }: CampaignOptions,
  random: Random,
): { jobs: Job[]; unanswered: () => number; finish(): Promise<void> } => {
  const client = createClient(url);
  const jobs: Job[] = [];
  const enough = new AbortController();
  const one = async (): Promise<void> => {
    while (!enough.signal.aborted) {
      const own = createRandom(random.below(2 ** 32));
      const job = newJob(own, kinds);
      jobs.push(job);
      await perform(client, job, own);
    }
  };
  const all = Promise.all(Array.from({ length: clients }, one));
  return {
    jobs,
    unanswered: () => client.unanswered,
    async finish() {
      enough.abort();
      await all;
    },
  };
};

const workOf = (file: string): Work[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line) as Work);

interface Outside {
  readonly problems: string[];
  readonly worked: number;
  /** Work that was begun again, for its worker was gone before it was committed. */
  readonly repeated: number;
}

/** Nothing was worked on again after it was committed, nor twice in one attempt. */
const checkOutside = (worked: readonly Work[], committed: readonly Work[]): Outside => {
  const problems: string[] = [];
  const keyOf = ({ run, node }: Work): string => `${run} ${node}`;
  const commits = new Map(committed.map((work) => [keyOf(work), work]));
  const seen = new Set<string>();
  const begun = new Set<string>();
  for (const work of worked) {
    const commit = commits.get(keyOf(work));
    if (commit !== undefined && work.attempt > commit.attempt)
      problems.push(
        `${keyOf(work)} was worked on in attempt ${work.attempt}, but committed in ${commit.attempt}`,
      );
    const once = `${keyOf(work)} ${work.token}`;
    if (begun.has(once)) problems.push(`${keyOf(work)} was begun twice in one attempt`);
    begun.add(once);
    seen.add(keyOf(work));
  }
  for (const [key, { token }] of commits)
    if (!begun.has(`${key} ${token}`)) problems.push(`${key} was committed but never worked on`);
  return { problems, worked: worked.length, repeated: worked.length - seen.size };
};

/**
 * A run may only be given up when its workers were stopped in all its attempts. One that was given back when
 * the database went away is begun again under the same number: the last counts.
 */
const checkPoisoned = (
  { poisoned }: Verdict,
  worked: readonly Work[],
  pids: ReadonlySet<number>,
): string[] =>
  poisoned.flatMap(({ id, attempts }) => {
    const last = new Map<number, Work>();
    for (const work of worked)
      if (work.run === id && work.token >= (last.get(work.attempt)?.token ?? 0))
        last.set(work.attempt, work);
    const innocent = [...last.values()].filter(({ pid }) => !pids.has(pid));
    return attempts < 3 || innocent.length > 0
      ? [
          `run ${id} was given up after ${attempts} attempts; nobody disturbed ${innocent.map(({ attempt, pid }) => `${attempt} (process ${pid})`).join(", ")}`,
        ]
      : [];
  });

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** From a restart to the first work of a run that an earlier process had begun; work may begin before that. */
const orphanDelays = (worked: readonly Work[], { restarts }: Damage): number[] =>
  restarts.flatMap(({ readyAt, killedAt }, nth) => {
    const nextKill = restarts[nth + 1]?.killedAt ?? Number.POSITIVE_INFINITY;
    const next = worked.find(({ at, attempt }) => at > killedAt && at < nextKill && attempt > 1);
    return next === undefined ? [] : [Math.max(0, next.at - readyAt)];
  });

const summary = (
  options: CampaignOptions,
  damage: Damage,
  verdict: Verdict,
  { worked, repeated }: Outside,
  jobs: readonly Job[],
): string[] => {
  const { done } = damage;
  const { clear, unclear } = verdict.doubleAnswers;
  const streams = jobs.flatMap(({ followed }) => (followed === undefined ? [] : [followed[0]]));
  const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);
  return [
    `seed ${options.seed}: kill -9 of workers ${done.worker}, of the API ${done.api}, of PostgreSQL ${done.database}; SIGSTOP ${done.stop}, partitions ${done.partition}`,
    `${jobs.length} jobs, ${verdict.runs} runs accepted, ${verdict.checkpoints} checkpoints; ${worked} pieces of work begun, ${repeated} of them again`,
    `poisoned (their workers were stopped three times): ${verdict.poisoned.length}`,
    `double answers: ${clear} with one winner and one 409, ${unclear} with a request that got no answer`,
    `streams read through: ${streams.length}, cut ${sum(streams.map(({ cuts }) => cuts))} times, ${sum(streams.map(({ events }) => events.length))} events`,
  ];
};

/** Throws when the processes cannot be started. */
export const runCampaign = async (options: CampaignOptions): Promise<Report> => {
  const { seed, plan, everyMs, isEmbedded, nodeMs, minutes, say } = options;
  const cluster = isEmbedded
    ? await startEmbedded(nodeMs, options.concurrency)
    : await startShared(nodeMs, options.workers, options.concurrency);
  say(`up; logs in ${cluster.folder}`);
  const began = Date.now();
  const clients = workload(cluster, options, createRandom(seed));
  const damage = await doFaults(
    cluster,
    plan,
    seed + 1,
    { everyMs, until: began + minutes * 60_000 },
    (done, all) => {
      if (done % 25 === 0 || done === all)
        say(
          `${done} of ${all} faults, ${clients.jobs.length} jobs, ${clients.unanswered()} requests without an answer, ${Math.round((Date.now() - began) / 1_000)} s`,
        );
    },
  );
  while (clients.jobs.length < options.jobs)
    await new Promise((resolve) => setTimeout(resolve, 100));
  await clients.finish();
  say(`quiet after ${Math.round((Date.now() - began) / 1_000)} s; checking`);
  await cluster.stopServers();
  const { verdict, committed } = await checkJobs(
    cluster.databaseUrl,
    ({ database }) =>
      database === undefined
        ? openPostgresRecords(cluster.databaseUrl).then((records) => ({
            records,
            close: () => records.close(),
          }))
        : Promise.resolve({ records: openSqliteRecords(database), close: () => Promise.resolve() }),
    clients.jobs,
  );
  const worked = workOf(cluster.workLog);
  const outside = checkOutside(worked, committed);
  const slots = [...new Set([cluster.api, ...cluster.workers])];
  const byThemselves = slots.flatMap(({ name, endedBySelf }) =>
    endedBySelf.working.map((said) => `${name} ended by itself: ${said}`),
  );
  const problems = [
    ...verdict.problems,
    ...outside.problems,
    ...checkPoisoned(verdict, worked, damage.pids),
    ...byThemselves,
  ];
  const lines = summary(options, damage, verdict, outside, clients.jobs);
  const starting = slots.reduce((all, { endedBySelf }) => all + endedBySelf.starting, 0);
  if (starting > 0) lines.push(`starts given up because the database was away: ${starting}`);
  if (isEmbedded) {
    const delays = orphanDelays(worked, damage);
    lines.push(
      `orphans went on ${median(delays)} ms after the restart (median of ${delays.length}), ${Math.max(...delays)} at most`,
    );
    if (median(delays) > 2_000) problems.push("orphans go on later than 2 s after the restart");
  }
  await cluster.close(problems.length > 0);
  return { problems, lines, doubleAnswers: verdict.doubleAnswers, folder: cluster.folder };
};
