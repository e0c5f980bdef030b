// Removes what has had its time: threads, event logs, items of the store. In small batches, so that
// nothing else waits for it.
import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { Records } from "../storage/index.ts";
import type { Log } from "./log.ts";
import type { ThreadService } from "./thread-service.ts";
import type { Turn } from "./turn.ts";

export interface SweeperOptions {
  readonly records: Pick<Records, "threads" | "events">;
  readonly threads: Pick<ThreadService, "prune">;
  readonly clock: Clock;
  readonly log: Log;
  /** Of many processes one sweeps. */
  readonly turn: Turn;
  /** What else has a time to live, such as the store's items; answers how many are gone. */
  readonly others?: Readonly<Record<string, () => Promise<number>>> | undefined;
  /** Milliseconds that the events of an ended run are kept; default 2 minutes. */
  readonly keepEventsMs?: number | undefined;
  /** Of a resumable run; default an hour. */
  readonly keepResumableMs?: number | undefined;
}

export interface Sweeper {
  /** Answers what is gone, by kind; undefined when it was another's turn. */
  sweep(): Promise<Readonly<Record<string, number>> | undefined>;
}

const BATCH = 50;
const MINUTE = 60_000;

export const createSweeper = (options: SweeperOptions): Sweeper => {
  const { records, threads, clock, log, turn, others = {} } = options;
  const { keepEventsMs = 2 * MINUTE, keepResumableMs = 60 * MINUTE } = options;

  const sweepThreads = async (): Promise<number> => {
    const failed = new Set<string>();
    for (let gone = 0; ;) {
      const found = await records.threads.expired(clock.now(), BATCH);
      const expired = found.filter(({ tenant, id }) => !failed.has(`${tenant} ${id}`));
      if (expired.length === 0) return gone;
      for (const { tenant, id, ttl, updatedAt } of expired) {
        const strategy = ttl?.strategy ?? "delete";
        try {
          // A run may have begun on it since we looked.
          gone += await threads.prune({ tenant }, [id], strategy, updatedAt);
          if (strategy === "keep_latest") await records.threads.pruned({ tenant }, id);
        } catch (error) {
          // One thread that resists does not keep the others.
          failed.add(`${tenant} ${id}`);
          log.warn({ tenant, threadId: id, error: messageOf(error) }, "a thread was not swept");
        }
      }
    }
  };
  const sweepEvents = async (): Promise<number> => {
    const now = clock.now();
    for (let gone = 0; ;) {
      const dropped = await records.events.drop(now - keepEventsMs, BATCH, now - keepResumableMs);
      gone += dropped;
      if (dropped < BATCH) return gone;
    }
  };
  const sweeps = { threads: sweepThreads, events: sweepEvents, ...others };

  const sweepAll = async (): Promise<Record<string, number>> => {
    const gone: Record<string, number> = {};
    for (const [kind, sweep] of Object.entries(sweeps)) gone[kind] = await sweep();
    if (Object.values(gone).some((n) => n > 0)) log.info({ gone }, "swept");
    return gone;
  };
  return { sweep: () => turn("sweep", sweepAll) };
};
