// Contents of a store on other machines, as files on this one: for readers such as DuckDB that want a
// path. Bounded; what was not asked for the longest goes first. A file's time of change is the time of
// its last use, so that several processes can share a folder.
import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join, resolve } from "node:path";
import { systemClock, type Clock } from "../clock.ts";
import { damaged, isSha256 } from "./content.ts";
import { hashOfFile, sweepLeftovers, unlessMissing } from "./disk.ts";
import { storageError } from "./storage-error.ts";

export interface FileCacheOptions {
  /** Made when missing. */
  readonly folder: string;
  /** Bytes kept in all; default 2 GiB. More while files that were asked for lately need it. */
  readonly maxBytes?: number;
  /** Milliseconds for which a path that was handed out stays valid; default one hour. */
  readonly holdMs?: number;
  readonly clock?: Clock;
}

export interface FileCache {
  /**
   * A path that holds the content, checked by its hash now. `source` brings what is not there. Throws
   * what `source` throws, ARTIFACT_MISSING when it brings something else, DATABASE for the disk.
   */
  path(sha256: string, source: () => AsyncIterable<Uint8Array>): Promise<string>;
}

const HOUR = 3_600_000;
const INCOMING = "incoming";

export const createFileCache = (options: FileCacheOptions): FileCache => {
  const { maxBytes = 2 ** 31, holdMs = HOUR, clock = systemClock } = options;
  const folder = resolve(options.folder);
  const incoming = join(folder, INCOMING);
  /** One download of a content at a time. */
  const underWay = new Map<string, Promise<string>>();
  /** When this process last handed a path out. */
  const used = new Map<string, number>();
  let opened: Promise<void> | undefined;

  const openOnce = (): Promise<void> => {
    opened ??= (async () => {
      await mkdir(incoming, { recursive: true, mode: 0o700 });
      await sweepLeftovers(incoming, clock.now() - 24 * HOUR);
    })();
    opened.catch(() => (opened = undefined));
    return opened;
  };

  const use = async (sha256: string, path: string): Promise<void> => {
    const now = clock.now();
    used.set(sha256, now);
    await utimes(path, now / 1000, now / 1000);
  };

  const bring = async (sha256: string, parts: AsyncIterable<Uint8Array>): Promise<void> => {
    const temp = join(incoming, randomUUID());
    try {
      await writeChecked(temp, sha256, parts);
      await rename(temp, join(folder, sha256));
    } catch (error) {
      await rm(temp, { force: true });
      throw error;
    }
  };

  const evict = async (): Promise<void> => {
    const names = (await readdir(folder)).filter(isSha256);
    const found = await Promise.all(
      names.map(async (name) => ({
        name,
        at: await unlessMissing(stat(join(folder, name)), folder),
      })),
    );
    const files = found.flatMap(({ name, at }) =>
      at === undefined
        ? []
        : [{ name, bytes: at.size, last: Math.max(at.mtimeMs, used.get(name) ?? 0) }],
    );
    let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { name, bytes, last } of files.sort((a, b) => a.last - b.last)) {
      if (total <= maxBytes || last + holdMs > clock.now()) return;
      if (underWay.has(name)) continue;
      await rm(join(folder, name), { force: true });
      used.delete(name);
      total -= bytes;
    }
  };

  const provide = async (sha256: string, source: () => AsyncIterable<Uint8Array>) => {
    await openOnce();
    const path = join(folder, sha256);
    const there = (await hashOfFile(path)) === sha256;
    if (!there) await bring(sha256, source());
    await use(sha256, path);
    if (!there) await evict();
    return path;
  };

  return {
    async path(sha256, source) {
      const work = underWay.get(sha256) ?? provide(sha256, source);
      underWay.set(sha256, work);
      try {
        return await work;
      } catch (error) {
        throw storageError(error, `The content ${sha256} could not be kept`, folder);
      } finally {
        if (underWay.get(sha256) === work) underWay.delete(sha256);
      }
    },
  };
};

const writeChecked = async (
  path: string,
  sha256: string,
  parts: AsyncIterable<Uint8Array>,
): Promise<void> => {
  const hash = createHash("sha256");
  const file = await open(path, "wx", 0o600);
  try {
    for await (const part of parts) {
      hash.update(part);
      await file.writeFile(part); // goes on where the last part ended
    }
    if (hash.digest("hex") !== sha256) throw damaged(sha256);
    await file.chmod(0o444);
  } finally {
    await file.close();
  }
};
