// Takes back what a cancelled run has done to its thread.
import type { RunRow, ThreadSummary } from "../storage/index.ts";
import type { FencedSaver } from "./fenced-saver.ts";
import type { GraphCatalog } from "./graph-catalog.ts";
import { kwargsOf } from "./run-kwargs.ts";
import { readConfig } from "./thread-config.ts";
import { threadKey } from "./thread-key.ts";
import { summaryOf } from "./thread-summary.ts";

export interface RollbackOptions {
  readonly catalog: Pick<GraphCatalog, "load">;
  readonly saver: FencedSaver;
  /** Removes every checkpoint newer than the given one, children included; all, when there was none. */
  readonly rollBack: (thread: string, toCheckpoint: string | undefined) => Promise<void>;
}

/** Answers how the thread stands afterwards. */
export const createRollback =
  ({ catalog, saver, rollBack }: RollbackOptions) =>
  async (run: RunRow): Promise<ThreadSummary> => {
    const key = threadKey(run.tenant, run.threadId);
    // A worker that was stalled must not take back what a later run has done: it does not get the fence.
    await saver.acquire(key, run.token);
    // A run that no worker began has done nothing.
    if (run.startCheckpoint !== null) await rollBack(key, run.startCheckpoint || undefined);
    const { config } = kwargsOf(run);
    const { graph } = await catalog.load(run.graphId, config);
    return summaryOf(await graph.getState(readConfig(saver, key, config)));
  };
