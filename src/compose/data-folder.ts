// Opens a data folder: one database for checkpoints and records, one folder for files.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type EncryptionKeys, open } from "../../checkpoints/index.ts";
import { createLocalArtifactStore } from "../artifacts/index.ts";
import { type Clock, systemClock } from "../clock.ts";
import { type ErrorCode, messageOf, TuttiError } from "../errors.ts";
import type { ArtifactStore, BudgetLedger } from "../ports/index.ts";
import type { Saver } from "../runs/index.ts";
import {
  createThreadRecords,
  openSqliteRecords,
  type OsLock,
  ownerOf,
  shareFolder,
  type ThreadRecords,
} from "../storage/index.ts";

export interface DataFolder {
  readonly folder: string;
  readonly clock: Clock;
  readonly saver: Saver;
  readonly artifacts: ArtifactStore;
  readonly budget: BudgetLedger;
  readonly threads: ThreadRecords;
  close(): Promise<void>;
}

const isCoded = (error: unknown): error is Error & { code: string; hint?: string } =>
  error instanceof Error && "code" in error && typeof error.code === "string";

const CODES = new Set(["CHECKPOINT_CONFLICT", "CHECKPOINT_INVALID", "DATABASE"]);

/** Errors of checkpoints/ bear the platform's codes; anything else is the database's. */
export const asPlatformError = (error: unknown, where: string): TuttiError => {
  if (error instanceof TuttiError) return error;
  const known = isCoded(error) && CODES.has(error.code) ? error : undefined;
  const code = (known?.code ?? "DATABASE") as ErrorCode;
  const hint = known?.hint ?? "check that it exists, is writable and not full";
  return new TuttiError(code, `${where} cannot be used: ${messageOf(error)}`, {
    hint,
    cause: error,
  });
};

/** A place beside other commands; throws DATABASE where a server owns the folder. */
const placeIn = (folder: string): OsLock => {
  mkdirSync(folder, { recursive: true });
  const lock = shareFolder(folder);
  if (lock !== undefined) return lock;
  throw new TuttiError("DATABASE", `a server owns it (${ownerOf(folder)?.url ?? "starting"})`, {
    hint: "work through the server, or use another data folder",
  });
};

/** Throws DATABASE when the folder cannot be used. */
export const openDataFolder = async (
  folder: string,
  encryption?: EncryptionKeys,
): Promise<DataFolder> => {
  let lock: OsLock | undefined;
  try {
    lock = placeIn(folder);
    const persistence = await open(
      `sqlite:${join(folder, "tutti.db")}`,
      encryption === undefined ? {} : { encryption },
    );
    const { database } = persistence;
    if (database === undefined)
      throw new TuttiError("INTERNAL", "the embedded database gave no handle");
    return {
      folder,
      clock: systemClock,
      saver: persistence.saver,
      artifacts: createLocalArtifactStore({ folder: join(folder, "artifacts") }),
      budget: openSqliteRecords(database).budget,
      threads: createThreadRecords(database, systemClock),
      close: async () => {
        await persistence.close();
        lock?.release();
      },
    };
  } catch (error) {
    lock?.release();
    throw asPlatformError(error, `the data folder ${folder}`);
  }
};
