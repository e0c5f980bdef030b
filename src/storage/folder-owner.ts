// Who works in a data folder: any number of commands, each for a while, or one server, which owns it until
// it ends. Commands go through a live owner.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { TuttiError } from "../errors.ts";
import { type OsLock, takeOsLock } from "./os-lock.ts";

/** Where the owner listens, and the key it takes from programs of the same user on this machine. */
const Owner = z.object({ url: z.string(), key: z.string(), pid: z.int() });
export type Owner = z.infer<typeof Owner>;

const lockFile = (folder: string): string => join(folder, "owner.lock");
const noteFile = (folder: string): string => join(folder, "owner.json");

/** Works in the folder beside others; undefined while a server owns it. */
export const shareFolder = (folder: string): OsLock | undefined =>
  takeOsLock(lockFile(folder), "shared");

export interface Ownership extends OsLock {
  /** Tells commands where to go. */
  announce(address: Omit<Owner, "pid">): void;
}

/** Takes a folder for a server. Throws DATABASE when another one, or a command, works in it. */
export const ownFolder = (folder: string): Ownership => {
  const lock = takeOsLock(lockFile(folder), "exclusive");
  if (lock === undefined) {
    const owner = ownerOf(folder);
    const who = owner === undefined ? "" : ` (process ${owner.pid} at ${owner.url})`;
    throw new TuttiError("DATABASE", `another process works in ${folder}${who}`, {
      hint: "stop it, or give this one a folder of its own with --data",
      retryable: true,
    });
  }
  rmSync(noteFile(folder), { force: true });
  return {
    announce: (address) => {
      const owner = { ...address, pid: process.pid };
      // The key is for this user's eyes.
      writeFileSync(noteFile(folder), JSON.stringify(owner), { mode: 0o600 });
    },
    release: () => {
      rmSync(noteFile(folder), { force: true });
      lock.release();
    },
  };
};

/** What the owner has told; undefined while it starts. Only meaningful when the folder cannot be shared. */
export const ownerOf = (folder: string): Owner | undefined => {
  try {
    return Owner.parse(JSON.parse(readFileSync(noteFile(folder), "utf8")));
  } catch {
    return undefined; // not written yet, or half written: the same as not told
  }
};
