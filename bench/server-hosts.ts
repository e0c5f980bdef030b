// The servers that bench/server.ts compares: each in process groups of its own, on a free port of
// loopback, with a data folder of its own, all serving bench/server-graphs.ts.
import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join, relative } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const CLI = "@langchain/langgraph-cli@1.5.1";
const READY_SECONDS = 120;
const tutti = fileURLToPath(new URL("../bin/tutti.mjs", import.meta.url));
const graphs = fileURLToPath(new URL("server-graphs.ts", import.meta.url));
const binaries = fileURLToPath(new URL("../node_modules/.bin", import.meta.url));

export type Kind = "official" | "sqlite" | "postgres";

/** One kind of server. Every `start` works on the same folder and port, so that a restart finds its data. */
export interface Host {
  readonly name: string;
  readonly kind: Kind;
  start(): Promise<Running>;
  /** Ends nothing; removes the folder. */
  forget(): void;
}

export interface Running {
  readonly url: string;
  /** From the first spawn to the first 200 of /ok. */
  readonly startMilliseconds: number;
  /** Mebibytes of each of its processes' groups. */
  memory(): number[];
  /** One more worker, where workers are processes of their own. */
  readonly addWorker: (() => Group) | undefined;
  readonly groups: readonly Group[];
  stop(): Promise<void>;
}

export interface Group {
  kill(signal: NodeJS.Signals): void;
  ended(): Promise<void>;
  memory(): number;
}

const freePort = (): Promise<number> =>
  new Promise((done, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" ? (address?.port ?? 0) : 0));
    });
  });

const SECRETS = /KEY|TOKEN|SECRET|^TUTTI_|^OPENAI_|^LANGSMITH_|^LANGCHAIN_|^DATABASE_URL$/;
const environment = (more: Record<string, string>): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !SECRETS.test(name))),
  PATH: `${binaries}${delimiter}${process.env["PATH"]}`,
  LANGGRAPH_CLI_NO_ANALYTICS: "1",
  ...more,
});

const memoryOf = (group: number): number =>
  execFileSync("ps", ["-axo", "pgid=,rss="], { encoding: "utf8" })
    .split("\n")
    .map((row) => row.trim().split(/\s+/).map(Number))
    .reduce((sum, [pgid, kib]) => (pgid === group ? sum + (kib ?? 0) : sum), 0) / 1024;

/** What is not to outlive this process. */
const living = new Set<(signal: NodeJS.Signals) => void>();
process.once("exit", () => {
  for (const kill of living) kill("SIGKILL");
});

const launch = (
  args: readonly string[],
  { folder, env }: { folder: string; env: NodeJS.ProcessEnv },
): { child: ChildProcess; group: Group } => {
  const log = openSync(join(folder, "server.log"), "a");
  const options = { cwd: folder, detached: true, env };
  const child = spawn(process.execPath, args, { ...options, stdio: ["ignore", log, log] });
  closeSync(log);
  const { pid } = child;
  if (pid === undefined) throw new Error("no process could be started");
  const exited = new Promise<void>((done) => child.once("exit", () => done()));
  const kill = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-pid, signal);
    } catch {
      // ESRCH: the whole group has ended
    }
  };
  living.add(kill);
  return { child, group: { kill, ended: () => exited, memory: () => memoryOf(pid) } };
};

const untilReady = async (url: string, child: ChildProcess, folder: string): Promise<void> => {
  const deadline = performance.now() + READY_SECONDS * 1000;
  const isReady = () =>
    fetch(`${url}/ok`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isReady())) {
    if (child.exitCode !== null || performance.now() > deadline) {
      const said = readFileSync(join(folder, "server.log"), "utf8").slice(-2_000);
      throw new Error(`it did not come up:\n${said}`);
    }
    await wait(10);
  }
};

