// Files kept under the sha256 of their content: `<folder>/<first two digits>/<sha256>`.
// A content is either there whole or not at all: it is written beside, synced, then renamed.
import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { systemClock, type Clock } from "../clock.ts";
import type { ArtifactStore } from "../ports/index.ts";
import type { FileRef } from "../protocol/index.ts";
import {
  damaged,
  isSha256,
  MAX_BYTES,
  notInStore,
  refTo,
  requireSha256,
  sha256Of,
} from "./content.ts";
import { hashOfFile, sweepLeftovers, unlessMissing } from "./disk.ts";
import { storageError } from "./storage-error.ts";

export interface LocalArtifactStoreOptions {
  /** Made when missing. May be shared by several processes. */
  readonly folder: string;
  /** Largest content taken; default 512 MiB. */
  readonly maxBytes?: number;
  readonly clock?: Clock;
}

const DAY = 24 * 60 * 60 * 1000;
/** Where contents are written before they get their name: inside the folder, so that a rename suffices. */
const INCOMING = "incoming";

/**
 * A store on this machine's disk. `put` throws INPUT_TOO_LARGE over `maxBytes` and DATABASE when
 * the disk is full or cannot be written; reading throws ARTIFACT_MISSING, also for what is no sha256.
 */
export const createLocalArtifactStore = (options: LocalArtifactStoreOptions): ArtifactStore => {
  const folder = resolve(options.folder);
  const maxBytes = options.maxBytes ?? MAX_BYTES;
  const clock = options.clock ?? systemClock;
  let opened = false;

  const pathOf = (sha256: string): string => {
    requireSha256(sha256);
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
    async put(bytes, file): Promise<FileRef> {
      const ref = refTo(bytes, file, maxBytes);
      try {
        await store(ref.sha256, bytes);
      } catch (error) {
        throw storageError(error, `"${ref.name}" could not be stored`, folder);
      }
      return ref;
    },

    async get(sha256) {
      const path = pathOf(sha256);
      const bytes = await unlessMissing(readFile(path), folder);
      if (bytes === undefined) throw notInStore(sha256);
      if (sha256Of(bytes) !== sha256) throw damaged(sha256);
      return bytes;
    },

    async has(sha256) {
      if (!isSha256(sha256)) return false;
      return (await unlessMissing(stat(pathOf(sha256)), folder))?.isFile() ?? false;
    },

    async path(sha256) {
      const path = pathOf(sha256);
      const found = await hashOfFile(path);
      if (found === undefined) throw notInStore(sha256);
      if (found !== sha256) throw damaged(sha256);
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
