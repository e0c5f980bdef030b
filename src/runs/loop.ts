// Work that is repeated, with jitter, for many processes do the same.
import { messageOf } from "../errors.ts";
import type { Log } from "./log.ts";

export interface Loop {
  start(): void;
  /** Ends when the work under way has. */
  stop(): Promise<void>;
}

const JITTER = 0.2;

/** `work` never runs twice at once; what it throws is logged, and the next time comes. */
export const createLoop = (options: {
  readonly name: string;
  readonly everyMs: number;
  readonly work: () => Promise<unknown>;
  readonly log: Log;
}): Loop => {
  const { name, everyMs, work, log } = options;
  let timeout: NodeJS.Timeout | undefined;
  let working: Promise<void> | undefined;
  let isStopped = false;

  const turn = async (): Promise<void> => {
    try {
      await work();
    } catch (error) {
      log.warn({ loop: name, error: messageOf(error) }, "work that is repeated failed this time");
    }
    if (!isStopped) arm();
  };
  const arm = (): void => {
    timeout = setTimeout(
      () => {
        working = turn();
      },
      everyMs * (1 + JITTER * (2 * Math.random() - 1)),
    );
  };
  return {
    start: arm,
    async stop() {
      isStopped = true;
      clearTimeout(timeout);
      await working;
    },
  };
};
