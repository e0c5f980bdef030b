// The policies of a folder, in force as long as the process runs: an edit is taken whole or not at all.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { Clock } from "../../clock.ts";
import { messageOf, TuttiError } from "../../errors.ts";
import type { ToolDeclaration } from "../../protocol/index.ts";
import { decide } from "./decide.ts";
import type { PolicyDecision, PolicyRequest } from "./policy-request.ts";
import { compilePolicies, type PolicySet } from "./policy-set.ts";
import type { PolicyFile } from "./read-policies.ts";

export interface PolicyPoint {
  decide(request: PolicyRequest): PolicyDecision;
}

export interface PolicyFolder extends PolicyPoint {
  /** Those in force now. */
  current(): PolicySet;
}

export interface PolicyFolderOptions {
  readonly folder: string;
  readonly tools: readonly ToolDeclaration[];
  readonly clock: Clock;
  /** Told once of each edit that is not taken, and of each that is. */
  report(level: "info" | "warning", message: string): void;
}

/** How often the folder is looked at, at most. */
const LOOK_EVERY_MS = 1000;

/** `*.cedar` in the order of their names. Throws CONFIG_INVALID when there are none. */
export const readPolicyFolder = (folder: string): PolicyFile[] => {
  const files = policyNames(folder).map((name) => ({
    name: `${basename(folder)}/${name}`,
    source: readFileSync(join(folder, name), "utf8"),
  }));
  if (files.length > 0) return files;
  throw new TuttiError("CONFIG_INVALID", `there is no policy in ${folder}`, {
    hint: "without any nothing is allowed: put the default policies back, or name another folder",
  });
};

const policyNames = (folder: string): string[] => {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".cedar"))
      .sort();
  } catch (error) {
    throw new TuttiError("CONFIG_INVALID", `the policies in ${folder} cannot be read`, {
      hint: messageOf(error),
      cause: error,
    });
  }
};

/** Changes with every file that is added, removed, written or replaced. */
const fingerprintOf = (folder: string): string =>
  policyNames(folder)
    .map((name) => {
      const { mtimeNs, size, ino } = statSync(join(folder, name), { bigint: true });
      return `${name} ${mtimeNs} ${size} ${ino}`;
    })
    .join("\n");

/** Throws CONFIG_INVALID, with file, line and column, when the policies cannot be used at the start. */
export const openPolicyFolder = (options: PolicyFolderOptions): PolicyFolder => {
  const { folder, tools, clock, report } = options;
  let taken = fingerprintOf(folder);
  let set = compilePolicies(readPolicyFolder(folder), tools);
  let seen = taken;
  let lookedAt = clock.now();
  let told = "";

  const take = (fingerprint: string): void => {
    const files = readPolicyFolder(folder);
    if (fingerprintOf(folder) !== fingerprint) return; // written to while it was read: the next look
    taken = fingerprint;
    set = compilePolicies(files, tools);
    report("info", `new policies are in force (${set.version.slice(0, 12)})`);
  };
  const look = (): void => {
    const now = clock.now();
    if (now - lookedAt < LOOK_EVERY_MS) return;
    lookedAt = now;
    try {
      const fingerprint = fingerprintOf(folder);
      // Two looks must agree: half a file that is still being written may be valid without its end.
      const isQuiet = fingerprint === seen;
      seen = fingerprint;
      if (isQuiet && fingerprint !== taken) take(fingerprint);
      else if (isQuiet) told = "";
    } catch (error) {
      const message = messageOf(error);
      if (message === told) return;
      told = message;
      report("warning", `the policies stay as they were: ${message}`);
    }
  };
  const current = (): PolicySet => {
    look();
    return set;
  };
  return { current, decide: (request) => decide(current(), request) };
};
