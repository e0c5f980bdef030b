// Puts the events of an attempt into the log in natural batches: while one append is under way, the next
// events gather. Readers never hold a run up, only the database does.
import type { RunEvent } from "./run-graph.ts";

/** Beyond this much that waits to be stored the run pauses at its next event. */
const MAX_WAITING_BYTES = 1 << 20;
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

  const store = async (): Promise<void> => {
    try {
      while (waiting.length > 0) {
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
  return {
    write(event) {
      if (isLost || failure !== undefined) return;
      waiting.push(event);
      bytes += event.data.length;
      storing ??= store();
    },
    async room() {
      if (bytes > MAX_WAITING_BYTES) await storing;
      orThrow();
    },
    async flush() {
      await storing;
      orThrow();
      return !isLost;
    },
  };
};
