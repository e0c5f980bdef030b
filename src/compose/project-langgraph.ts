// The LangGraph of the project that is served. A project with packages of its own imports its own copy, whose
// classes are others than ours: what is stored must come back as instances of those, and commands must be.
import { readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { adoptClasses, type ClassModules } from "../../checkpoints/index.ts";
import { messageOf, TuttiError } from "../errors.ts";
import { type LanggraphCopy, ownLanggraph } from "../runs/index.ts";

const CONDITIONS = new Set(["node", "import", "module-sync", "default"]);

/** The file that `import` takes, of an entry of a package's `exports`. */
const importTarget = (entry: unknown): string | undefined => {
  if (typeof entry === "string") return entry;
  if (typeof entry !== "object" || entry === null) return undefined;
  for (const [condition, target] of Object.entries(entry)) {
    const found = CONDITIONS.has(condition) ? importTarget(target) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
};

/** There is none, or one so old that it does not say where its parts are. */
const isMissing = (error: unknown): boolean => {
  const { code } = error as { code?: unknown };
  return code === "MODULE_NOT_FOUND" || code === "ERR_PACKAGE_PATH_NOT_EXPORTED";
};

/** Folder of a package as modules in one of the places find it, looked for in this order. */
const packageFolder = (name: string, places: readonly string[]): string | undefined => {
  for (const place of places)
    try {
      return dirname(createRequire(join(place, "_")).resolve(`${name}/package.json`));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  return undefined;
};

/** A package's module; undefined where this version of it has none of the name. */
const moduleOf = async (folder: string, path: string): Promise<object | undefined> => {
  const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    exports?: Readonly<Record<string, unknown>>;
  };
  const file = importTarget(exports?.[path]);
  if (file === undefined) return undefined;
  return (await import(pathToFileURL(realpathSync(join(folder, file))).href)) as object;
};

const adopted = async (langgraph: string, project: string): Promise<LanggraphCopy> => {
  const core = packageFolder("@langchain/core", [project, langgraph]);
  const checkpoint = packageFolder("@langchain/langgraph-checkpoint", [langgraph, project]);
  const [own, zod, schemas, messages, documents, saved] = await Promise.all([
    moduleOf(langgraph, "."),
    moduleOf(langgraph, "./zod"),
    moduleOf(langgraph, "./zod/schema"),
    core && moduleOf(core, "./messages"),
    core && moduleOf(core, "./documents"),
    checkpoint && moduleOf(checkpoint, "."),
  ]);
  adoptClasses({ langgraph: own, messages, documents, checkpoint: saved } as Partial<ClassModules>);
  return { ...ownLanggraph, ...schemas, ...zod, ...own };
};

/**
 * Finds the copy that modules in a folder import, and has it used from now on; ours, where there is none.
 * Throws CONFIG_INVALID when it cannot be loaded.
 */
export const adoptLanggraph = async (folder: string): Promise<LanggraphCopy> => {
  const langgraph = packageFolder("@langchain/langgraph", [folder]);
  if (langgraph === undefined) return ownLanggraph;
  try {
    return await adopted(langgraph, folder);
  } catch (error) {
    throw new TuttiError(
      "CONFIG_INVALID",
      `the project's @langchain/langgraph cannot be loaded: ${messageOf(error)}`,
      { hint: `look at ${langgraph}: is it installed completely?`, cause: error },
    );
  }
};
