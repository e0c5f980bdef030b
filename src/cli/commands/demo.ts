// tutti demo: the main job on the example data, with a person's sign-off in the middle.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { wrap } from "../display-width.ts";
import { EXIT } from "../exit-code.ts";
import { shortPath } from "../format.ts";
import type { CliHost } from "../platform.ts";
import type { Common } from "../platform.ts";
import { withPlatform } from "../with-platform.ts";
import { runGoal } from "./run.ts";

export interface DemoRequest extends Common {
  readonly out?: string;
  readonly force?: boolean;
}

const GOAL =
  "Monthly sales report for September 2026: revenue by region and product, against last month and the plan; point out anomalies";

/** The demo may be run again: it writes over its own report, and nothing else. */
const isOwnReport = async (folder: string): Promise<boolean> => {
  try {
    const manifest = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")) as {
      goal?: unknown;
    };
    return manifest.goal === GOAL;
  } catch {
    return false; // no manifest, or another program's
  }
};

/** Without a terminal nobody can sign off: the demo does it itself, in a new process, and says so. */
const signOff = async (
  host: CliHost,
  { data, server, key, json }: DemoRequest,
  threadId: string,
): Promise<number> => {
  if (json !== true)
    host.terminal.out(
      "\nThe run is paused, durably: this process ends its part here. There is no terminal to ask, so the\n" +
        'demo now approves the result itself, as reviewer "demo", in a new process.\n\n',
    );
  const flags = [
    ...(data === undefined ? [] : ["--data", data]),
    ...(server === undefined ? [] : ["--server", server]),
    ...(key === undefined ? [] : ["--key", key]),
    ...(json === true ? ["--json"] : []),
  ];
  return await host.again(["resume", threadId, "--approve", "--by", "demo", ...flags]);
};

export const demo = async (host: CliHost, request: DemoRequest): Promise<number> => {
  const out = request.out ?? "report";
  const file = ["sales.csv", "plan.xlsx"].map((name) => join(host.examples, name));
  const { out: print, movable, columns } = host.terminal;
  const about = `goal: ${GOAL}\nfiles: ${file.map(shortPath).join(", ")}`;
  if (request.json !== true) print(`${movable ? wrap(about, columns()) : about}\n`);
  const force = request.force === true || (await isOwnReport(out));
  const { code, threadId } = await withPlatform(host, request, (platform) =>
    runGoal(host, platform, {
      ...request,
      goal: GOAL,
      file,
      out,
      force,
      budget: "2.50eur,400ktok",
      review: "result",
    }),
  );
  const isUnattended = code === EXIT.waiting && !host.terminal.interactive;
  return isUnattended ? await signOff(host, request, threadId) : code;
};
