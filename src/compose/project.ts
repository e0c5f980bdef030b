// Where this project lies, from source as from a bundle.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const findUp = (folder: string): string => {
  if (existsSync(join(folder, "langgraph.json"))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error("langgraph.json was not found above this program");
  return findUp(parent);
};

/** The folder that holds langgraph.json. */
export const projectFolder = findUp(dirname(fileURLToPath(import.meta.url)));

export const version = (
  JSON.parse(readFileSync(join(projectFolder, "package.json"), "utf8")) as { version: string }
).version;
