// Opening an SQLite file so that several processes may use it, and saying in plain words what failed.
import Database from "better-sqlite3";
import { CheckpointError } from "../errors.ts";

export type Durability = "full" | "normal";

const HINTS: readonly (readonly [
  code: RegExp,
  message: string,
  hint: string,
  retryable: boolean,
])[] = [
  [
    /^SQLITE_FULL/,
    "The disk is full; nothing was written.",
    "Free some space and repeat; the database is intact.",
    true,
  ],
  [
    /^SQLITE_BUSY/,
    "The database is locked by another process.",
    "Try again, or see what holds it.",
    true,
  ],
  [
    /^SQLITE_(CORRUPT|NOTADB)/,
    "The database file is damaged, or is no SQLite database.",
    "Restore it from a backup; `tutti db verify` names what is readable.",
    false,
  ],
  [
    /^SQLITE_(READONLY|CANTOPEN|PERM)/,
    "The database cannot be opened for writing.",
    "Check that the folder exists and is writable.",
    false,
  ],
  [
    /^SQLITE_IOERR/,
    "The database could not be read or written.",
    "Check the disk, and its free space.",
    true,
  ],
];

/** Any error of SQLite as a CheckpointError; others stay what they are. */
export const sqliteError = (error: unknown): Error => {
  if (error instanceof CheckpointError) return error;
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== "string" || !code.startsWith("SQLITE_")) return error as Error;
  const known = HINTS.find(([pattern]) => pattern.test(code));
  const [, message, hint, retryable] = known ?? [
    null,
    `The database failed: ${(error as Error).message}`,
    undefined,
    false,
  ];
  return new CheckpointError("DATABASE", message, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
    retryable,
  });
};

/**
 * Opens a file in WAL mode. `full`: an acknowledged commit survives power loss. `normal`: it survives
 * the death of the process, but the last commits may be lost with the machine.
 * @throws CheckpointError DATABASE
 */
export const connect = (path: string, durability: Durability): Database.Database => {
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { timeout: 15_000 });
    database.pragma("journal_mode = WAL");
    database.pragma(`synchronous = ${durability === "full" ? "FULL" : "NORMAL"}`);
    // the pages of a thread are rewritten at every step: the longer the log, the fewer reach the file
    database.pragma("wal_autocheckpoint = 4000");
    database.pragma("journal_size_limit = 67108864");
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof TypeError) {
      throw new CheckpointError(
        "DATABASE",
        `The database ${path} cannot be opened: its folder does not exist.`,
        { cause: error },
      );
    }
    throw sqliteError(error);
  }
};
