// Puts the events of an attempt into the log in natural batches: the first goes at once; while one append is
// under way, and for a moment after it, the next events gather. Readers never hold a run up, only the
// database does.
import type { RunEvent } from "./run-graph.ts";

/** Beyond this much that waits to be stored the run pauses at its next event. */
const MAX_WAITING_BYTES = 1 << 20;
/** From the start of one append to the next: a quick graph has few transactions, a reader waits unnoticeably. */
const GATHER_MS = 10;
/** Largest batch, so that one transaction stays short. */
const MAX_BATCH = 500;

export interface LogWriter {
  write(event: RunEvent): void;
  /** Ends at once, unless too much waits to be stored. Throws what storing throws. */
  room(): Promise<void>;
  /** Ends when all is stored; false when the attempt has lost the run. Throws what storing throws. */
  flush(): Promise<boolean>;
}

/** `append` numbers and stores events and answers the last number, undefined when the run was lost. */
export const createLogWriter = (options: {
  readonly append: (events: readonly RunEvent[]) => Promise<number | undefined>;
  readonly onLost: () => void;
}): LogWriter => {
  let waiting: RunEvent[] = [];
  let bytes = 0;
  let isLost = false;
  let failure: { readonly error: unknown } | undefined;
  let storing: Promise<void> | undefined;
  let begunAt = Number.NEGATIVE_INFINITY;
  let isUrgent = false;
  let hurry: (() => void) | undefined;

  /** Ends at once when somebody waits for the log to be written. */
  const gather = async (): Promise<void> => {
    const left = begunAt + GATHER_MS - performance.now();
    if (left <= 0 || isUrgent) return;
    let timeout: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      hurry = resolve;
      timeout = setTimeout(resolve, left);
    });
    clearTimeout(timeout);
    hurry = undefined;
  };
  const store = async (): Promise<void> => {
    try {
      while (waiting.length > 0) {
        await gather();
        begunAt = performance.now();
        const batch = waiting.splice(0, MAX_BATCH);
        bytes -= batch.reduce((sum, { data }) => sum + data.length, 0);
        if ((await options.append(batch)) !== undefined) continue;
        isLost = true;
        waiting = [];
        options.onLost();
      }
    } catch (error) {
      // Nothing more is stored: a gap would be worse than an end.
      failure = { error };
      waiting = [];
    } finally {
      storing = undefined;
    }
  };
  const orThrow = (): void => {
    if (failure !== undefined) throw failure.error;
  };
  const stored = async (): Promise<void> => {
    isUrgent = true;
    hurry?.();
    await storing;
    isUrgent = false;
  };
  return {
    write(event) {
      if (isLost || failure !== undefined) return;
      waiting.push(event);
      bytes += event.data.length;
      storing ??= store();
    },
    async room() {
      if (bytes > MAX_WAITING_BYTES) await stored();
      orThrow();
    },
    async flush() {
      await stored();
      orThrow();
      return !isLost;
    },
  };
};
