// One door to durable state: open(url) gives the saver (where a graph stands), the store (what
// agents remember) and, for SQLite, the handle through which the rest of the platform writes.
import Database from "better-sqlite3";
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";
import { InMemoryStore, type BaseCheckpointSaver, type BaseStore } from "@langchain/langgraph-checkpoint";
import { CheckpointError } from "./errors.ts";

export interface OpenOptions {
  /** An open handle to use instead of the path in the url; it is not closed by close(). */
  readonly database?: Database.Database;
  /** `full` (default): an acknowledged checkpoint survives power loss. */
  readonly durability?: "full" | "normal";
}

export interface Persistence {
  readonly saver: BaseCheckpointSaver<string | number>;
  readonly store: BaseStore;
  /** SQLite and memory only: the handle behind the saver, for tables in the same file. */
  readonly database: Database.Database | undefined;
  close(): Promise<void>;
}

const openFile = (path: string, durability: "full" | "normal"): Database.Database => {
  try {
    const database = new Database(path, { timeout: 10_000 });
    database.pragma("journal_mode = WAL");
    database.pragma(`synchronous = ${durability === "full" ? "FULL" : "NORMAL"}`);
    return database;
  } catch (error) {
    throw new CheckpointError("DATABASE", `The database ${path} could not be opened.`, {
      cause: error,
      hint: "Check that the folder exists, is writable, and that the file is an SQLite database.",
    });
  }
};

/**
 * Opens `sqlite:PATH` or `memory:`.
 * @throws CheckpointError DATABASE when it cannot be opened.
 */
export const open = async (url: string, options: OpenOptions = {}): Promise<Persistence> => {
  const path = url === "memory:" ? ":memory:" : url.replace(/^sqlite:/, "");
  const database = options.database ?? openFile(path, options.durability ?? "full");
  return {
    saver: new SqliteSaver(database) as unknown as BaseCheckpointSaver<string | number>,
    store: new InMemoryStore(),
    database,
    close: async () => {
      if (options.database === undefined) database.close();
    },
  };
};
