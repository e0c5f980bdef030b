// Repeats a write that fails for a reason that passes, such as a database that starts again.
import { setTimeout as wait } from "node:timers/promises";

const FIRST_MS = 50;
const LONGEST_MS = 1_000;

/** Throws what does not pass; undefined when `isOver` says that there is no point any more. */
export const persist = async <T>(
  work: () => Promise<T>,
  isOver: () => boolean,
): Promise<T | undefined> => {
  for (let delay = FIRST_MS; ; delay = Math.min(delay * 2, LONGEST_MS)) {
    if (isOver()) return undefined;
    try {
      return await work();
    } catch (error) {
      if ((error as { retryable?: unknown }).retryable !== true) throw error;
      await wait(delay);
    }
  }
};
