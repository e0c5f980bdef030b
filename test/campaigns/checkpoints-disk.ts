// A disk that is really full: a small tmpfs (needs root; elsewhere it says so and does nothing).
//   npm run campaign -- checkpoints-disk [--count N]
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { care, open } from "../../checkpoints/index.ts";
import { storyGraph } from "../checkpoints/graphs.ts";

const { values } = parseArgs({ options: { count: { type: "string" }, seed: { type: "string" } } });
const rounds = Number(values.count ?? 20);
const folder = mkdtempSync(join(tmpdir(), "tutti-disk-"));
const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", folder]);
if (mounted.status !== 0) {
  console.log(`*** SKIPPED: no tmpfs could be mounted: ${String(mounted.stderr)}`);
  process.exit(0);
}
let failures = 0;
let refusals = 0;
let acknowledged = 0;
const fail = (what: string): void => {
  failures += 1;
  console.log(what);
};
for (let round = 0; round < rounds; round += 1) {
  const path = join(folder, `${round}.db`);
  const ballast = join(folder, "ballast");
  // more than half of the disk: once it is gone, what is in the log must fit into the database again
  writeFileSync(ballast, randomBytes(1_600_000 + Math.floor((1_000_000 * round) / rounds)));
  const persistence = await open(`sqlite:${path}`);
  const done: string[] = [];
  for (let i = 0; i < 300; i += 1) {
    try {
      await storyGraph(persistence.saver).invoke(
        { last: { text: randomBytes(3_000).toString("hex") } },
        { configurable: { thread_id: `t${i}` }, durability: "sync" },
      );
      done.push(`t${i}`);
    } catch (error) {
      refusals += 1;
      const { code, message } = error as { code?: string; message: string };
      if (code !== "DATABASE") fail(`round ${round}: not a clear error: ${message}`);
      break;
    }
  }
  acknowledged += done.length;
  rmSync(ballast);
  await persistence.close();
  const again = await open(`sqlite:${path}`);
  const { damages, database } = await care.verify(again);
  for (const problem of [...database, ...damages.map((damage) => damage.problem)])
    fail(`round ${round}: ${problem}`);
  for (const thread of done) {
    const state = await storyGraph(again.saver).getState({ configurable: { thread_id: thread } });
    if (state.next.length > 0 || !(state.values as { log: string[] }).log.includes("no question"))
      fail(`round ${round}: ${thread} is not complete`);
  }
  await storyGraph(again.saver).invoke(
    { last: { text: "goes on" } },
    { configurable: { thread_id: "after" } },
  );
  await again.close();
  for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
}
spawnSync("umount", [folder]);
rmSync(folder, { recursive: true, force: true });
console.log(
  `disk full: ${rounds} rounds, ${refusals} clear errors, ${acknowledged} acknowledged runs complete, ${failures} problems`,
);
process.exit(failures === 0 && refusals > 0 ? 0 : 1);
