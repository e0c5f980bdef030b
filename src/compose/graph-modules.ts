// Where the deployed graphs are: named by a langgraph.json, loaded from source or from a bundle.
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { TuttiError } from "../errors.ts";
import { type LanggraphCopy, ownLanggraph } from "../runs/index.ts";
import { adoptLanggraph } from "./project-langgraph.ts";
import { projectFolder } from "./project.ts";

export interface GraphModules {
  /** Folder of the langgraph.json. */
  readonly folder: string;
  /** What it says, unread. */
  readonly config: unknown;
  readonly importModule: (path: string) => Promise<Record<string, unknown>>;
  /** The copy of LangGraph that the modules import; in force once this has ended. Throws CONFIG_INVALID. */
  readonly langgraph: () => Promise<LanggraphCopy>;
}

const readConfig = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new TuttiError("CONFIG_INVALID", `${path} cannot be read as JSON`, { cause: error });
  }
};

/**
 * `bundle`: the folder of the bundle that runs; undefined from source. A bundle holds the project's own
 * graphs compiled, in the same tree; those of another project are what its `file` names.
 * Throws CONFIG_INVALID.
 */
export const graphModules = (bundle: string | undefined, file?: string): GraphModules => {
  const path = file === undefined ? join(projectFolder, "langgraph.json") : resolve(file);
  const folder = dirname(path);
  const isOwn = folder === projectFolder;
  const isBundled = bundle !== undefined && isOwn;
  let langgraph: Promise<LanggraphCopy> | undefined;
  return {
    folder,
    config: readConfig(path),
    importModule: async (name) => {
      const where = isBundled ? join(bundle, name.replace(/\.ts$/, ".js")) : join(folder, name);
      return (await import(pathToFileURL(where).href)) as Record<string, unknown>;
    },
    langgraph: () => {
      langgraph ??= isOwn ? Promise.resolve(ownLanggraph) : adoptLanggraph(folder);
      return langgraph;
    },
  };
};
