// Files kept under the sha256 of their content: `<folder>/<first two digits>/<sha256>`.
// A content is either there whole or not at all: it is written beside, synced, then renamed.
import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdir, open, readFile, readdir, rename, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { systemClock, type Clock } from "../clock.ts";
import { TuttiError } from "../errors.ts";
import type { ArtifactStore } from "../ports/index.ts";
import { Sha256, type FileRef } from "../protocol/index.ts";
import { storageError } from "./storage-error.ts";

export interface LocalArtifactStoreOptions {
  /** Made when missing. May be shared by several processes. */
  readonly folder: string;
  /** Largest content taken; default 512 MiB. */
  readonly maxBytes?: number;
  readonly clock?: Clock;
}

const MIB = 1024 * 1024;
const DAY = 24 * 60 * 60 * 1000;
/** Where contents are written before they get their name: inside the folder, so that a rename suffices. */
const INCOMING = "incoming";

/**
 * A store on this machine's disk. `put` throws INPUT_TOO_LARGE over `maxBytes` and DATABASE when
 * the disk is full or cannot be written; reading throws ARTIFACT_MISSING, also for what is no sha256.
 */
export const createLocalArtifactStore = (options: LocalArtifactStoreOptions): ArtifactStore => {
  const folder = resolve(options.folder);
  const maxBytes = options.maxBytes ?? 512 * MIB;
  const clock = options.clock ?? systemClock;
  let opened = false;

  const pathOf = (sha256: string): string => {
    if (!Sha256.safeParse(sha256).success) throw missing(sha256, "is not a sha256");
    return join(folder, sha256.slice(0, 2), sha256);
  };

  const openOnce = async (): Promise<void> => {
    if (opened) return;
    await mkdir(join(folder, INCOMING), { recursive: true, mode: 0o700 });
    await sweepLeftovers(join(folder, INCOMING), clock.now() - DAY);
    opened = true;
  };

  const store = async (sha256: string, bytes: Uint8Array): Promise<void> => {
    await openOnce();
    const target = pathOf(sha256);
    const shard = join(folder, sha256.slice(0, 2));
    const newShard = await mkdir(shard, { recursive: true, mode: 0o700 });
    if (newShard !== undefined) await syncFolder(folder);
    // A damaged content is replaced: giving the file again is how a person repairs the store.
    if ((await hashOfFile(target)) !== sha256) {
      await writeThenRename(join(folder, INCOMING, randomUUID()), target, bytes);
    }
    // Also when another process wrote it: its rename may not be on the disk yet.
    await syncFolder(shard);
  };

  return {
    async put(bytes, { name, mime }): Promise<FileRef> {
      requireFileName(name);
      if (bytes.byteLength > maxBytes) throw tooLarge(name, bytes.byteLength, maxBytes);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      try {
        await store(sha256, bytes);
      } catch (error) {
        throw storageError(error, `"${name}" could not be stored`, folder);
      }
      return { sha256, name, mime, bytes: bytes.byteLength };
    },

    async get(sha256) {
      const path = pathOf(sha256);
      const bytes = await unlessMissing(readFile(path), folder);
      if (bytes === undefined) throw missing(sha256, "is not in the store");
      const found = createHash("sha256").update(bytes).digest("hex");
      if (found !== sha256) throw missing(sha256, "is damaged: its content has another hash");
      return bytes;
    },

    async has(sha256) {
      if (!Sha256.safeParse(sha256).success) return false;
      return (await unlessMissing(stat(pathOf(sha256)), folder))?.isFile() ?? false;
    },

    async path(sha256) {
      const path = pathOf(sha256);
      const found = await hashOfFile(path);
      if (found === undefined) throw missing(sha256, "is not in the store");
      if (found !== sha256) throw missing(sha256, "is damaged: its content has another hash");
      return path;
    },
  };
};

const writeThenRename = async (temp: string, target: string, bytes: Uint8Array): Promise<void> => {
  try {
    const file = await open(temp, "wx", 0o600);
    try {
      await file.writeFile(bytes);
      await file.chmod(0o444);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temp, target);
  } catch (error) {
    await rm(temp, { force: true });
    throw error;
  }
};

/** A file's name is durable only when the folder that lists it is. */
const syncFolder = async (path: string): Promise<void> => {
  if (process.platform === "win32") return; // folders cannot be opened there; NTFS journals names
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};

/** Removes what a killed process left half written. Younger files may belong to a live one. */
const sweepLeftovers = async (folder: string, before: number): Promise<void> => {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = await unlessMissing(stat(path), folder);
    if (found === undefined || found.mtimeMs >= before) continue;
    if (process.platform === "win32") await chmod(path, 0o600);
    await rm(path, { force: true });
  }
};

const hashOfFile = async (path: string): Promise<string | undefined> => {
  const hash = createHash("sha256");
  const read = pipeline(createReadStream(path), hash).then(() => hash.digest("hex"));
  return unlessMissing(read, path);
};

const unlessMissing = async <T>(work: Promise<T>, folder: string): Promise<T | undefined> => {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw storageError(error, "The artifact store could not be read", folder);
  }
};

const requireFileName = (name: string): void => {
  const plain = name.length > 0 && name.length <= 255 && !/[/\\\0]/.test(name);
  if (plain && name !== "." && name !== "..") return;
  throw new TuttiError("TOOL_FAILED", `${JSON.stringify(name)} is not a file name.`, {
    hint: "Give a name without a folder, such as report.xlsx.",
  });
};

const tooLarge = (name: string, bytes: number, maxBytes: number): TuttiError =>
  new TuttiError("INPUT_TOO_LARGE", `"${name}" has ${bytes} bytes; at most ${maxBytes} are kept.`, {
    hint: "Split the file, or leave out what the goal does not need.",
    data: { bytes, maxBytes },
  });

const missing = (sha256: string, what: string): TuttiError =>
  new TuttiError("ARTIFACT_MISSING", `The content ${shorten(sha256)} ${what}.`, {
    hint: "Start the run again with the original file, or restore the data folder from a backup.",
    data: { sha256: shorten(sha256) },
  });

const shorten = (sha256: string): string =>
  sha256.length > 80 ? `${sha256.slice(0, 80)}…` : sha256;
