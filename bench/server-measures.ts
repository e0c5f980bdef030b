// What bench/server.ts asks of a server, over HTTP as any client would.
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Host, Running } from "./server-hosts.ts";

const post = async (url: string, body: unknown): Promise<Response> => {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${response.status} ${url}: ${await response.text()}`);
  return response;
};

const TEN = { assistant_id: "ten", input: {}, if_not_exists: "create" };

/** One run of ten nodes on a thread of its own, to its end. */
export const waitRun = async (url: string): Promise<void> => {
  const response = await post(`${url}/threads/${randomUUID()}/runs/wait`, TEN);
  const { n } = (await response.json()) as { n?: number };
  if (n !== 10) throw new Error(`the run ended with n = ${n} instead of 10`);
};

/** Milliseconds from the request to the first event; the stream is then read to its end. */
export const firstEvent = async (url: string): Promise<number> => {
  const began = performance.now();
  const body = { ...TEN, stream_mode: ["updates"] };
  const { body: stream } = await post(`${url}/threads/${randomUUID()}/runs/stream`, body);
  let first = Number.NaN;
  let text = "";
  for await (const chunk of (stream ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (Number.isNaN(first) && /^(event|data):/m.test(text)) first = performance.now() - began;
  }
  if (!text.includes('"n9"')) throw new Error(`the stream ended early:\n${text.slice(-500)}`);
  return first;
};

/** Runs of ten nodes a second, `concurrency` at a time. */
export const throughput = async (
  url: string,
  { runs, concurrency }: { runs: number; concurrency: number },
): Promise<number> => {
  let left = runs;
  const began = performance.now();
  const client = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await waitRun(url);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  return runs / ((performance.now() - began) / 1000);
};

const stepOf = async (url: string, thread: string): Promise<number> => {
  try {
    const response = await fetch(`${url}/threads/${thread}/state`);
    if (!response.ok) return 0;
    const { values } = (await response.json()) as { values?: { n?: number } | null };
    return values?.n ?? 0;
  } catch {
    return 0; // the server is away
  }
};

const untilStep = async (
  url: string,
  { thread, step, seconds }: { thread: string; step: number; seconds: number },
): Promise<number> => {
  const deadline = performance.now() + seconds * 1000;
  while (performance.now() < deadline) {
    const now = await stepOf(url, thread);
    if (now >= step) return now;
    await wait(10);
  }
  throw new Error(`step ${step} was not reached within ${seconds} s`);
};

const startSlowRun = async (url: string): Promise<{ thread: string; step: number }> => {
  const thread = randomUUID();
  const run = { assistant_id: "slow", input: {}, if_not_exists: "create" };
  await post(`${url}/threads/${thread}/runs`, run);
  return { thread, step: await untilStep(url, { thread, step: 3, seconds: 30 }) };
};

/** Undefined: not within `seconds`. One node of 400 ms is part of the figure. */
const goesOn = async (
  url: string,
  { thread, step, seconds }: { thread: string; step: number; seconds: number },
): Promise<number | undefined> => {
  const began = performance.now();
  return untilStep(url, { thread, step: step + 1, seconds }).then(
    () => performance.now() - began,
    () => undefined,
  );
};

/** Milliseconds from the restart's spawn, after a kill -9, until the run has made its next step. */
export const recoveryAtRestart = async (
  host: Host,
  running: Running,
  seconds: number,
): Promise<{ milliseconds: number | undefined; running: Running }> => {
  const { thread } = await startSlowRun(running.url);
  const last = await stepOf(running.url, thread);
  for (const group of running.groups) group.kill("SIGKILL");
  await Promise.all(running.groups.map((group) => group.ended()));
  const again = await host.start();
  const more = await goesOn(again.url, { thread, step: last, seconds });
  const milliseconds = more === undefined ? undefined : again.startMilliseconds + more;
  return { milliseconds, running: again };
};

/** Milliseconds from the kill -9 of the worker that has the run until another has made its next step. */
export const recoveryElsewhere = async (
  running: Running,
  seconds: number,
): Promise<number | undefined> => {
  if (running.addWorker === undefined) throw new Error("this server has no workers of its own");
  const [first] = running.groups.slice(1);
  const { thread } = await startSlowRun(running.url);
  running.addWorker();
  await wait(1_500); // time to start
  const step = await stepOf(running.url, thread);
  first?.kill("SIGKILL");
  await first?.ended();
  // What the dying worker had in hand may still have been committed: one step more is not yet a recovery.
  return goesOn(running.url, { thread, step: step + 1, seconds });
};
