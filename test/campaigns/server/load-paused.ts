// Many threads that wait for an answer: reading one, searching among them, answering one.
import { randomUUID } from "node:crypto";
import { countUntil, each, figures, type Load, percentile, request } from "./load.ts";

const READS = 500;
const SEARCHES = 300;
const ANSWERS = 200;
const LIMITS = { read: 50, search: 100, resume: 500 };

interface Thread {
  readonly thread_id: string;
}

export const measurePaused = async (load: Load, count: number): Promise<string[]> => {
  const batch = randomUUID();
  const metadata = { batch };
  const ids = Array.from({ length: count }, () => randomUUID());
  await each(count, load.concurrency, (n) =>
    request(load, "POST", `/threads/${ids[n]}/runs`, {
      assistant_id: "pause",
      input: {},
      if_not_exists: "create",
      metadata: { ...metadata, group: n % 100 },
    }),
  );
  const waiting = { metadata, status: "interrupted" };
  const paused = await countUntil(load, waiting, count);
  load.say(`${paused} of ${count} threads are paused`);
  const any = (): string => ids[Math.floor(Math.random() * count)] ?? "";
  const reads = await each(READS, 1, () => request(load, "GET", `/threads/${any()}/state`));
  const searches = await each(SEARCHES, 1, (n) =>
    request<Thread[]>(load, "POST", "/threads/search", {
      ...waiting,
      limit: 20,
      offset: n % 3 === 0 ? Math.floor(Math.random() * (count - 20)) : 0,
      ...(n % 3 === 1 ? { metadata: { batch, group: n % 100 } } : {}),
      ...(n % 3 === 2 ? { sort_by: "updated_at", sort_order: "desc" } : {}),
    }),
  );
  const answers = await each(ANSWERS, 1, (n) =>
    request<{ answer?: string }>(load, "POST", `/threads/${ids[n]}/runs/wait`, {
      assistant_id: "pause",
      command: { resume: `yes ${n}` },
    }),
  );
  const times = {
    read: reads.map(({ ms }) => ms),
    search: searches.map(({ ms }) => ms),
    resume: answers.map(({ ms }) => ms),
  };
  const problems = answers.flatMap(({ body }, n) =>
    body.answer === `yes ${n}` ? [] : [`thread ${ids[n]} ended with the answer ${body.answer}`],
  );
  if (paused !== count) problems.push(`${count - paused} threads are not paused`);
  for (const [what, limit] of Object.entries(LIMITS)) {
    const values = times[what as keyof typeof times];
    load.say(`${what}: ${figures(values)} (p95 below ${limit})`);
    if (percentile(values, 0.95) >= limit) problems.push(`${what}: p95 is not below ${limit} ms`);
  }
  return problems;
};
