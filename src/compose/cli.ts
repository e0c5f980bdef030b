// The command line's composition root: the terminal, the signals, the project. What costs time to load
// waits until a command opens the platform.
import { spawn } from "node:child_process";
import { userInfo } from "node:os";
import { join } from "node:path";
import { type CliHost, runCli, type Terminal } from "../cli/index.ts";
import { TuttiError } from "../errors.ts";
import { projectFolder, version } from "./project.ts";
import { readSettings } from "./settings.ts";

/** A reader that has gone (`| head -1`) takes the output with it, not the run. */
const writerTo = (stream: NodeJS.WriteStream): ((text: string) => void) => {
  let isOpen = true;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    isOpen = false;
  });
  return (text) => {
    if (isOpen) stream.write(text);
  };
};

const createTerminal = (): Terminal => {
  const { stdin, stdout, stderr, env } = process;
  const isTerminal = stdin.isTTY && stdout.isTTY;
  return {
    out: writerTo(stdout),
    err: writerTo(stderr),
    interactive: isTerminal,
    columns: () => stdout.columns ?? 120,
    rows: () => stdout.rows ?? 40,
    movable: stdout.isTTY && env["TERM"] !== "dumb",
    ansi: stdout.isTTY && env["TERM"] !== "dumb" && (env["NO_COLOR"] ?? "") === "",
  };
};

/** npm and npx pass a Ctrl-C on that the terminal has sent already: within this time two are one. */
const SAME_SIGNAL_MS = 500;

/** The first signal asks for a durable pause; one after that ends the process at once. */
const interruption = (): AbortSignal => {
  const controller = new AbortController();
  let first = 0;
  const onSignal = (): void => {
    if (!controller.signal.aborted) {
      first = performance.now();
      controller.abort(new TuttiError("CANCELLED", "stopped by a signal"));
    } else if (performance.now() - first > SAME_SIGNAL_MS) process.exit(130);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
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

/** A container may run under a number that no account has. */
const loginName = (): string => {
  try {
    return userInfo().username;
  } catch {
    return "unknown";
  }
};

const hostOf = (bundle: string | undefined): CliHost => ({
  version,
  data: process.env["TUTTI_DATA"]?.trim() || ".tutti",
  user: loginName(),
  terminal: createTerminal(),
  policies: () => readSettings(process.env).policies,
  examples: join(projectFolder, "examples"),
  open: async ({
    data = ".tutti",
    server,
    key = process.env["TUTTI_API_KEY"]?.trim() || undefined,
  }) =>
    server === undefined
      ? (await import("./platform.ts")).openPlatform(data, bundle)
      : (await import("./remote/remote-platform.ts")).openRemotePlatform(
          { url: server, key },
          data,
        ),
  serve: async (request, signal) => (await import("./serve.ts")).serve(request, signal, bundle),
  work: async (request, signal) => (await import("./serve.ts")).work(request, signal, bundle),
  openKeys: async (folder) => (await import("./keys.ts")).openKeys(folder),
  openCare: async (folder, url) => (await import("./data-care.ts")).openCare(folder, url),
  again,
  interruption,
});

/**
 * Runs the command line of this process and sets its exit code. `bundle`: the folder of the bundle
 * that runs; absent when the sources do.
 */
export const main = async (bundle?: string): Promise<void> => {
  process.exitCode = await runCli(hostOf(bundle), process.argv.slice(2));
};
