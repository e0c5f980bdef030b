// Long work in one thread gives way now and then, and notices that it is no longer wanted.
import { setImmediate as nextTurn } from "node:timers/promises";
import { TuttiError } from "../../errors.ts";

/** Throws CANCELLED when the signal is aborted. */
export const checkCancelled = (signal: AbortSignal | undefined): void => {
  if (signal?.aborted !== true) return;
  throw new TuttiError("CANCELLED", "The work was cancelled.", { cause: signal.reason });
};

/** Lets other work of the process run; then as `checkCancelled`. */
export const turn = async (signal: AbortSignal | undefined): Promise<void> => {
  await nextTurn();
  checkCancelled(signal);
};
