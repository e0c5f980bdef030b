// Files given on the command line, copied into the store; refused before anything is begun.
import { basename } from "node:path";
import { TuttiError } from "../errors.ts";
import type { SourceRef } from "../protocol/index.ts";
import { clean, fit } from "./display-width.ts";
import type { CliHost, Platform } from "./platform.ts";

/** Throws USAGE when two have one name, INPUT_UNREADABLE and INPUT_TOO_LARGE for what cannot be read. */
export const takeFiles = async (
  host: CliHost,
  platform: Platform,
  { file: paths = [], json = false }: { file?: readonly string[]; json?: boolean },
): Promise<SourceRef[]> => {
  const names = new Map<string, string>();
  for (const path of paths) {
    const name = basename(path);
    const other = names.get(name);
    if (other !== undefined)
      throw new TuttiError("USAGE", `${other} and ${path} have the same name`, {
        hint: "rename one: files are known by their names in plans and reports",
      });
    names.set(name, path);
  }
  const { movable, out, columns } = host.terminal;
  if (movable && !json && paths.length > 0)
    out(fit(clean(`Reading ${[...names.keys()].join(", ")} …`), columns()));
  try {
    return await platform.takeIn(paths);
  } finally {
    if (movable && !json && paths.length > 0) out("\r\u001B[K");
  }
};
