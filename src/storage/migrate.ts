// The platform's tables in the embedded database. Forward only: a database written by a newer version
// is refused, never rewritten.
import type { Database } from "better-sqlite3";
import { TuttiError } from "../errors.ts";

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

  CREATE TABLE budget_limits (
    thread_id TEXT PRIMARY KEY,
    tokens INTEGER,
    micro_eur INTEGER,
    calls INTEGER
  ) STRICT;
  CREATE TABLE budget_entries (
    id TEXT PRIMARY KEY,
    thread_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('reserved', 'settled')),
    tokens INTEGER NOT NULL,
    micro_eur INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX budget_entries_by_thread ON budget_entries (thread_id, state);
  `,
  `ALTER TABLE threads ADD COLUMN input TEXT;`,
];

/** Brings the tables up to date, in one transaction that two starting processes cannot race. */
export const migrate = (database: Database): void => {
  database.exec("CREATE TABLE IF NOT EXISTS platform_schema (version INTEGER NOT NULL) STRICT");
  const upgrade = database.transaction(() => {
    const row = database.prepare("SELECT version FROM platform_schema").get() as
      | { version: number }
      | undefined;
    const version = row?.version ?? 0;
    if (version > MIGRATIONS.length)
      throw new TuttiError(
        "DATABASE",
        `the data were written by a newer version (schema ${version}, this one knows ${MIGRATIONS.length})`,
        { hint: "update Tutti, or use another --data folder" },
      );
    for (const statement of MIGRATIONS.slice(version)) database.exec(statement);
    database.exec("DELETE FROM platform_schema");
    database.prepare("INSERT INTO platform_schema VALUES (?)").run(MIGRATIONS.length);
  });
  upgrade.immediate();
};
