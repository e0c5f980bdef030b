// One process at a time works on a thread.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TuttiError } from "../errors.ts";
import { type OsLock, takeOsLock } from "./os-lock.ts";

export type ThreadLock = OsLock;

const holder = (note: string): string => {
  try {
    return ` (process ${readFileSync(note, "utf8").trim()})`;
  } catch {
    return ""; // the note is a courtesy; the lock does not depend on it
  }
};

const fileOf = (dataFolder: string, threadId: string): string => {
  const folder = join(dataFolder, "locks");
  mkdirSync(folder, { recursive: true });
  return join(folder, `${threadId}.lock`);
};

/**
 * Takes the lock of a thread in a data folder.
 * Throws THREAD_BUSY at once when another process, or this one, holds it.
 */
export const lockThread = (dataFolder: string, threadId: string): ThreadLock => {
  const file = fileOf(dataFolder, threadId);
  const lock = takeOsLock(file, "exclusive");
  if (lock === undefined) {
    const message = `another process works on thread ${threadId}${holder(`${file}.pid`)}`;
    throw new TuttiError("THREAD_BUSY", message, {
      hint: "wait until it pauses or ends, or stop it there with Ctrl-C",
      retryable: true,
    });
  }
  writeFileSync(`${file}.pid`, String(process.pid));
  return lock;
};

/** True when some process works on the thread now. */
export const isLocked = (dataFolder: string, threadId: string): boolean => {
  const lock = takeOsLock(fileOf(dataFolder, threadId), "exclusive");
  lock?.release();
  return lock === undefined;
};
