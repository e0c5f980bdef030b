// The background of a process: its worker, and what makes up for signals that were lost and workers that
// died. An embedded platform is woken by signals alone; on many machines the rows are looked at, too.
import type { Records, RunRow } from "../storage/index.ts";
import type { CronClock } from "./cron-clock.ts";
import type { WebhookDeliverer } from "./deliver-webhooks.ts";
import type { Log } from "./log.ts";
import { createLoop, type Loop } from "./loop.ts";
import type { Sweeper } from "./sweeper.ts";
import type { Worker } from "./worker.ts";

export interface PlatformLoopsOptions {
  readonly records: Pick<Records, "runs">;
  readonly log: Log;
  /** No other process works on these data: what runs when it starts is an orphan. */
  readonly isEmbedded: boolean;
  /** Absent in a process that only answers requests. */
  readonly worker?: Worker | undefined;
  readonly cronClock?: CronClock | undefined;
  readonly deliverer?: WebhookDeliverer | undefined;
  readonly sweeper?: Sweeper | undefined;
  /** How often a run may lose its worker before it is failed for good; default 3. */
  readonly maxAttempts?: number | undefined;
  /** Milliseconds between looks for runs whose worker is gone; default 1,000. */
  readonly reapMs?: number | undefined;
  /** For runs that nobody took; default 2,000. */
  readonly lookMs?: number | undefined;
  /** Between sweeps; default a minute. */
  readonly sweepMs?: number | undefined;
}

export interface PlatformLoops {
  start(): Promise<void>;
  /** No new work; runs get `graceMs` to finish and `stepMs` to end between two steps. */
  stop(options?: { graceMs?: number; stepMs?: number }): Promise<void>;
}

const MAX_ATTEMPTS = 3;

export const createPlatformLoops = (options: PlatformLoopsOptions): PlatformLoops => {
  const { records, log, isEmbedded, worker, cronClock, deliverer, sweeper } = options;
  const { maxAttempts = MAX_ATTEMPTS, reapMs = 1_000, lookMs = 2_000, sweepMs = 60_000 } = options;

  const reaped = (runs: readonly RunRow[]): void => {
    for (const { id, status, attempts } of runs)
      log.warn({ runId: id, status, attempts }, "a run had lost its worker");
  };

  const loops: Loop[] = [];
  const repeat = (name: string, everyMs: number, work: () => Promise<unknown>): void => {
    loops.push(createLoop({ name, everyMs, work, log }));
  };
  if (!isEmbedded && worker !== undefined) {
    repeat("reap", reapMs, async () => reaped(await records.runs.reap(maxAttempts)));
    repeat("look", lookMs, () => worker.wake());
  }
  if (sweeper !== undefined) repeat("sweep", sweepMs, () => sweeper.sweep());

  return {
    async start() {
      if (isEmbedded) reaped(await records.runs.reapAll(maxAttempts));
      await worker?.start();
      await cronClock?.start();
      await deliverer?.start();
      for (const loop of loops) loop.start();
    },
    async stop(grace) {
      cronClock?.stop();
      await Promise.all(loops.map((loop) => loop.stop()));
      await worker?.stop(grace);
      await deliverer?.stop();
    },
  };
};
