// What the campaign's clients do: runs of three steps, of five branches, pauses answered by two at once,
// and streams. Each job has a thread of its own and remembers what it was promised.
import { setTimeout as wait } from "node:timers/promises";
import { follow, type Followed } from "./follow.ts";
import type { Client } from "./http.ts";
import type { Random } from "./random.ts";

export type Kind = "steps" | "branches" | "pause" | "stream";

export interface Job {
  readonly kind: Kind;
  readonly thread: string;
  /** Runs whose request was answered 2xx, or which were found after one that had no answer. */
  readonly accepted: string[];
  /** How those ended that were waited for. */
  readonly ends: Map<string, string>;
  /** What was answered by whom: status 0 is no answer. */
  readonly answers: { readonly value: string; readonly status: number; readonly run?: string }[][];
  followed: readonly [Followed, Followed] | undefined;
  /** What the client itself saw go wrong. */
  readonly problems: string[];
}

interface Run {
  readonly run_id: string;
  readonly status: string;
  readonly metadata: { readonly ticket?: string };
}

/** Nobody waits longer than this for a run: it counts as stuck. */
const STUCK_MS = 300_000;
const KINDS: readonly Kind[] = ["steps", "branches", "pause", "stream"];

export const newJob = (random: Random, kinds: readonly Kind[] = KINDS): Job => ({
  kind: kinds[random.below(kinds.length)] ?? "steps",
  thread: random.uuid(),
  accepted: [],
  ends: new Map(),
  answers: [],
  followed: undefined,
  problems: [],
});

const runsOf = async (client: Client, { thread }: Job): Promise<Run[]> =>
  (await client.again("GET", `/threads/${thread}/runs?limit=100`)).body as Run[];

/** One run is started, whatever happens to the requests: the ticket says which one it is. */
const submit = async (
  client: Client,
  job: Job,
  random: Random,
  more: object = {},
): Promise<string> => {
  const ticket = random.uuid();
  const body = {
    assistant_id: job.kind === "stream" ? "steps" : job.kind,
    input: {},
    metadata: { ticket },
    ...more,
  };
  for (;;) {
    const { status, body: run } = await client.once("POST", `/threads/${job.thread}/runs`, body);
    if (status >= 200 && status < 300) {
      const id = (run as Run).run_id;
      job.accepted.push(id);
      return id;
    }
    if (status !== 0) throw new Error(`a run was answered ${status}: ${JSON.stringify(run)}`);
    const made = (await runsOf(client, job)).find(({ metadata }) => metadata.ticket === ticket);
    if (made !== undefined) {
      job.accepted.push(made.run_id);
      return made.run_id;
    }
    await wait(100);
  }
};

/** Waits for the end of a run and answers its status. */
const settle = async (client: Client, job: Job, run: string): Promise<string> => {
  const path = `/threads/${job.thread}/runs/${run}`;
  const began = Date.now();
  for (;;) {
    await client.once("GET", `${path}/join`, undefined, 20_000);
    const { status } = (await client.again("GET", path)).body as Run;
    if (status !== "pending" && status !== "running") {
      job.ends.set(run, status);
      return status;
    }
    if (Date.now() - began > STUCK_MS) throw new Error(`run ${run} is ${status} for too long`);
  }
};

interface Thread {
  readonly status: string;
  readonly interrupts: Readonly<Record<string, readonly { readonly id: string }[]>>;
}

const openInterrupt = async (client: Client, { thread }: Job): Promise<string | undefined> => {
  const { status, interrupts } = (await client.again("GET", `/threads/${thread}`)).body as Thread;
  return status === "interrupted" ? Object.values(interrupts).flat()[0]?.id : undefined;
};

/** Two clients answer at once; again, when none of the two is known to have been first. */
const answer = async (client: Client, job: Job, random: Random): Promise<void> => {
  for (;;) {
    const open = await openInterrupt(client, job);
    if (open === undefined) return;
    const round = job.answers.length;
    const byId = random.below(2) === 0;
    const both = ["left", "right"].map(async (side) => {
      const value = `${side} ${round}`;
      const resume = byId ? { [open]: value } : value;
      const body = { assistant_id: "pause", command: { resume }, metadata: { ticket: value } };
      const path = `/threads/${job.thread}/runs`;
      const { status, body: run } = await client.once("POST", path, body);
      if (status < 200 || status >= 300) return { value, status };
      const id = (run as Run).run_id;
      job.accepted.push(id);
      return { value, status, run: id };
    });
    job.answers.push(await Promise.all(both));
    // Also those whose request had no answer: they may be under way.
    for (const { run_id } of await runsOf(client, job))
      if (!job.ends.has(run_id)) await settle(client, job, run_id);
    await wait(50);
  }
};

const followTwice = async (client: Client, job: Job, run: string): Promise<void> => {
  const path = `/threads/${job.thread}/runs/${run}`;
  const isOver = async (): Promise<boolean> => {
    const { status } = (await client.again("GET", path)).body as Run;
    return status !== "pending" && status !== "running";
  };
  const first = await follow(client, `${path}/stream`, isOver);
  job.followed = [first, await follow(client, `${path}/stream`, isOver)];
};

/** From the first request to the last; what goes wrong is kept in the job. */
export const perform = async (client: Client, job: Job, random: Random): Promise<void> => {
  try {
    await client.again("POST", "/threads", { thread_id: job.thread, if_exists: "do_nothing" });
    const number = job.kind === "steps" ? 1 + random.below(3) : 1;
    const more =
      job.kind === "stream"
        ? { stream_resumable: true, stream_mode: ["values", "updates", "custom"] }
        : {};
    for (let n = 0; n < number; n += 1) await submit(client, job, random, more);
    if (job.kind === "stream") await followTwice(client, job, job.accepted[0] ?? "");
    for (const run of job.accepted) await settle(client, job, run);
    if (job.kind === "pause") await answer(client, job, random);
  } catch (error) {
    job.problems.push(error instanceof Error ? error.message : String(error));
  }
};
