// The newest events of one run, shared by all its readers in this process: a hundred readers at the front
// make one query, not a hundred. Who falls behind reads the log by itself.
import type { LoggedEvent, Records } from "../storage/index.ts";

/** What a feed keeps at most, in characters of data and in events. */
const MAX_BYTES = 256 * 1024;
const MAX_EVENTS = 1_024;
/** Events read at a time, at the front and by a reader who fell behind. */
const BATCH = 64;
const SLOW_BATCH = 16;

export interface RunFeed {
  /** Some events after `cursor`; undefined when there are none (yet). */
  after(cursor: number): Promise<readonly LoggedEvent[] | undefined>;
  /** There may be more in the log. */
  stir(): void;
  /** No more will be written. */
  end(): void;
  readonly isEnded: boolean;
  /** Counts what happened: for `changed`. */
  readonly changes: number;
  /** Ends when `changes` is no longer `seen`, or at the signal. */
  changed(seen: number, signal: AbortSignal): Promise<void>;
}

export const createRunFeed = (runId: string, log: Pick<Records["events"], "read">): RunFeed => {
  let ring: LoggedEvent[] = [];
  let bytes = 0;
  /** The last event that is or was in the ring; undefined before the first look. */
  let head: number | undefined;
  let mayHaveMore = true;
  let isEnded = false;
  let changes = 0;
  let pulling: Promise<void> | undefined;
  const waiting = new Set<() => void>();

  const tell = (): void => {
    mayHaveMore = true;
    changes += 1;
    for (const wake of waiting) wake();
  };
  const push = (found: readonly LoggedEvent[]): void => {
    for (const event of found) {
      ring.push(event);
      bytes += event.data.length;
      head = event.seq;
    }
    let gone = 0;
    while (ring.length - gone > 1 && (bytes > MAX_BYTES || ring.length - gone > MAX_EVENTS)) {
      bytes -= ring[gone]?.data.length ?? 0;
      gone += 1;
    }
    if (gone > 0) ring = ring.slice(gone);
  };
  const pull = async (): Promise<void> => {
    mayHaveMore = false;
    try {
      const found = await log.read(runId, head ?? 0, BATCH);
      push(found);
      if (found.length === BATCH) mayHaveMore = true;
    } catch (error) {
      mayHaveMore = true;
      throw error;
    } finally {
      pulling = undefined;
    }
  };

  return {
    async after(cursor) {
      head ??= cursor; // the ring begins where its first reader does
      for (;;) {
        const first = ring[0]?.seq ?? head + 1;
        if (cursor < first - 1) {
          const found = await log.read(runId, cursor, SLOW_BATCH);
          return found.length > 0 ? found : undefined;
        }
        if (cursor < head) return ring.slice(cursor - first + 1);
        if (!mayHaveMore && pulling === undefined) return undefined;
        pulling ??= pull();
        await pulling;
      }
    },
    stir: tell,
    end() {
      if (isEnded) return;
      isEnded = true;
      tell();
    },
    get isEnded() {
      return isEnded;
    },
    get changes() {
      return changes;
    },
    async changed(seen, signal) {
      if (changes !== seen || signal.aborted) return;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          waiting.delete(done);
          signal.removeEventListener("abort", done);
          resolve();
        };
        waiting.add(done);
        signal.addEventListener("abort", done, { once: true });
      });
    },
  };
};
