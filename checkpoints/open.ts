// One door to durable state: open(url) gives the saver (where a graph stands), the store (what
// agents remember) and, for SQLite, the handle through which the rest of the platform writes.
import type Database from "better-sqlite3";
import type { Pool } from "pg";
import type { Backend } from "./core/backend.ts";
import { TuttiSaver } from "./core/saver.ts";
import { CheckpointError } from "./errors.ts";
import { PostgresBackend } from "./postgres/backend.ts";
import { connect as connectPostgres, postgresError, type PoolOptions } from "./postgres/connect.ts";
import { migrate as migratePostgres } from "./postgres/schema.ts";
import { createCipher, type Cipher, type EncryptionKeys } from "./serializer/cipher.ts";
import { SqliteBackend } from "./sqlite/backend.ts";
import { connect, type Durability } from "./sqlite/connect.ts";
import { PostgresStoreBackend } from "./postgres/store.ts";
import { SqliteStoreBackend } from "./sqlite/store.ts";
import { TuttiStore, type StoreOptions } from "./store/store.ts";

export interface OpenOptions {
  /** SQLite: an open handle to use instead of the path in the url; close() leaves it open. */
  readonly database?: Database.Database;
  /** `full` (default): an acknowledged checkpoint survives power loss. `normal`: the death of the process only. */
  readonly durability?: Durability;
  /** PostgreSQL: size and time-outs of the pool. */
  readonly pool?: PoolOptions;
  /** Encryption at rest; without it records are stored in the clear. */
  readonly encryption?: EncryptionKeys;
  /** Long-term memory: embeddings and time to live. */
  readonly store?: StoreOptions;
}

export interface Persistence {
  readonly saver: TuttiSaver;
  readonly store: TuttiStore;
  /** SQLite and memory only: the handle behind the saver, for tables in the same file. */
  readonly database: Database.Database | undefined;
  /**
   * SQLite and memory only: runs work on that handle within the saver's next commit, so that both share
   * one fsync; ends when it is durable. What the work throws undoes everybody's: it must not.
   */
  readonly join: ((work: () => void) => Promise<void>) | undefined;
  /** PostgreSQL only: the pool behind the saver. */
  readonly pool: Pool | undefined;
  /** The records behind the saver; what `checkpoints/care` works on. */
  readonly backend: Backend;
  readonly cipher: Cipher;
  /** Waits for what is being written, and closes. */
  close(): Promise<void>;
}

const openSqlite = async (path: string, options: OpenOptions): Promise<Persistence> => {
  const database = options.database ?? connect(path, options.durability ?? "full");
  const cipher = createCipher(options.encryption);
  const backend = new SqliteBackend(database, options.database === undefined);
  return {
    saver: await new TuttiSaver(backend, cipher).prepare(),
    store: new TuttiStore(new SqliteStoreBackend(database), cipher, options.store),
    backend,
    cipher,
    database,
    join: (work) => backend.join(work),
    pool: undefined,
    close: () => backend.close(),
  };
};

const openPostgres = async (url: string, options: OpenOptions): Promise<Persistence> => {
  const cipher = createCipher(options.encryption);
  const pool = connectPostgres(url, options.pool ?? {});
  try {
    await migratePostgres(pool);
  } catch (error) {
    await pool.end();
    throw postgresError(error);
  }
  const backend = new PostgresBackend(pool, options.durability === "normal");
  return {
    saver: await new TuttiSaver(backend, cipher).prepare(),
    store: new TuttiStore(new PostgresStoreBackend(pool), cipher, options.store),
    backend,
    cipher,
    database: undefined,
    join: undefined,
    pool,
    close: () => backend.close(),
  };
};

/**
 * Opens `sqlite:PATH`, `postgres://…` or `memory:`, creating and migrating what is missing.
 * @throws CheckpointError DATABASE when it cannot be opened or is newer than this version;
 * CHECKPOINT_INVALID when an encryption key is not usable.
 */
export const open = async (url: string, options: OpenOptions = {}): Promise<Persistence> => {
  if (url === "memory:") return openSqlite(":memory:", options);
  if (url.startsWith("sqlite:")) return openSqlite(url.slice("sqlite:".length), options);
  if (/^postgres(ql)?:\/\//.test(url)) return openPostgres(url, options);
  throw new CheckpointError("DATABASE", `Unknown database url: ${url.split(":")[0]}:…`, {
    hint: "Use sqlite:PATH, postgres://… or memory:",
  });
};
