// Which runs of this process have calls under way, so that a call can wait for what they give back
// instead of stopping the run while there is money left.

export interface CallsInFlight {
  begin(rootThread: string): void;
  end(rootThread: string): void;
  count(rootThread: string): number;
  /** Grows with each end. */
  version(rootThread: string): number;
  /** Resolves when a call of the run has ended since that version; rejects when aborted. */
  endedSince(rootThread: string, version: number, signal?: AbortSignal): Promise<void>;
}

interface Run {
  count: number;
  version: number;
  readonly waiting: Set<() => void>;
}

/** Runs remembered after their last call; a run forgotten too early would only see an old version. */
const REMEMBERED = 1000;

export const createCallsInFlight = (): CallsInFlight => {
  const runs = new Map<string, Run>();
  const runOf = (rootThread: string): Run => {
    const known = runs.get(rootThread);
    if (known !== undefined) return known;
    const made = { count: 0, version: 0, waiting: new Set<() => void>() };
    runs.set(rootThread, made);
    if (runs.size > REMEMBERED) forgetOldestIdle(runs);
    return made;
  };
  return {
    begin: (rootThread) => {
      runOf(rootThread).count += 1;
    },
    end(rootThread) {
      const run = runOf(rootThread);
      run.count -= 1;
      run.version += 1;
      for (const wake of run.waiting) wake();
      run.waiting.clear();
    },
    count: (rootThread) => runs.get(rootThread)?.count ?? 0,
    version: (rootThread) => runOf(rootThread).version,
    endedSince: (rootThread, version, signal) => waitForEnd(runOf(rootThread), version, signal),
  };
};

const waitForEnd = (run: Run, version: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const onAbort = (): void => {
      run.waiting.delete(wake);
      reject(signal?.reason as Error);
    };
    const wake = (): void => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    };
    if (run.version !== version) resolve();
    else if (signal?.aborted === true) onAbort();
    else {
      run.waiting.add(wake);
      signal?.addEventListener("abort", onAbort, { once: true });
    }
  });

const forgetOldestIdle = (runs: Map<string, Run>): void => {
  for (const [rootThread, run] of runs) {
    if (run.count > 0 || run.waiting.size > 0) continue;
    runs.delete(rootThread);
    return;
  }
};
