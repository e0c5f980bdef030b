// Opens the platform's records: the same queries over either database.
import type { Database } from "better-sqlite3";
import { sql } from "kysely";
import type { Pool } from "pg";
import { type Clock, systemClock } from "../clock.ts";
import { TuttiError } from "../errors.ts";
import type { BudgetLedger } from "../ports/index.ts";
import { createAssistantTable } from "./assistant-table.ts";
import { createBudgetLedger } from "./budget-ledger.ts";
import { createCronTable } from "./cron-table.ts";
import { createEventLog } from "./event-log.ts";
import { createFileTable } from "./file-table.ts";
import { createKeyTable } from "./key-table.ts";
import { migrate } from "./migrate.ts";
import { migratePostgres } from "./migrate-postgres.ts";
import { createOutbox } from "./outbox-table.ts";
import { openPool, type PoolOptions } from "./postgres-pool.ts";
import { PostgresRunner } from "./postgres-runner.ts";
import type { DeliveryOf, Records, SignalSink } from "./records.ts";
import { createRunTable } from "./run-table.ts";
import { postgresSql, type Sql, sqliteSql } from "./sql.ts";
import { type JoinCommit, SqliteRunner } from "./sqlite-runner.ts";
import { one, type Runner } from "./step.ts";
import { createThreadTable } from "./thread-table.ts";

export interface RecordsOptions {
  readonly clock?: Clock | undefined;
  /** Told of what others should know, after (and on PostgreSQL within) the commit. Must not throw. */
  readonly signals?: SignalSink | undefined;
  /** For runs that end without an attempt: given up, or stopped before they began. Default: nobody is told. */
  readonly deliveryOf?: DeliveryOf | undefined;
}

export interface OpenRecords extends Records {
  readonly budget: BudgetLedger;
}

const recordsOver = (using: Sql, runner: Runner): OpenRecords => ({
  assistants: createAssistantTable(using, runner),
  threads: createThreadTable(using, runner),
  runs: createRunTable(using, runner),
  events: createEventLog(using, runner),
  crons: createCronTable(using, runner),
  outbox: createOutbox(using, runner),
  keys: createKeyTable(using, runner),
  files: createFileTable(using, runner),
  budget: createBudgetLedger(using, runner),
  ping: () =>
    runner.read(function* () {
      yield* one({ compile: () => sql`SELECT 1`.compile(using.db) });
    }),
});

export interface SqliteOptions extends RecordsOptions {
  /** Of whoever else writes on the handle: puts work into its next commit, so that both share one fsync. */
  readonly join?: JoinCommit | undefined;
}

/** On a handle that others may share; it stays theirs to close. Throws DATABASE. */
export const openSqliteRecords = (
  database: Database,
  { clock = systemClock, signals, deliveryOf, join }: SqliteOptions = {},
): OpenRecords => {
  migrate(database);
  return recordsOver(
    { ...sqliteSql(clock), deliveryOf },
    new SqliteRunner(database, signals, join),
  );
};

export interface PostgresOptions extends RecordsOptions, PoolOptions {
  /** Where the tables lie, so that they may share the database with others; default `tutti`. */
  readonly schema?: string | undefined;
}

export interface PostgresRecords extends OpenRecords {
  /** Ends the connections that were opened here; a pool that was given stays open. */
  close(): Promise<void>;
}

/** By url, or through a pool that has an error listener. Throws DATABASE, CONFIG_INVALID. */
export const openPostgresRecords = async (
  target: string | Pool,
  { clock = systemClock, signals, deliveryOf, schema = "tutti", ...pooling }: PostgresOptions = {},
): Promise<PostgresRecords> => {
  if (!/^[a-z_][a-z0-9_]{0,40}$/.test(schema))
    throw new TuttiError("CONFIG_INVALID", `${schema} cannot name a database schema`, {
      hint: "lower-case letters, digits and underscores, at most 41",
    });
  const pool = typeof target === "string" ? openPool(target, pooling) : target;
  const close = async (): Promise<void> => {
    if (typeof target === "string") await pool.end();
  };
  try {
    await migratePostgres(pool, schema);
  } catch (error) {
    await close();
    throw error;
  }
  const using = { ...postgresSql(clock, schema), deliveryOf };
  return { ...recordsOver(using, new PostgresRunner(pool, signals)), close };
};
