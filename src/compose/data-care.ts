// Opens a database of checkpoints for `tutti db`.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { care, open, type Persistence } from "../../checkpoints/index.ts";
import type { DataCare } from "../cli/index.ts";
import { TuttiError } from "../errors.ts";
import { asPlatformError } from "./data-folder.ts";
import { readSettings } from "./settings.ts";

const urlOf = (folder: string, url: string | undefined): string => {
  if (url !== undefined) return url;
  const path = join(resolve(folder), "tutti.db");
  if (!existsSync(path))
    throw new TuttiError("USAGE", `there is no database at ${path}`, {
      hint: "--data names the folder it is kept in, --url another database",
    });
  return `sqlite:${path}`;
};

const prune =
  (persistence: Persistence): DataCare["prune"] =>
  async (options) => {
    let checkpoints = 0;
    for await (const { thread } of care.allThreads(persistence)) {
      // Children are pruned with their root.
      if (thread.includes("/")) continue;
      checkpoints += (await care.pruneThread(persistence, thread, options)).checkpoints;
    }
    return { checkpoints };
  };

const isUrl = (text: string): boolean => /^(?:sqlite:|postgres(?:ql)?:\/\/)/.test(text);

const importInto =
  (persistence: Persistence): DataCare["importFrom"] =>
  async (from) => {
    if (!isUrl(from)) {
      const path = resolve(from);
      if (!existsSync(path))
        throw new TuttiError("INPUT_UNREADABLE", `there is no file ${path}`, {
          hint: "name a file that `tutti db export` wrote, or a database as sqlite:PATH or postgres://…",
        });
      return await care.importFrom(path, persistence);
    }
    const source = await open(from);
    try {
      return await care.transfer(source, persistence);
    } finally {
      await source.close();
    }
  };

/** Throws USAGE when there is no such database, DATABASE when it cannot be opened. */
export const openCare = async (folder: string, url: string | undefined): Promise<DataCare> => {
  const { encryption } = readSettings(process.env);
  const where = urlOf(folder, url);
  const translated =
    <Given extends unknown[], Result>(work: (...given: Given) => Promise<Result>) =>
    async (...given: Given): Promise<Result> => {
      try {
        return await work(...given);
      } catch (error) {
        throw asPlatformError(error, where);
      }
    };
  const options = encryption === undefined ? {} : { encryption };
  const persistence = await translated(open)(where, options);
  return {
    stats: translated(async () => ({ ...(await care.stats(persistence)) })),
    verify: translated(() => care.verify(persistence)),
    prune: translated(prune(persistence)),
    exportTo: translated((file) => care.exportTo(persistence, file)),
    importFrom: translated(importInto(persistence)),
    backup: translated((file) => care.backup(persistence, file)),
    close: () => persistence.close(),
  };
};
