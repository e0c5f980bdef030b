// What the operating system says of a disk, in words that tell a person what to do.
import { messageOf, TuttiError } from "../errors.ts";

const HINTS: Record<string, string> = {
  ENOSPC: "The disk is full: free some space, then resume.",
  EDQUOT: "The disk quota is used up: free some space, then resume.",
  EFBIG: "The system forbids files of that size: raise the limit (ulimit -f), then resume.",
  EROFS: "The disk is read-only: choose another data folder with --data.",
  EACCES: "The folder belongs to someone else: choose another data folder with --data.",
  EPERM: "The folder may not be written: choose another data folder with --data.",
  ENOTDIR: "A file stands where a folder is needed: choose another data folder with --data.",
  EEXIST: "A file stands where a folder is needed: choose another data folder with --data.",
};
/** What a person can cure without a change of the call. */
const CURABLE = new Set(["ENOSPC", "EDQUOT", "EFBIG", "EMFILE", "EIO"]);

/** A failure of the disk as a DATABASE error with a hint; a TuttiError stays as it is. */
export const storageError = (error: unknown, what: string, path: string): TuttiError => {
  if (error instanceof TuttiError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  return new TuttiError("DATABASE", `${what} in ${path}: ${messageOf(error)}`, {
    hint: HINTS[code] ?? "Check that the disk works and the folder can be written.",
    retryable: CURABLE.has(code),
    cause: error,
    data: { cause: code },
  });
};