const stopAll = async (groups: readonly Group[]): Promise<void> => {
  for (const group of groups) {
    group.kill("SIGTERM");
    const late = setTimeout(() => group.kill("SIGKILL"), 10_000);
    await group.ended();
    clearTimeout(late);
    group.kill("SIGKILL"); // children that did not end with their parent
  }
};

interface Recipe {
  readonly kind: Kind;
  readonly env: Record<string, string>;
  readonly server: (place: { port: number; folder: string; config: string }) => string[];
  readonly worker?: (place: { folder: string; config: string }) => string[];
  readonly workers: number;
}

const createHost = async (name: string, recipe: Recipe): Promise<Host> => {
  const folder = mkdtempSync(join(tmpdir(), "tutti-bench-server-"));
  const [port, config] = [await freePort(), join(folder, "langgraph.json")];
  const path = (graph: string): string => `${relative(folder, graphs)}:${graph}`;
  const served = { node_version: "24", graphs: { ten: path("ten"), slow: path("slow") }, env: {} };
  writeFileSync(config, JSON.stringify({ ...served, dependencies: ["."] }));
  const place = { port, folder, config };
  const how = { folder, env: environment(recipe.env) };
  const url = `http://localhost:${port}`;
  const start = async (): Promise<Running> => {
    const began = performance.now();
    const { child, group } = launch(recipe.server(place), how);
    const groups = [group];
    const { worker } = recipe;
    const add = (): Group => {
      const { group: added } = launch(worker?.(place) ?? [], how);
      groups.push(added);
      return added;
    };
    try {
      await untilReady(url, child, folder);
    } catch (error) {
      await stopAll(groups);
      throw error;
    }
    const startMilliseconds = performance.now() - began;
    if (worker !== undefined) for (let at = 0; at < recipe.workers; at += 1) add();
    return {
      url,
      startMilliseconds,
      groups,
      addWorker: worker === undefined ? undefined : add,
      memory: () => groups.map((each) => each.memory()),
      stop: () => stopAll(groups),
    };
  };
  const forget = (): void => rmSync(folder, { recursive: true, force: true });
  return { name, kind: recipe.kind, start, forget };
};

/** Where npx keeps the command, so that its own 0.6 s are not counted as the server's. */
const officialCommand = (): string => {
  const found = spawnSync("npx", ["-y", "-p", CLI, "-c", "command -v langgraphjs"], {
    encoding: "utf8",
    env: environment({}),
  });
  const path = found.stdout.trim().split("\n").at(-1) ?? "";
  if (found.status === 0 && path !== "") return path;
  throw new Error(`npx could not fetch ${CLI}: ${found.stderr.trim().slice(-500)}`);
};

const words = (text: string): string[] => text.split(" ");

/** LangGraph's own dev server 1.5.1. */
export const officialHost = async (): Promise<Host> => {
  const command = officialCommand();
  return createHost("official dev server 1.5.1", {
    kind: "official",
    env: {},
    workers: 0,
    server: ({ port, config }) => [
      command,
      ...words(`dev --no-browser --no-reload --host localhost --port ${port} --config`),
      config,
    ],
  });
};

/** Ours, API and worker in one process, on SQLite. */
export const sqliteHost = (): Promise<Host> =>
  createHost("tutti on SQLite, one process", {
    kind: "sqlite",
    env: {},
    workers: 0,
    server: (place) => [tutti, ...words(`serve --port ${place.port}`), ...where(place)],
  });

/** Ours on PostgreSQL: an API process and `workers` worker processes. */
export const postgresHost = (database: string, workers = 2): Promise<Host> =>
  createHost(`tutti on PostgreSQL, API + ${workers} workers`, {
    kind: "postgres",
    env: { DATABASE_URL: database },
    workers,
    server: (place) => [tutti, ...words(`serve --no-worker --port ${place.port}`), ...where(place)],
    worker: (place) => [tutti, ...words("worker --concurrency 10"), ...where(place)],
  });

const where = ({ folder, config }: { folder: string; config: string }): string[] => [
  "--data",
  join(folder, "data"),
  "--config",
  config,
];
