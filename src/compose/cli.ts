// The command line's composition root: the terminal, signals, the data folder, the graphs.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type CliHost, type Platform, runCli, type Terminal } from "../cli/index.ts";
import { TuttiError } from "../errors.ts";
import { createGraphRegistry } from "../runs/index.ts";
import { isLocked, lockThread } from "../storage/index.ts";
import { projectFolder, version } from "./project.ts";
import { closeServices, openServices, useDataFolder } from "./services.ts";
import { readSettings } from "./settings.ts";

/** From source the graphs are what langgraph.json names; a bundle holds them compiled, in the same tree. */
const importGraph = async (path: string): Promise<Record<string, unknown>> => {
  const isBundled = import.meta.url.startsWith(pathToFileURL(join(projectFolder, "dist")).href);
  const file = isBundled
    ? join(projectFolder, "dist", path.replace(/\.ts$/, ".js"))
    : join(projectFolder, path);
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

const openPlatform = async (folder: string): Promise<Platform> => {
  const data = resolve(folder);
  useDataFolder(data);
  const { data: opened, orchestrator } = await openServices();
  return {
    data,
    clock: opened.clock,
    threads: opened.threads,
    budget: opened.budget,
    artifacts: opened.artifacts,
    saver: opened.saver,
    graphs: createGraphRegistry(langgraphFile(), importGraph),
    copyInput: orchestrator.copyInput,
    lock: (threadId) => lockThread(data, threadId),
    isLocked: (threadId) => isLocked(data, threadId),
    close: () => closeServices(data),
  };
};

const terminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  interactive: process.stdin.isTTY && process.stdout.isTTY,
  columns: () => process.stdout.columns ?? 120,
  ansi: process.stdout.isTTY && process.env["NO_COLOR"] === undefined,
};

/** The first signal asks for a durable pause; the second ends the process at once. */
const interruption = (): AbortSignal => {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130);
    terminal.err("\npausing … (again to leave at once; nothing is lost either way)\n");
    controller.abort(new TuttiError("CANCELLED", "stopped by a signal"));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return controller.signal;
};

const again = (args: readonly string[]): Promise<number> =>
  new Promise((done, failed) => {
    const [script] = process.argv.slice(1);
    const child = spawn(process.execPath, [...process.execArgv, script ?? "", ...args], {
      stdio: "inherit",
    });
    child.once("error", failed);
    child.once("exit", (code) => done(code ?? 1));
  });

const hostOf = (): CliHost => ({
  version,
  data: readSettings(process.env).data,
  user: userInfo().username,
  terminal,
  examples: join(projectFolder, "examples"),
  open: openPlatform,
  again,
  interrupted: interruption(),
});

/** Runs the command line of this process and sets its exit code. */
export const main = async (): Promise<void> => {
  try {
    process.exitCode = await runCli(hostOf(), process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof TuttiError)) throw error;
    terminal.err(`error ${error.code}: ${error.message}\n`);
    process.exitCode = 2;
  }
};
