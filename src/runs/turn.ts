// Work that of many processes one does at a time.

/** Does the work, or answers undefined because another process is at it. */
export type Turn = <T>(name: string, work: () => Promise<T>) => Promise<T | undefined>;

/** In a platform of one process it is always its turn. */
export const ownTurn: Turn = (_name, work) => work();

/** A connection of a pool, as `pg` gives it. */
export interface TurnPool {
  connect(): Promise<{
    query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
    release(destroy?: boolean): void;
  }>;
}

/**
 * By an advisory lock of a transaction that lasts as long as the work: it works through a transaction pooler,
 * and a process that dies lets go.
 */
export const createPostgresTurn =
  (pool: TurnPool): Turn =>
  async (name, work) => {
    const client = await pool.connect();
    let isBroken = true;
    try {
      await client.query("BEGIN");
      const { rows } = await client.query(
        "SELECT pg_try_advisory_xact_lock(hashtext('tutti'), hashtext($1)) AS mine",
        [name],
      );
      const isMine = (rows[0] as { mine?: unknown } | undefined)?.mine === true;
      try {
        return isMine ? await work() : undefined;
      } finally {
        await client.query("ROLLBACK"); // nothing was written: it lets go of the lock
        isBroken = false;
      }
    } finally {
      client.release(isBroken);
    }
  };
