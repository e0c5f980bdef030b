// Whole processes, from start to exit: --version, the demo's first half, and resume. Without npx.
import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { line, median } from "./measure.ts";

const tutti = fileURLToPath(new URL("../bin/tutti.mjs", import.meta.url));
const ROUNDS = Number(process.argv[2] ?? 7);

/** Has a process say at its end how much memory it had at its peak. */
const TELL_MEMORY =
  "--import=data:text/javascript,process.on('exit',()=>process.stderr.write('peak-kib='+process.resourceUsage().maxRSS))";

interface Run {
  ms: number;
  /** Mebibytes at the peak. */
  memory: number;
  out: string;
}

const run = (args: readonly string[]): Run => {
  const started = performance.now();
  const { stdout, status, stderr } = spawnSync(process.execPath, [tutti, ...args], {
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: TELL_MEMORY },
  });
  if (status === null || (status !== 0 && status !== 3)) throw new Error(stderr);
  const memory = Number(/peak-kib=(\d+)/.exec(stderr)?.[1]) / 1024;
  return { ms: performance.now() - started, memory, out: stdout };
};

const bare = (): number => {
  const started = performance.now();
  spawnSync(process.execPath, ["-e", "0"]);
  return performance.now() - started;
};

export const benchProcesses = (): void => {
  const times = { node: [], version: [], threads: [], demo: [], memory: [], resume: [] } as Record<
    string,
    number[]
  >;
  const keep = (name: string, ms: number): void => void times[name]?.push(ms);
  for (let round = -1; round < ROUNDS; round += 1) {
    const data = mkdtempSync(join(tmpdir(), "tutti-bench-"));
    const goal = [
      "run",
      "Monthly sales report for September 2026: revenue by region and product, against last month and the plan; point out anomalies",
      "--file",
      fileURLToPath(new URL("../examples/sales.csv", import.meta.url)),
      "--file",
      fileURLToPath(new URL("../examples/plan.xlsx", import.meta.url)),
      "--review",
      "result",
      "--json",
      "--data",
      data,
    ];
    const node = bare();
    const version = run(["--version"]);
    const demo = run(goal);
    const threads = run(["threads", "--json", "--data", data]);
    const { id } = JSON.parse(threads.out) as { id: string };
    const resume = run(["resume", id, "--approve", "--data", data]);
    if (round < 0) continue;
    keep("node", node);
    keep("version", version.ms);
    keep("demo", demo.ms);
    keep("memory", demo.memory);
    keep("threads", threads.ms);
    keep("resume", resume.ms);
  }
  console.log("\nwhole processes:");
  console.log(line("node -e 0", times["node"] ?? []));
  console.log(line("tutti --version", times["version"] ?? []));
  console.log(line("tutti threads", times["threads"] ?? []));
  console.log(line("the main job, to its pause", times["demo"] ?? []));
  console.log(line("the main job, memory at its peak", times["memory"] ?? [], "MiB"));
  console.log(line("tutti resume --approve, to the end", times["resume"] ?? []));
  const ratio = median(times["resume"] ?? []) / median(times["node"] ?? []);
  console.log(`resume / bare node: ${ratio.toFixed(1)}`);
};
