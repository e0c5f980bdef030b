// Every fault of the catalogue in every hand-over of a real run on each example table, for some seeds.
// npm run campaign -- faults [--seed N] [--count N]: N seeds, the first is --seed.
import { parseArgs } from "node:util";
import { rejectionsOf } from "../job/job.ts";
import { plantInHandOvers, plantInPlans } from "../faults/missed-faults.ts";
import { openRealRun, REAL_RUNS, type RealRunName } from "../faults/real-runs.ts";

const { values } = parseArgs({
  options: { seed: { type: "string" }, count: { type: "string" }, table: { type: "string" } },
});
const first = Number(values.seed ?? 1);
const seeds = Array.from({ length: Number(values.count ?? 1) }, (_, at) => String(first + at));
const names = (Object.keys(REAL_RUNS) as RealRunName[]).filter(
  (name) => values.table === undefined || name === values.table,
);

let failures = 0;
for (const name of names) {
  const run = await openRealRun(REAL_RUNS[name].goal, REAL_RUNS[name].files);
  try {
    const flags = Object.entries(rejectionsOf(run.end));
    for (const [task, findings] of flags) console.log(`${name}, false alarm in ${task}`, findings);
    failures += flags.length;
    for (const seed of seeds) {
      const all = [await plantInHandOvers(run, { seed }), plantInPlans(run, seed)];
      const missed = all.flatMap((planted) => planted.missed);
      const kinds = new Set(all.flatMap((planted) => [...planted.kinds]));
      const count = all.reduce((sum, planted) => sum + planted.count, 0);
      console.log(
        `${name}, seed ${seed}: ${count} faults of ${kinds.size} kinds, ${missed.length} missed`,
      );
      for (const line of missed) console.log(`  ${line}`);
      failures += missed.length;
    }
  } finally {
    await run.job.close();
  }
}
process.exit(failures === 0 ? 0 : 1);
