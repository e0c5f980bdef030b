// A pool that fails in bounded time, and that works through a transaction pooler: no session state, no
// named statements, no start-up parameters.
import { Pool } from "pg";

export interface PoolOptions {
  /** Connections at most; default 10. */
  readonly connections?: number | undefined;
  /** Milliseconds to wait for a connection; default 10,000. */
  readonly connectTimeout?: number | undefined;
  /** Milliseconds a statement may take; default 30,000. */
  readonly statementTimeout?: number | undefined;
}

export const openPool = (url: string, options: PoolOptions): Pool => {
  const pool = new Pool({
    connectionString: url,
    max: options.connections ?? 10,
    connectionTimeoutMillis: options.connectTimeout ?? 10_000,
    query_timeout: options.statementTimeout ?? 30_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
  });
  listenForErrors(pool);
  return pool;
};

// A connection that the server ends is replaced by the pool, be it idle or taken by somebody who is not
// asking anything just then; without listeners that would be an uncaught error and end the process. The next
// query that fails says why.
const listenForErrors = (pool: Pool): void => {
  pool.on("error", () => undefined);
  pool.on("connect", (client) => void client.on("error", () => undefined));
};
