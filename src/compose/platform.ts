// What the commands work with, opened: a data folder, the services, the graphs. Loaded only by commands
// that need it.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Platform } from "../cli/index.ts";
import { TuttiError } from "../errors.ts";
import type { SourceRef } from "../protocol/index.ts";
import { createGraphRegistry } from "../runs/index.ts";
import { isLocked, lockThread } from "../storage/index.ts";
import { projectFolder } from "./project.ts";
import { closeServices, openData, openServices, useDataFolder } from "./services.ts";

/** From source the graphs are what langgraph.json names; a bundle holds them compiled, in the same tree. */
const graphImporter =
  (bundle: string | undefined) =>
  async (path: string): Promise<Record<string, unknown>> => {
    const file =
      bundle === undefined ? join(projectFolder, path) : join(bundle, path.replace(/\.ts$/, ".js"));
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  };

const langgraphFile = (): unknown => {
  const path = join(projectFolder, "langgraph.json");
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new TuttiError("CONFIG_INVALID", `${path} cannot be read as JSON`, { cause: error });
  }
};

/** Copies what is given and reads it once, so that a bad file is refused before a thread exists. */
const takeIn = async (paths: readonly string[]): Promise<SourceRef[]> => {
  const { documents, orchestrator } = await openServices();
  const { copyInput, tables } = orchestrator;
  const sources = await Promise.all(paths.map((path) => copyInput({ path: resolve(path) })));
  const given = sources.filter(({ kind }) => kind === "table");
  if (given.length > 0) await tables.open(given);
  for (const source of sources.filter(({ kind }) => kind === "document"))
    await documents.pages(source);
  return sources;
};

/** `bundle`: the folder of the bundle that runs; undefined from source. Throws DATABASE, CONFIG_INVALID. */
export const openPlatform = async (
  folder: string,
  bundle: string | undefined,
): Promise<Platform> => {
  const data = resolve(folder);
  useDataFolder(data);
  const opened = await openData();
  return {
    data,
    clock: opened.clock,
    threads: opened.threads,
    budget: opened.budget,
    artifacts: opened.artifacts,
    saver: opened.saver,
    graphs: createGraphRegistry(langgraphFile(), graphImporter(bundle)),
    takeIn,
    lock: (threadId) => lockThread(data, threadId),
    isLocked: (threadId) => isLocked(data, threadId),
    close: () => closeServices(data),
  };
};
