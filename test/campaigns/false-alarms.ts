// Ten goals on each example table, and the dirty twin of the sales: the whole job must finish and the
// checker must flag nothing. npm run campaign -- false-alarms [--from N] [--count N]
import { parseArgs } from "node:util";
import { openJob, rejectionsOf, SALES_GOAL } from "../job/job.ts";
import { GOALS } from "../models/offline/goals.ts";

const { values } = parseArgs({
  options: {
    from: { type: "string", default: "0" },
    count: { type: "string", default: "1000" },
    seed: { type: "string" },
  },
});
const all: { goal: string; files: readonly string[] }[] = [
  ...GOALS.flatMap(({ files, goals }) => goals.map(({ goal }) => ({ goal, files }))),
  { goal: SALES_GOAL, files: ["sales-dirty.csv", "plan.xlsx"] },
];
const from = Number(values.from);

let failures = 0;
for (const { goal, files } of all.slice(from, from + Number(values.count))) {
  const job = await openJob();
  try {
    const end = await job.run(goal, files);
    const flags = Object.entries(rejectionsOf(end));
    const isClean = end.status === "finished" && flags.length === 0;
    console.log(`${isClean ? "clean" : "NOT CLEAN"}, ${end.status}: ${files[0]}: ${goal}`);
    for (const [task, findings] of flags) console.log(`  ${task}`, findings);
    if (!isClean) failures += 1;
  } finally {
    await job.close();
  }
}
process.exit(failures === 0 ? 0 : 1);
