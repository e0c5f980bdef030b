// A place for one process that is started again whenever it has ended, as an operator's supervisor would.
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const TUTTI = fileURLToPath(new URL("../../../bin/tutti.mjs", import.meta.url));
const AGAIN_MS = 100;

export interface Running {
  readonly pid: number;
  readonly readyAt: number;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<void>;
}

export interface Slot {
  readonly name: string;
  /** The process when it is ready; undefined while one starts. */
  readonly running: Running | undefined;
  untilUp(): Promise<Running>;
  /** How often a process ended that nobody had killed: while it started, and later. */
  readonly endedBySelf: { readonly starting: number; readonly working: string[] };
  stop(): Promise<void>;
}

export interface SlotOptions {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** What it logs when it is ready. */
  readonly ready: string;
  readonly logFile: string;
}

const KEPT = 4_000;

/** Tells when the word comes, and keeps the end of what was said. */
const listen = (child: ChildProcess, { logFile, ready }: SlotOptions, onReady: () => void) => {
  const file = createWriteStream(logFile, { flags: "a" });
  let said = "";
  let isReady = false;
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (text: Buffer) => {
      file.write(text);
      said = (said + text.toString()).slice(-KEPT);
      if (isReady || !said.includes(ready)) return;
      isReady = true;
      onReady();
    });
  return { said: () => said, close: () => file.end() };
};

export const openSlot = (options: SlotOptions): Slot => {
  const { name, args, env } = options;
  const endedBySelf = { starting: 0, working: [] as string[] };
  const waiting = new Set<(running: Running) => void>();
  let running: Running | undefined;
  let child: ChildProcess | undefined;
  const stopping = new AbortController();

  const life = async (): Promise<void> => {
    let isKilled = false;
    const started = spawn(process.execPath, [TUTTI, ...args], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    child = started;
    const ended = new Promise<void>((resolve) => started.once("close", () => resolve()));
    const output = listen(started, options, () => {
      running = {
        pid: started.pid ?? 0,
        readyAt: Date.now(),
        ended,
        kill: (signal) => {
          isKilled ||= signal === "SIGKILL";
          started.kill(signal);
        },
      };
      for (const tell of waiting) tell(running);
      waiting.clear();
    });
    await ended;
    output.close();
    if (!isKilled && !stopping.signal.aborted)
      if (running === undefined) endedBySelf.starting += 1;
      else endedBySelf.working.push(output.said());
    running = undefined;
  };
  const keepUp = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await life();
      if (!stopping.signal.aborted) await wait(AGAIN_MS);
    }
  };
  const kept = keepUp();
  const atExit = (): void => void child?.kill("SIGKILL");
  process.once("exit", atExit);

  return {
    name,
    get running() {
      return running;
    },
    endedBySelf,
    untilUp: () =>
      running === undefined
        ? new Promise((resolve) => void waiting.add(resolve))
        : Promise.resolve(running),
    async stop() {
      stopping.abort();
      child?.kill("SIGCONT");
      child?.kill("SIGTERM");
      const late = setTimeout(() => child?.kill("SIGKILL"), 15_000);
      await kept;
      clearTimeout(late);
      process.removeListener("exit", atExit);
    },
  };
};
