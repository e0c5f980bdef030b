// How a worker learns that a run may be waiting. A wake-up says no more than "look": what is claimed is
// decided by the rows.
import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { Records } from "../storage/index.ts";
import type { Log } from "./log.ts";
import type { SignalBus } from "./signals.ts";
import { createTimer } from "./timer.ts";

export interface WakeUps {
  /**
   * `claim` takes what waits, and answers `full` when it stopped because the worker has no room. `room`
   * ends when there is room again.
   */
  start(claim: () => Promise<"full" | "empty">, room: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

/** One process: the signal after the commit wakes the worker, and one timer the next run that is not due yet. */
export const createEmbeddedWakeUps = (options: {
  readonly records: Pick<Records, "runs">;
  readonly signals: Pick<SignalBus, "on" | "onCatchUp">;
  readonly clock: Clock;
  readonly log: Log;
}): WakeUps => {
  const { records, signals, clock, log } = options;
  const ends: (() => void)[] = [];
  const timer = createTimer(clock);
  return {
    async start(claim) {
      const look = async (): Promise<void> => {
        // A full worker looks again by itself when a run has ended.
        if ((await claim()) === "full") return;
        const due = await records.runs.nextDue();
        // Due already and not claimed: its thread is busy or a limit is reached, and a signal will follow.
        if (due !== undefined && due > clock.now()) timer.at(due, wake);
      };
      const wake = (): void => {
        look().catch((error: unknown) => {
          log.error({ error: messageOf(error) }, "the next run could not be looked up");
        });
      };
      ends.push(
        signals.on("run-ready", ({ dueAt }) => {
          if (dueAt <= clock.now()) wake();
          else timer.atTheLatest(dueAt, wake);
        }),
        signals.onCatchUp(wake),
      );
      await look();
    },
    stop() {
      for (const end of ends.splice(0)) end();
      timer.clear();
      return Promise.resolve();
    },
  };
};
