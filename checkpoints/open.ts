// One door to durable state: open(url) gives the saver (where a graph stands), the store (what
// agents remember) and, for SQLite, the handle through which the rest of the platform writes.
import type Database from "better-sqlite3";
import { InMemoryStore, type BaseStore } from "@langchain/langgraph-checkpoint";
import { TuttiSaver } from "./core/saver.ts";
import { CheckpointError } from "./errors.ts";
import { createCipher, type EncryptionKeys } from "./serializer/cipher.ts";
import { SqliteBackend } from "./sqlite/backend.ts";
import { connect, type Durability } from "./sqlite/connect.ts";

export interface OpenOptions {
  /** SQLite: an open handle to use instead of the path in the url; close() leaves it open. */
  readonly database?: Database.Database;
  /** SQLite: `full` (default): an acknowledged checkpoint survives power loss. `normal`: a kill only. */
  readonly durability?: Durability;
  /** Encryption at rest; without it records are stored in the clear. */
  readonly encryption?: EncryptionKeys;
}

export interface Persistence {
  readonly saver: TuttiSaver;
  readonly store: BaseStore;
  /** SQLite and memory only: the handle behind the saver, for tables in the same file. */
  readonly database: Database.Database | undefined;
  /** Waits for what is being written, and closes. */
  close(): Promise<void>;
}

const openSqlite = (path: string, options: OpenOptions): Persistence => {
  const database = options.database ?? connect(path, options.durability ?? "full");
  const backend = new SqliteBackend(database, options.database === undefined);
  return {
    saver: new TuttiSaver(backend, createCipher(options.encryption)),
    store: new InMemoryStore(),
    database,
    close: () => backend.close(),
  };
};

/**
 * Opens `sqlite:PATH` or `memory:`, creating and migrating what is missing.
 * @throws CheckpointError DATABASE when it cannot be opened or is newer than this version;
 * CHECKPOINT_INVALID when an encryption key is not usable.
 */
export const open = async (url: string, options: OpenOptions = {}): Promise<Persistence> => {
  if (url === "memory:") return openSqlite(":memory:", options);
  if (url.startsWith("sqlite:")) return openSqlite(url.slice("sqlite:".length), options);
  throw new CheckpointError("DATABASE", `Unknown database url: ${url.split(":")[0]}:…`, {
    hint: "Use sqlite:PATH, postgres://… or memory:",
  });
};
