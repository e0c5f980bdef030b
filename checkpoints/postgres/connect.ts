// A pool that fails in bounded time and in plain words, and that works through a transaction pooler:
// no session state, no named statements, no start-up parameters.
import { Pool } from "pg";
import { CheckpointError } from "../errors.ts";

export interface PoolOptions {
  /** Connections at most; default 10. */
  readonly connections?: number;
  /** Milliseconds to wait for a connection; default 10,000. */
  readonly connectTimeout?: number;
  /** Milliseconds a statement may take; default 30,000. */
  readonly statementTimeout?: number;
}

const CONFLICT = "TUT01";
export const MOVED = "TUT02";

const REPEATABLE = /^(08|40|53|57P|ECONN|ETIMEDOUT|EPIPE|ENOTFOUND)/;

const DEAD = /^(57P01|57P02|08\d\d\d|ECONNRESET|EPIPE)$/;

/** Whether a query failed because its connection had ended, not because of what it says. */
export const isDeadConnection = (error: unknown): boolean => {
  const { code = "", message = "" } = error as { code?: string; message?: string };
  return DEAD.test(code) || /Connection terminated|connection error/.test(message);
};

/** Any error of PostgreSQL or the network as a CheckpointError. */
export const postgresError = (error: unknown): Error => {
  if (error instanceof CheckpointError) return error;
  const { code = "", message = String(error) } = error as { code?: string; message?: string };
  if (code === CONFLICT) {
    return new CheckpointError("CHECKPOINT_CONFLICT", message, {
      hint: "Read the thread again: someone else answered, or owns it now.",
    });
  }
  if (code === "53100") {
    return new CheckpointError(
      "DATABASE",
      "The database server's disk is full; nothing was written.",
      {
        cause: error,
        retryable: true,
        hint: "Free some space and repeat; the database is intact.",
      },
    );
  }
  const retryable = REPEATABLE.test(code) || /timeout|terminated|Connection/i.test(message);
  return new CheckpointError("DATABASE", `PostgreSQL: ${message === "" ? code : message}`, {
    cause: error,
    retryable,
    hint: retryable ? "Check that the server is reachable, then repeat." : "See the server's log.",
  });
};

export const connect = (url: string, options: PoolOptions): Pool => {
  const pool = new Pool({
    connectionString: url,
    max: options.connections ?? 10,
    connectionTimeoutMillis: options.connectTimeout ?? 10_000,
    query_timeout: options.statementTimeout ?? 30_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
  });
  // A connection that the server ends is replaced by the pool, be it idle or taken by somebody who is not
  // asking anything just then; without listeners that would be an uncaught error and end the process.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => void client.on("error", () => undefined));
  return pool;
};
