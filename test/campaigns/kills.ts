// Campaign: kill -9 at random moments, then resume. Every run must finish with the figures of an
// undisturbed run, and no task whose result the saver had acknowledged may be worked on again.
import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { closeServices, openServices, useDataFolder } from "../../src/compose/services.ts";
import type { OrchestratorValues } from "../../src/orchestrator/index.ts";
import { createOrchestrator } from "../../src/orchestrator/index.ts";
import { HandOver } from "../../src/protocol/index.ts";

const { values: flags } = parseArgs({
  options: {
    count: { type: "string", default: "50" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const COUNT = Number(flags.count);
const SEED = Number(flags.seed);
const GOAL =
  "Monthly sales report for September 2026: revenue by region and product, against last month and the plan; point out anomalies";
const FILES = ["examples/sales.csv", "examples/plan.xlsx"];

/** Mulberry32: small, seeded, good enough to choose moments. */
const random = (seed: number) => {
  let state = seed >>> 0;
  return (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

interface Entry {
  type: "acknowledged" | "worked" | "retrying" | "ended";
  task?: string;
  status?: string;
  error?: string;
}

const entries = (log: string): Entry[] =>
  existsSync(log)
    ? readFileSync(log, "utf8")
        .split("\n")
        .filter((line) => line.endsWith("}"))
        .map((line) => JSON.parse(line) as Entry)
    : [];

const worker = fileURLToPath(new URL("kills-worker.ts", import.meta.url));

/** Runs the worker; kills it after `killAfter` milliseconds. True when it was killed in time. */
const runWorker = (args: string[], killAfter: number | undefined): Promise<boolean> =>
  new Promise((done) => {
    const child = spawn(process.execPath, [worker, ...args], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const timer =
      killAfter === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfter);
    child.once("exit", (_code, signal) => {
      clearTimeout(timer);
      done(signal === "SIGKILL");
    });
  });

/** Work on a task after its result was acknowledged, without a retry in between. */
const repeated = (log: readonly Entry[]): string[] => {
  const finished = new Set<string>();
  const found: string[] = [];
  for (const { type, task = "" } of log) {
    if (type === "acknowledged") finished.add(task);
    else if (type === "retrying") finished.delete(task);
    else if (type === "worked" && finished.has(task)) found.push(task);
  }
  return found;
};

/** One hash over all verified figures and texts of a thread. */
const figures = async (data: string, thread: string): Promise<string> => {
  useDataFolder(data);
  const { data: opened } = await openServices();
  const graph = createOrchestrator(async () => (await openServices()).orchestrator);
  const state = await graph.getState({
    configurable: { thread_id: thread, __pregel_checkpointer: opened.saver },
  });
  const { tasks } = state.values as OrchestratorValues;
  const hash = createHash("sha256");
  for (const id of Object.keys(tasks).sort()) {
    const ref = tasks[id]?.handOver;
    if (ref === null || ref === undefined) continue;
    const bytes = await opened.artifacts.get(ref.sha256);
    const { tables, narrative } = HandOver.parse(JSON.parse(new TextDecoder().decode(bytes)));
    hash.update(
      JSON.stringify([id, tables.map(({ columns, rows }) => [columns, rows]), narrative]),
    );
  }
  await closeServices(data);
  return hash.digest("hex");
};

const fresh = () => {
  const data = mkdtempSync(join(tmpdir(), "tutti-kills-"));
  return { data, thread: randomUUID(), log: join(data, "outside.log") };
};

console.log(`kills: seed ${SEED}, ${COUNT} runs`);
const clean = fresh();
const started = performance.now();
await runWorker([clean.data, clean.thread, clean.log, GOAL, ...FILES], undefined);
const usual = performance.now() - started;
const expected = await figures(clean.data, clean.thread);
if (entries(clean.log).at(-1)?.status !== "finished") throw new Error("the undisturbed run failed");
rmSync(clean.data, { recursive: true });

const draw = random(SEED);
let failures = 0;
let kills = 0;
for (let run = 1; run <= COUNT; run += 1) {
  const { data, thread, log } = fresh();
  const args = [data, thread, log, GOAL, ...FILES];
  const moments: number[] = [];
  // One to three kills a run; then it is left alone.
  for (let left = 1 + Math.floor(draw() * 3); left > 0; left -= 1) {
    const moment = Math.round(draw() * usual);
    if (await runWorker(args, moment)) {
      kills += 1;
      moments.push(moment);
    } else break;
  }
  await runWorker(args, undefined);
  const seen = entries(log);
  const end = seen.findLast(({ type }) => type === "ended");
  const again = repeated(seen);
  const same = end?.status === "finished" && (await figures(data, thread)) === expected;
  const problems = [
    ...(end?.status === "finished" ? [] : [`ended ${end?.status ?? "never"}: ${end?.error ?? ""}`]),
    ...(same || end?.status !== "finished" ? [] : ["figures differ from the undisturbed run"]),
    ...again.map((task) => `${task} was worked on again`),
  ];
  if (problems.length > 0) {
    failures += 1;
    console.log(`run ${run}: killed at ${moments.join(", ")} ms: ${problems.join("; ")} (${data})`);
  } else rmSync(data, { recursive: true });
}
console.log(`${COUNT - failures} of ${COUNT} runs finished alike after ${kills} kills`);
process.exit(failures === 0 ? 0 : 1);
