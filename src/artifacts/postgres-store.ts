// Files in PostgreSQL, in chunks: for many machines that share a database and have no S3 storage.
import { createHash } from "node:crypto";
import type { Pool, PoolClient } from "pg";
import type { Clock } from "../clock.ts";
import { messageOf, TuttiError } from "../errors.ts";
import type { ArtifactStore } from "../ports/index.ts";
import { collect, isSha256, MAX_BYTES, notInStore, refTo, requireSha256 } from "./content.ts";
import { createFileCache, type FileCacheOptions } from "./file-cache.ts";
import { inTransaction, migrate } from "./postgres-schema.ts";

export interface PostgresStoreOptions {
  /** Where `path` puts files for readers on this machine. */
  readonly cache: FileCacheOptions;
  /** Largest content taken; default 512 MiB. */
  readonly maxBytes?: number;
  /** Bytes of a row; default 1 MiB. What was stored with another size stays readable. */
  readonly chunkBytes?: number;
  readonly clock?: Clock;
}

/**
 * A store in the pool's database. `put` throws INPUT_TOO_LARGE over `maxBytes`, reading throws
 * ARTIFACT_MISSING, and both throw DATABASE when the database fails. The pool stays its owner's.
 */
export const createPostgresStore = (pool: Pool, options: PostgresStoreOptions): ArtifactStore => {
  const { maxBytes = MAX_BYTES, chunkBytes = 1024 * 1024 } = options;
  const cache = createFileCache({
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    ...options.cache,
  });
  let migrated: Promise<void> | undefined;

  const ready = (): Promise<void> => {
    migrated ??= migrate(pool);
    migrated.catch(() => (migrated = undefined));
    return migrated;
  };

  const inDatabase = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      await ready();
      return await work();
    } catch (error) {
      throw databaseError(error);
    }
  };

  const has = async (sha256: string): Promise<boolean> => {
    const { rowCount } = await pool.query("SELECT 1 FROM artifacts WHERE sha256 = $1", [sha256]);
    return rowCount === 1;
  };

  async function* read(sha256: string): AsyncGenerator<Uint8Array, void, undefined> {
    await inDatabase(async () => {
      if (!(await has(sha256))) throw notInStore(sha256);
    });
    for (let position = 0; ; position += 1) {
      const { rows } = await inDatabase(() =>
        pool.query<{ data: Buffer }>(
          "SELECT data FROM artifact_chunks WHERE sha256 = $1 AND position = $2",
          [sha256, position],
        ),
      );
      const [row] = rows;
      if (row === undefined) return;
      yield row.data;
    }
  }

  return {
    async put(bytes, file) {
      const ref = refTo(bytes, file, maxBytes);
      const chunks = chunksOf(bytes, chunkBytes);
      await inDatabase(() =>
        inTransaction(pool, async (client) => {
          await client.query("SET LOCAL synchronous_commit = on"); // durable when it returns
          await lockContent(client, ref.sha256, ref.bytes);
          if (await isWhole(client, ref.sha256, chunks)) return;
          await writeChunks(client, ref.sha256, chunks);
        }),
      );
      return ref;
    },

    async get(sha256) {
      requireSha256(sha256);
      return collect(sha256, read(sha256));
    },

    async has(sha256) {
      return isSha256(sha256) && inDatabase(() => has(sha256));
    },

    async path(sha256) {
      requireSha256(sha256);
      return cache.path(sha256, () => read(sha256));
    },
  };
};

const chunksOf = (bytes: Uint8Array, size: number): Buffer[] => {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = Math.ceil(all.byteLength / size);
  return Array.from({ length: count }, (_, index) =>
    all.subarray(index * size, (index + 1) * size),
  );
};

/** The row's lock makes those who store the same content take turns. */
const lockContent = (client: PoolClient, sha256: string, bytes: number) =>
  client.query(
    `INSERT INTO artifacts (sha256, bytes) VALUES ($1, $2)
     ON CONFLICT (sha256) DO UPDATE SET bytes = excluded.bytes`,
    [sha256, bytes],
  );

/** Compares hashes that the server computes: what is there already is neither sent nor read. */
const isWhole = async (
  client: PoolClient,
  sha256: string,
  chunks: readonly Buffer[],
): Promise<boolean> => {
  const { rows } = await client.query<{ hash: Buffer }>(
    "SELECT sha256(data) AS hash FROM artifact_chunks WHERE sha256 = $1 ORDER BY position",
    [sha256],
  );
  return (
    rows.length === chunks.length &&
    chunks.every((chunk, at) => rows[at]?.hash.equals(createHash("sha256").update(chunk).digest()))
  );
};

const writeChunks = async (
  client: PoolClient,
  sha256: string,
  chunks: readonly Buffer[],
): Promise<void> => {
  await client.query("DELETE FROM artifact_chunks WHERE sha256 = $1", [sha256]);
  for (const [position, data] of chunks.entries())
    await client.query("INSERT INTO artifact_chunks (sha256, position, data) VALUES ($1, $2, $3)", [
      sha256,
      position,
      data,
    ]);
};

/** Connections lost or refused, a server that starts or stops, and no room: these can pass. */
const PASSING = /^(08|53|57P0|40)|^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_AGAIN)/;

const databaseError = (error: unknown): TuttiError => {
  if (error instanceof TuttiError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  const lost = /terminated|timeout|Connection/i.test(messageOf(error));
  return new TuttiError("DATABASE", `The files' database failed: ${messageOf(error) || code}`, {
    hint: "Check that PostgreSQL runs, has room, and that its user may create tables.",
    retryable: PASSING.test(code) || (code === "unknown" && lost),
    cause: error,
    data: { cause: code },
  });
};
