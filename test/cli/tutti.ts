// The command line as a real process: bin/tutti.mjs in a folder of its own, with nothing of the
// machine's settings.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const project = fileURLToPath(new URL("../../", import.meta.url));

/** Absolute path of an example. */
export const example = (name: string): string => join(project, "examples", name);

const environment = (more: Readonly<Record<string, string>>): NodeJS.ProcessEnv => {
  const foreign =
    /^(TUTTI_|OPENAI_|SEARXNG_|NODE_OPTIONS$|NO_COLOR$|FORCE_COLOR$|VITEST)|_API_KEY$/;
  const own = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return { ...Object.fromEntries(own), ...more };
};

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly ended: Promise<Ended>;
  /** Resolves when a line of the output matches; rejects when the process ends before. */
  line(pattern: RegExp): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  /** Stops reading what it prints. */
  closeOutput(): void;
}

export interface Options {
  readonly env?: Readonly<Record<string, string>>;
  /** The copy of the project to run instead of this one. */
  readonly project?: string;
  /** The node to run on. */
  readonly node?: string;
}

/** A folder to work in; files are written there first. */
export const workshop = (files: Readonly<Record<string, string | Uint8Array>> = {}) => {
  const folder = mkdtempSync(join(tmpdir(), "tutti-cli-"));
  const write = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return name;
  };
  for (const [name, content] of Object.entries(files)) write(name, content);

  const begin = (args: readonly string[], options: Options = {}): Running => {
    const script = join(options.project ?? project, "bin/tutti.mjs");
    const child = spawn(options.node ?? process.execPath, [script, ...args], {
      cwd: folder,
      env: environment(options.env ?? {}),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    let err = "";
    const watchers = new Set<() => void>();
    const look = (): void => {
      for (const watcher of watchers) watcher();
    };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
      look();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err += text;
    });
    let isOver = false;
    const ended = new Promise<Ended>((done, failed) => {
      child.once("error", failed);
      child.once("close", (code) => {
        isOver = true;
        look();
        done({ code, out, err });
      });
    });
    const line = (pattern: RegExp): Promise<string> =>
      new Promise((found, failed) => {
        const watcher = (): void => {
          const match = out.split("\n").find((one) => pattern.test(one));
          if (match === undefined && !isOver) return;
          watchers.delete(watcher);
          if (match !== undefined) found(match);
          else failed(new Error(`it ended without ${pattern}:\n${out}\n${err}`));
        };
        watchers.add(watcher);
        watcher();
      });
    return {
      ended,
      line,
      kill: (signal) => void child.kill(signal),
      closeOutput: () => void child.stdout.destroy(),
    };
  };
  const tutti = (args: readonly string[], options?: Options): Promise<Ended> =>
    begin(args, options).ended;
  return {
    folder,
    path: (...parts: string[]): string => join(folder, ...parts),
    write,
    begin,
    tutti,
    /** Id of the latest thread. */
    latest: async (): Promise<string> => {
      const { out } = await tutti(["threads", "--json", "--limit", "1"]);
      return (JSON.parse(out) as { id: string }).id;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};
export type Workshop = ReturnType<typeof workshop>;

/** A small table with something to say: two regions, two products, three months. */
export const SALES = [
  "order_id,date,region,product,revenue",
  ...["2026-07", "2026-08", "2026-09"].flatMap((month, m) =>
    ["North", "South"].flatMap((region, r) =>
      ["Desk", "Lamp"].map(
        (product, p) =>
          `${m}${r}${p},${month}-1${p},${region},${product},${(m + 1) * 100 + r * 10 + p}.50`,
      ),
    ),
  ),
  "",
].join("\n");

export const GOAL = "Revenue by region for September 2026";

/** No stack traces: a person reads this. */
export const expectCalm = ({ out, err }: Ended): void => {
  expect(`${out}${err}`).not.toMatch(/^\s+at .+:\d+/m);
  expect(`${out}${err}`).not.toMatch(/INTERNAL|undefined|\[object/);
};
