// The platform's tables in PostgreSQL, in a schema of their own. Forward only, as in SQLite; an advisory
// lock keeps two starting processes from migrating at once.
import type { Pool, PoolClient } from "pg";
import { databaseError } from "./database-error.ts";
import { FIRST_TOKEN, newerSchema } from "./migrate.ts";
import { BUDGET_SCHEMA, RECORDS_SCHEMA, schemaIn } from "./schema.ts";

const inPostgres = (text: string): string =>
  schemaIn(text, {
    // Byte order, as in SQLite: lists sort the same on both.
    text: 'text COLLATE "C"',
    json: "jsonb",
    int: "bigint",
    real: "double precision",
    serial: "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    strict: "",
  });

/** Each entry brings the schema from its index to the next version. Never edit one that was released. */
const MIGRATIONS: readonly string[] = [
  `
  ${inPostgres(BUDGET_SCHEMA)}
  ${inPostgres(RECORDS_SCHEMA)}
  CREATE INDEX assistants_by_metadata ON assistants USING gin (metadata jsonb_path_ops);
  CREATE INDEX threads_by_metadata ON threads USING gin (metadata jsonb_path_ops);
  CREATE INDEX crons_by_metadata ON crons USING gin (metadata jsonb_path_ops);
  CREATE SEQUENCE run_token START ${FIRST_TOKEN + 1};
  `,
];

const upgrade = async (client: PoolClient, schema: string): Promise<void> => {
  await client.query("SELECT pg_advisory_xact_lock(hashtext($1))", [`tutti schema ${schema}`]);
  await client.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
  await client.query(`SET LOCAL search_path TO "${schema}"`);
  await client.query("CREATE TABLE IF NOT EXISTS platform_schema (version integer NOT NULL)");
  const { rows } = await client.query<{ version: number }>("SELECT version FROM platform_schema");
  const version = rows[0]?.version ?? 0;
  if (version > MIGRATIONS.length) throw newerSchema(version, MIGRATIONS.length);
  if (version === MIGRATIONS.length) return;
  for (const statements of MIGRATIONS.slice(version)) await client.query(statements);
  await client.query("DELETE FROM platform_schema");
  await client.query("INSERT INTO platform_schema VALUES ($1)", [MIGRATIONS.length]);
};

/** Throws DATABASE. */
export const migratePostgres = async (pool: Pool, schema: string): Promise<void> => {
  let client: PoolClient | undefined;
  try {
    client = await pool.connect();
    await client.query("BEGIN");
    await upgrade(client, schema);
    await client.query("COMMIT");
    client.release();
  } catch (error) {
    client?.release(true); // the transaction ends with its connection
    throw databaseError(error);
  }
};
