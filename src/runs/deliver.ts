// Copies finished files from the store to where the person wants them. What was there is not lost:
// only a folder of the same thread is written again without being told to.
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { TuttiError } from "../errors.ts";
import type { ArtifactStore } from "../ports/index.ts";
import type { FileRef } from "../protocol/index.ts";

const MANIFEST = "manifest.json";
const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;

const entriesOf = async (folder: string): Promise<string[]> => {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    if (hasCode(error, "ENOTDIR"))
      throw new TuttiError("OUTPUT_EXISTS", `${folder} is a file, not a folder`, { cause: error });
    throw error;
  }
};

const ownerOf = async (folder: string): Promise<string | undefined> => {
  const text = await readFile(join(folder, MANIFEST), "utf8").catch((error: unknown) => {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return z.object({ thread: z.string() }).safeParse(JSON.parse(text)).data?.thread;
  } catch {
    return undefined; // some other program's manifest.json: not ours, so not this thread's
  }
};

/** Throws OUTPUT_EXISTS unless the folder is empty, absent, or holds this thread's files. */
export const checkOut = async (folder: string, threadId: string, force: boolean): Promise<void> => {
  if ((await entriesOf(folder)).length === 0 || force) return;
  if ((await ownerOf(folder)) === threadId) return;
  throw new TuttiError("OUTPUT_EXISTS", `${folder} is not empty`, {
    hint: "name another folder with --out, or overwrite with --force",
  });
};

/** Writes each file whole or not at all, the manifest last; answers the paths. */
export const deliver = async (
  artifacts: Pick<ArtifactStore, "get">,
  files: readonly FileRef[],
  folder: string,
): Promise<string[]> => {
  await mkdir(folder, { recursive: true });
  const ordered = [...files].sort(
    (a, b) => Number(a.name === MANIFEST) - Number(b.name === MANIFEST),
  );
  const paths: string[] = [];
  for (const file of ordered) {
    const path = join(folder, file.name);
    const unfinished = `${path}.${process.pid}.part`;
    try {
      await writeFile(unfinished, await artifacts.get(file.sha256), { flush: true });
      await rename(unfinished, path);
    } finally {
      await rm(unfinished, { force: true });
    }
    paths.push(path);
  }
  return paths;
};
