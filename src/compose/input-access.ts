// What clients of a server may have read: files of folders that the operator named, and content that
// their own tenant has.
import { realpath } from "node:fs/promises";
import { resolve, sep } from "node:path";
import { messageOf, TuttiError } from "../errors.ts";
import { tenantOfKey } from "../runs/index.ts";
import type { FileRecords } from "../storage/index.ts";
import type { InputAccess } from "./copy-input.ts";

const real = async (path: string): Promise<string> => {
  try {
    return await realpath(path);
  } catch (error) {
    const isMissing = (error as { code?: unknown }).code === "ENOENT";
    const message = isMissing ? `there is no file ${path}` : `${path}: ${messageOf(error)}`;
    throw new TuttiError("INPUT_UNREADABLE", message, {
      hint: "check the path; it is one of the server's machine",
      cause: error,
    });
  }
};

const isInside = (path: string, folder: string): boolean =>
  path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);

/** `folders` are absolute. */
export const inputAccess = (
  folders: readonly string[],
  files: Pick<FileRecords, "find">,
): InputAccess => ({
  path: async (path) => {
    const refused = new TuttiError("FORBIDDEN", `clients may not name ${path}`, {
      hint: "upload the file with POST /files and name its sha256, or let the operator add its folder to TUTTI_INPUT_FOLDERS",
    });
    if (folders.length === 0) throw refused;
    const allowed = await Promise.all(folders.map(real));
    const inside = (name: string): boolean =>
      [...allowed, ...folders].some((folder) => isInside(name, folder));
    // Elsewhere it is not even told whether there is such a file.
    if (!inside(resolve(path))) throw refused;
    const file = await real(path);
    if (!allowed.some((folder) => isInside(file, folder))) throw refused;
    return file;
  },
  content: async (sha256, thread) => {
    if ((await files.find(tenantOfKey(thread), sha256)) === undefined)
      throw new TuttiError("ARTIFACT_MISSING", `there is no file ${sha256.slice(0, 12)}…`, {
        hint: "upload it with POST /files",
      });
  },
});
