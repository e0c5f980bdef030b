// Locks between processes of one machine. They are the operating system's, taken through SQLite on a file
// of its own: a killed process holds nothing, so there is no lease to wait for.
import Database from "better-sqlite3";

export interface OsLock {
  release(): void;
}

const isBusy = (error: unknown): boolean =>
  error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY");

/** Whoever only looks whether a lock is held holds it for a moment. */
const PATIENCE_MS = 200;

/**
 * Takes the lock of a file; undefined when another process, or this one, holds it. `shared` locks get on
 * with each other, an `exclusive` one with none.
 */
export const takeOsLock = (file: string, mode: "shared" | "exclusive"): OsLock | undefined => {
  const database = new Database(file, { timeout: PATIENCE_MS });
  try {
    database.pragma("journal_mode = MEMORY");
    if (mode === "exclusive") {
      database.pragma("locking_mode = EXCLUSIVE");
      database.exec("BEGIN EXCLUSIVE");
    } else {
      // A read takes the lock, and the open transaction keeps it.
      database.exec("BEGIN");
      database.prepare("SELECT count(*) FROM sqlite_master").get();
    }
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
  return { release: () => database.close() };
};
