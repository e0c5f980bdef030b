// The tables of the store in PostgreSQL, and how they are brought up to date.
import type { Pool, PoolClient } from "pg";
import { TuttiError } from "../errors.ts";

/** Each entry brings the schema from its index to the next version. Never edit one that was released. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE artifacts (
    sha256 text COLLATE "C" PRIMARY KEY,
    bytes bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE artifact_chunks (
    sha256 text COLLATE "C" NOT NULL REFERENCES artifacts ON DELETE CASCADE,
    position int NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (sha256, position)
  );
  -- Finished files are compressed as they are; without compression a chunk is read in one go.
  ALTER TABLE artifact_chunks ALTER COLUMN data SET STORAGE EXTERNAL;
  `,
];

const MIGRATION_LOCK = 731_173_118;

/**
 * One transaction on one connection. A connection that fails is closed, which rolls back; one that
 * the server ends between two queries must not end the process.
 */
export const inTransaction = async <Result>(
  pool: Pool,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> => {
  const client = await pool.connect();
  let lost: Error | undefined;
  const onError = (error: Error): void => void (lost = error);
  client.on("error", onError);
  try {
    await client.query("BEGIN");
    const result = await work(client);
    await client.query("COMMIT");
    client.off("error", onError);
    client.release(lost);
    return result;
  } catch (error) {
    client.off("error", onError);
    client.release(lost ?? (error as Error));
    throw error;
  }
};

/** Two processes that start at once take turns. Throws DATABASE when the schema is newer than this code. */
export const migrate = (pool: Pool): Promise<void> =>
  inTransaction(pool, async (client) => {
    await client.query("SELECT pg_advisory_xact_lock($1)", [MIGRATION_LOCK]);
    await client.query("CREATE TABLE IF NOT EXISTS artifact_schema (version int NOT NULL)");
    const { rows } = await client.query<{ version: number }>("SELECT version FROM artifact_schema");
    const version = rows[0]?.version ?? 0;
    if (version > MIGRATIONS.length)
      throw new TuttiError(
        "DATABASE",
        `The files were written by a newer version (schema ${version}, this one knows ${MIGRATIONS.length}).`,
        { hint: "Update Tutti, or use another database." },
      );
    if (version === MIGRATIONS.length) return;
    for (const statements of MIGRATIONS.slice(version)) await client.query(statements);
    await client.query("DELETE FROM artifact_schema");
    await client.query("INSERT INTO artifact_schema VALUES ($1)", [MIGRATIONS.length]);
  });
