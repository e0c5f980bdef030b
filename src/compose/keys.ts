// API keys from the command line.
import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import type { Keys } from "../cli/index.ts";
import { systemClock } from "../clock.ts";
import { TuttiError } from "../errors.ts";
import { newApiKey } from "../server/index.ts";
import { openKeyRecords } from "./resources.ts";
import { readServerSettings } from "./server-settings.ts";

const DAY_MS = 86_400_000;

/** In PostgreSQL where DATABASE_URL names it, else in the data folder, also while a server owns it. */
export const openKeys = async (folder: string): Promise<Keys> => {
  const { keys, close } = await openKeyRecords(resolve(folder), readServerSettings(process.env));
  return {
    create: async ({ days, ...asked }) => {
      const { key, hash, prefix } = newApiKey();
      const expiresAt = days === undefined ? null : systemClock.now() + days * DAY_MS;
      return {
        key,
        row: await keys.create({ ...asked, id: randomUUID(), hash, prefix, expiresAt }),
      };
    },
    list: () => keys.list(undefined),
    revoke: async (id) => {
      const found = (await keys.list(undefined)).filter((row) => row.id.startsWith(id));
      const [row] = found;
      if (id === "" || row === undefined || found.length > 1)
        throw new TuttiError("USAGE", `${found.length} keys have an id that begins with "${id}"`, {
          hint: "`tutti keys list` shows them",
        });
      await keys.revoke(row.id);
    },
    close,
  };
};
