// Brings a database's schema up to date. Migrations only go forward: add one at the end, never change one.
import type { Pool } from "pg";
import { CheckpointError } from "../errors.ts";
import { FIRST_SCHEMA } from "./first-schema.ts";
import { RECORDS_SCHEMA } from "./records-schema.ts";

const MIGRATIONS = [...FIRST_SCHEMA, RECORDS_SCHEMA];

/** @throws CheckpointError DATABASE when the schema is newer than this code. */
export const migrate = async (pool: Pool): Promise<void> => {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await client.query("SELECT pg_advisory_xact_lock(731173117)");
    await client.query("CREATE TABLE IF NOT EXISTS cp_schema (version int NOT NULL)");
    const { rows } = await client.query<{ version: number }>("SELECT version FROM cp_schema");
    const version = rows[0]?.version ?? 0;
    if (version > MIGRATIONS.length) {
      throw new CheckpointError(
        "DATABASE",
        `The database has checkpoint schema ${version}; this version knows ${MIGRATIONS.length}.`,
        { hint: "It was written by a newer version. Update, or open a backup from before." },
      );
    }
    for (const sql of MIGRATIONS.slice(version)) await client.query(sql);
    if (rows.length === 0)
      await client.query("INSERT INTO cp_schema VALUES ($1)", [MIGRATIONS.length]);
    else if (version < MIGRATIONS.length)
      await client.query("UPDATE cp_schema SET version = $1", [MIGRATIONS.length]);
    await client.query("COMMIT");
    client.release();
  } catch (error) {
    client.release(error as Error); // a closed connection rolls back
    throw error;
  }
};
