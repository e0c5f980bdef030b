// One process at a time works on a thread. The lock is the operating system's, taken through SQLite on
// a file of its own: a killed process holds nothing, so there is no lease to wait for.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { TuttiError } from "../errors.ts";

export interface ThreadLock {
  release(): void;
}

const isBusy = (error: unknown): boolean =>
  error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY");

const holder = (note: string): string => {
  try {
    return ` (process ${readFileSync(note, "utf8").trim()})`;
  } catch {
    return ""; // the note is a courtesy; the lock does not depend on it
  }
};

/**
 * Takes the lock of a thread in a data folder.
 * Throws THREAD_BUSY at once when another process, or this one, holds it.
 */
export const lockThread = (dataFolder: string, threadId: string): ThreadLock => {
  const folder = join(dataFolder, "locks");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${threadId}.lock`);
  // Whoever only looks whether a thread is worked on holds it for a moment.
  const database = new Database(file, { timeout: 200 });
  try {
    database.pragma("journal_mode = MEMORY");
    database.pragma("locking_mode = EXCLUSIVE");
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw error;
    const message = `another process works on thread ${threadId}${holder(`${file}.pid`)}`;
    throw new TuttiError("THREAD_BUSY", message, {
      hint: "wait until it pauses or ends, or stop it there with Ctrl-C",
      retryable: true,
      cause: error,
    });
  }
  writeFileSync(`${file}.pid`, String(process.pid));
  return { release: () => database.close() };
};

/** True when some process works on the thread now. */
export const isLocked = (dataFolder: string, threadId: string): boolean => {
  try {
    lockThread(dataFolder, threadId).release();
    return false;
  } catch (error) {
    if (error instanceof TuttiError && error.code === "THREAD_BUSY") return true;
    throw error;
  }
};
