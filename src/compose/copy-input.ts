// Brings a given file into the store: what it is, is decided from its bytes.
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { messageOf, TuttiError } from "../errors.ts";
import type { ArtifactStore } from "../ports/index.ts";
import type { GivenFile, SourceRef } from "../protocol/index.ts";
import { detectKind } from "../tools/index.ts";

const MAX_BYTES = 512 * 1024 * 1024;

const unreadable = (path: string, error: unknown): TuttiError => {
  const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
  const message = isMissing ? `there is no file ${path}` : `${path}: ${messageOf(error)}`;
  return new TuttiError("INPUT_UNREADABLE", message, {
    hint: isMissing ? "check the path; it is taken from the folder you are in" : "check the file",
    cause: error,
  });
};

const bytesOf = async (path: string): Promise<Uint8Array> => {
  try {
    const found = await stat(path);
    if (!found.isFile())
      throw new TuttiError("INPUT_UNREADABLE", `${path} is not a file`, {
        hint: "name the files themselves; a folder is not taken",
      });
    if (found.size > MAX_BYTES)
      throw new TuttiError("INPUT_TOO_LARGE", `${path} has ${found.size} bytes`, {
        hint: `the limit is ${MAX_BYTES} bytes; give a part of it, or Parquet`,
      });
    return await readFile(path);
  } catch (error) {
    throw error instanceof TuttiError ? error : unreadable(path, error);
  }
};

/** What a host lets its threads read. Both throw FORBIDDEN. */
export interface InputAccess {
  /** Answers the path that is read, links resolved. */
  path(path: string): Promise<string>;
  /** Content that is in the store already. */
  content(sha256: string, thread: string): Promise<void>;
}

/** Without `access` whoever starts a thread is the person at this machine, and may read what they can. */
export const copyInput =
  (artifacts: ArtifactStore, access?: InputAccess) =>
  async (given: GivenFile, thread = ""): Promise<SourceRef> => {
    const asked = typeof given === "string" ? { path: given } : given;
    if (!("path" in asked)) {
      await access?.content(asked.sha256, thread);
      return asked;
    }
    const file = { ...asked, path: (await access?.path(asked.path)) ?? asked.path };
    const name = file.name ?? basename(asked.path);
    const bytes = await bytesOf(file.path);
    const { kind, mime } = detectKind(name, bytes);
    return { ...(await artifacts.put(bytes, { name, mime })), kind };
  };
