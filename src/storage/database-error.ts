// What a database says went wrong, in plain words.
import { TuttiError } from "../errors.ts";

const KNOWN: readonly (readonly [
  code: RegExp,
  message: string,
  hint: string,
  isRetryable: boolean,
])[] = [
  [
    /^(SQLITE_FULL|53100)/,
    "the database's disk is full; nothing was written",
    "free some space and repeat; the database is intact",
    true,
  ],
  [
    /^(SQLITE_BUSY|55P03)/,
    "the database is locked by another process",
    "try again, or see what holds it",
    true,
  ],
  [
    /^SQLITE_(CORRUPT|NOTADB)/,
    "the database file is damaged, or is no SQLite database",
    "restore it from a backup",
    false,
  ],
  [
    /^SQLITE_(READONLY|CANTOPEN|PERM)/,
    "the database cannot be opened for writing",
    "check that the folder exists and is writable",
    false,
  ],
  [
    /^(08|40|53|57P|ECONN|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_AGAIN|SQLITE_IOERR)/,
    "the database does not answer",
    "check that it is reachable, then repeat",
    true,
  ],
];

const OUTAGE = /timeout|terminated|Connection/i;

/** Anything thrown by a driver as DATABASE; other errors stay what they are. */
export const databaseError = (error: unknown): Error => {
  if (error instanceof TuttiError || !(error instanceof Error)) return error as Error;
  const { code } = error as { code?: unknown };
  const isDriver = typeof code === "string" && /^(SQLITE_|[0-9A-Z]{5}$|E[A-Z]+$|EAI_)/.test(code);
  if (!isDriver && !OUTAGE.test(error.message)) return error;
  const text = typeof code === "string" ? code : "08000";
  const known = KNOWN.find(([pattern]) => pattern.test(text));
  const [, message, hint, retryable] = known ?? [null, "the database failed", undefined, false];
  return new TuttiError("DATABASE", `${message}: ${error.message || text}`, {
    ...(hint === undefined ? {} : { hint }),
    retryable,
    cause: error,
  });
};
