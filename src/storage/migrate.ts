// The platform's tables in the embedded database. Forward only: a database written by a newer version
// is refused, never rewritten.
import type { Database } from "better-sqlite3";
import { TuttiError } from "../errors.ts";
import { BUDGET_SCHEMA, RECORDS_SCHEMA, schemaIn } from "./schema.ts";

const inSqlite = (text: string): string =>
  schemaIn(text, {
    text: "TEXT",
    json: "TEXT",
    int: "INTEGER",
    real: "REAL",
    serial: "INTEGER PRIMARY KEY AUTOINCREMENT",
    strict: "STRICT",
  });

// Command lines count the tokens of each thread from 1; the server's one counter starts far above.
export const FIRST_TOKEN = 1_000_000;

const THREADS_OF_THE_COMMAND_LINE = `
  INSERT INTO threads
  SELECT 'default', id,
    CASE status WHEN 'running' THEN 'busy' WHEN 'finished' THEN 'idle' WHEN 'failed' THEN 'error' ELSE 'interrupted' END,
    CASE status WHEN 'finished' THEN 'idle' WHEN 'failed' THEN 'error' ELSE 'interrupted' END,
    NULL,
    json_object('graph_id', graph_id, 'goal', goal),
    '{}', '{}',
    CASE WHEN error_code IS NULL THEN NULL ELSE json_object('error', error_code, 'message', coalesce(error_message, '')) END,
    NULL, NULL, NULL,
    json_object('status', status, 'out', out_folder, 'input', json(input)),
    1, created_at, updated_at, updated_at
  FROM old_threads;
`;

/** Each entry brings the schema from its index to the next version. Never edit one that was released. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE threads (
    id TEXT PRIMARY KEY,
    graph_id TEXT NOT NULL,
    goal TEXT NOT NULL,
    status TEXT NOT NULL,
    out_folder TEXT,
    error_code TEXT,
    error_message TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX threads_by_update ON threads (updated_at DESC);
  ${inSqlite(BUDGET_SCHEMA)}
  `,
  `ALTER TABLE threads ADD COLUMN input TEXT;`,
  `
  ALTER TABLE threads RENAME TO old_threads;
  DROP INDEX threads_by_update;
  ${inSqlite(RECORDS_SCHEMA)}
  CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
  INSERT INTO counters VALUES ('run_token', ${FIRST_TOKEN});
  ${THREADS_OF_THE_COMMAND_LINE}
  DROP TABLE old_threads;
  `,
];

export const newerSchema = (version: number, known: number): TuttiError =>
  new TuttiError(
    "DATABASE",
    `the data were written by a newer version (schema ${version}, this one knows ${known})`,
    { hint: "update Tutti, or use another --data folder" },
  );

/** Brings the tables up to date, in one transaction that two starting processes cannot race. */
export const migrate = (database: Database): void => {
  database.exec("CREATE TABLE IF NOT EXISTS platform_schema (version INTEGER NOT NULL) STRICT");
  const upgrade = database.transaction(() => {
    const row = database.prepare("SELECT version FROM platform_schema").get() as
      | { version: number }
      | undefined;
    const version = row?.version ?? 0;
    if (version > MIGRATIONS.length) throw newerSchema(version, MIGRATIONS.length);
    for (const statement of MIGRATIONS.slice(version)) database.exec(statement);
    database.exec("DELETE FROM platform_schema");
    database.prepare("INSERT INTO platform_schema VALUES (?)").run(MIGRATIONS.length);
  });
  upgrade.immediate();
};
