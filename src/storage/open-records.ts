// Opens the platform's records: the same queries over either database.
import type { Database } from "better-sqlite3";
import { type Clock, systemClock } from "../clock.ts";
import type { BudgetLedger } from "../ports/index.ts";
import { sql } from "kysely";
import { createAssistantTable } from "./assistant-table.ts";
import { createBudgetLedger } from "./budget-ledger.ts";
import { createCronTable } from "./cron-table.ts";
import { createEventLog } from "./event-log.ts";
import { createFileTable } from "./file-table.ts";
import { createKeyTable } from "./key-table.ts";
import { migrate } from "./migrate.ts";
import { createOutbox } from "./outbox-table.ts";
import type { Records, SignalSink } from "./records.ts";
import { createRunTable } from "./run-table.ts";
import { type Sql, sqliteSql } from "./sql.ts";
import { SqliteRunner } from "./sqlite-runner.ts";
import { one, type Runner } from "./step.ts";
import { createThreadTable } from "./thread-table.ts";

export interface RecordsOptions {
  readonly clock?: Clock | undefined;
  /** Told of what others should know, after (and on PostgreSQL within) the commit. Must not throw. */
  readonly signals?: SignalSink | undefined;
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

/** On a handle that others may share; it stays theirs to close. Throws DATABASE. */
export const openSqliteRecords = (
  database: Database,
  { clock = systemClock, signals }: RecordsOptions = {},
): OpenRecords => {
  migrate(database);
  return recordsOver(sqliteSql(clock), new SqliteRunner(database, signals));
};
