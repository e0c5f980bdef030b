// Reading and tidying a folder of contents.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { storageError } from "./storage-error.ts";

/** Removes what a killed process left half written. Younger files may belong to a live one. */
export const sweepLeftovers = async (folder: string, before: number): Promise<void> => {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = await unlessMissing(stat(path), folder);
    if (found === undefined || found.mtimeMs >= before) continue;
    if (process.platform === "win32") await chmod(path, 0o600);
    await rm(path, { force: true });
  }
};

/** Of a file that may be missing. */
export const hashOfFile = async (path: string): Promise<string | undefined> => {
  const hash = createHash("sha256");
  const read = pipeline(createReadStream(path), hash).then(() => hash.digest("hex"));
  return unlessMissing(read, path);
};

/** The work's result, or undefined when the file is not there. Throws DATABASE. */
export const unlessMissing = async <T>(
  work: Promise<T>,
  folder: string,
): Promise<T | undefined> => {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw storageError(error, "The artifact store could not be read", folder);
  }
};
