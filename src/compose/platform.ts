// What the commands work with, opened: a data folder, the services, the graphs. Loaded only by commands
// that need it.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Platform } from "../cli/index.ts";
import { TuttiError } from "../errors.ts";
import type { SourceRef } from "../protocol/index.ts";
import { createGraphRegistry } from "../runs/index.ts";
import { isLocked, lockThread, type Owner, ownerOf, shareFolder } from "../storage/index.ts";
import { asPlatformError } from "./data-folder.ts";
import { graphModules } from "./graph-modules.ts";
import { closeServices, openData, openServices, useDataFolder } from "./services.ts";

/** Copies what is given and reads it once, so that a bad file is refused before a thread exists. */
const takeIn = async (paths: readonly string[]): Promise<SourceRef[]> => {
  const { documents, orchestrator } = await openServices();
  const { copyInput, tables } = orchestrator;
  const sources = await Promise.all(paths.map((path) => copyInput({ path: resolve(path) }, "")));
  const given = sources.filter(({ kind }) => kind === "table");
  if (given.length > 0) await tables.open(given);
  for (const source of sources.filter(({ kind }) => kind === "document"))
    await documents.pages(source);
  return sources;
};

const sharing = (data: string): ReturnType<typeof shareFolder> => {
  try {
    return shareFolder(data);
  } catch (error) {
    throw asPlatformError(error, `the data folder ${data}`);
  }
};

/** The server that owns a folder now: commands go through it. Throws DATABASE while it starts. */
const owningServer = (data: string): Owner | undefined => {
  if (!existsSync(data)) return undefined;
  const shared = sharing(data);
  shared?.release();
  if (shared !== undefined) return undefined;
  const owner = ownerOf(data);
  if (owner !== undefined) return owner;
  throw new TuttiError("DATABASE", `a server that works in ${data} is starting or stopping`, {
    hint: "try again in a moment",
    retryable: true,
  });
};

/** `bundle`: the folder of the bundle that runs; undefined from source. Throws DATABASE, CONFIG_INVALID. */
export const openPlatform = async (
  folder: string,
  bundle: string | undefined,
): Promise<Platform> => {
  const data = resolve(folder);
  const server = owningServer(data);
  if (server !== undefined) {
    const { openRemotePlatform } = await import("./remote/remote-platform.ts");
    return await openRemotePlatform(server, data);
  }
  useDataFolder(data);
  const opened = await openData();
  const { config, importModule } = graphModules(bundle);
  return {
    data,
    clock: opened.clock,
    threads: {
      create: async (thread) => opened.threads.create(thread),
      update: async (id, change) => opened.threads.update(id, change),
      find: async (id) => opened.threads.find(id),
      list: async (limit) => opened.threads.list(limit),
    },
    budget: opened.budget,
    artifacts: opened.artifacts,
    saver: opened.saver,
    graphs: createGraphRegistry(config, importModule),
    takeIn,
    lock: (threadId) => lockThread(data, threadId),
    isLocked: async (threadId) => isLocked(data, threadId),
    close: () => closeServices(data),
  };
};
