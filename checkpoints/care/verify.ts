// Verification: reads every record of every thread. A damaged one is reported with its address; the
// others are read on.
import { messageOf } from "./message-of.ts";
import { unpackId } from "../core/ids.ts";
import type { Persistence } from "../open.ts";
import { readerOf } from "./reader-of.ts";
import { allThreads } from "./threads.ts";

export interface Damage {
  readonly thread: string;
  readonly ns: string;
  /** Undefined when the damage is not in one checkpoint. */
  readonly checkpoint: string | undefined;
  readonly problem: string;
}

export interface Verified {
  readonly threads: number;
  readonly checkpoints: number;
  readonly damages: readonly Damage[];
  /** What the database's own check says; empty when it found nothing. */
  readonly database: readonly string[];
}

const databaseCheck = ({ database }: Persistence): string[] => {
  if (database === undefined) return [];
  const rows = database.pragma("integrity_check") as { integrity_check: string }[];
  return rows.map((row) => row.integrity_check).filter((text) => text !== "ok");
};

const verifyThread = async (
  persistence: Persistence,
  tid: number,
  thread: string,
  damages: Damage[],
): Promise<number> => {
  const reader = readerOf(persistence);
  const { heads, writes } = await persistence.backend.records(tid);
  for (const row of heads) {
    try {
      const [head] = await reader.heads([row]);
      if (head === undefined) continue;
      const own = writes.filter(({ ns, checkpoint }) => ns === row.ns && checkpoint.equals(row.id));
      const pending = await reader.pending(
        row,
        own.map(({ data }) => data),
      );
      await reader.tuples([{ ...head, pending }]);
    } catch (error) {
      damages.push({ thread, ns: row.ns, checkpoint: unpackId(row.id), problem: messageOf(error) });
    }
  }
  return heads.length;
};

/** Reads everything; never throws for damage, only when the database does not answer at all. */
export const verify = async (persistence: Persistence): Promise<Verified> => {
  const damages: Damage[] = [];
  let threads = 0;
  let checkpoints = 0;
  const database = databaseCheck(persistence);
  for await (const { tid, thread } of allThreads(persistence)) {
    threads += 1;
    try {
      checkpoints += await verifyThread(persistence, tid, thread, damages);
    } catch (error) {
      damages.push({ thread, ns: "", checkpoint: undefined, problem: messageOf(error) });
    }
  }
  return { threads, checkpoints, damages, database };
};
