// Takes a thread back to where it stood: what was saved after a checkpoint is gone, in its subgraphs'
// namespaces and in its children's threads too. Ids of checkpoints grow with time.
import { packId } from "../core/ids.ts";
import type { Persistence } from "../open.ts";
import { removeCheckpoints } from "./prune.ts";
import { familyOf } from "./threads.ts";

/**
 * Removes every checkpoint newer than `toCheckpoint` from a thread and its children `<thread>/…`; without
 * one everything. Returns how many checkpoints are gone.
 * @throws CheckpointError CHECKPOINT_CONFLICT when the thread is being written to.
 */
export const rollBack = async (
  persistence: Persistence,
  thread: string,
  toCheckpoint: string | undefined,
): Promise<number> => {
  const until = toCheckpoint === undefined ? undefined : packId(toCheckpoint);
  let removed = 0;
  for (const member of await familyOf(persistence, thread)) {
    const { checkpoints } = await removeCheckpoints(persistence, member, (heads) =>
      heads.filter(({ row }) => until === undefined || Buffer.compare(row.id, until) > 0),
    );
    removed += checkpoints;
  }
  return removed;
};
