// Random histories against a plain model, for long:
//   npm run campaign -- checkpoints-model [--seed N] [--count N] [--adapter sqlite|memory|postgres]
import { parseArgs } from "node:util";
import { asyncProperty, check } from "fast-check";
import { adapters } from "../checkpoints/adapters.ts";
import { runHistory, steps } from "../checkpoints/histories.ts";

const { values } = parseArgs({
  options: { seed: { type: "string" }, count: { type: "string" }, adapter: { type: "string" } },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
const count = Number(values.count ?? 10_000);
const CHUNK = 100;

let failed = false;
for (const adapter of await adapters()) {
  if (values.adapter !== undefined && values.adapter !== adapter.name) {
    await adapter.dispose();
    continue;
  }
  let histories = 0;
  let reads = 0;
  const started = Date.now();
  for (let chunk = 0; chunk * CHUNK < count && !failed; chunk += 1) {
    const url = await adapter.create();
    const property = asyncProperty(steps, async (history) => {
      histories += 1;
      const world = { open: () => adapter.open(url), canReopen: adapter.name !== "memory" };
      reads += await runHistory(history, world, `h${histories}-`);
    });
    const numRuns = Math.min(CHUNK, count - chunk * CHUNK);
    const result = await check(property, { seed: seed + chunk, numRuns, endOnFailure: false });
    if (result.failed) {
      failed = true;
      console.log(
        `${adapter.name}: FAILED with seed ${seed + chunk}, path ${result.counterexamplePath}`,
      );
      console.log(JSON.stringify(result.counterexample), String(result.errorInstance));
    }
    if (chunk % 10 === 9)
      console.log(`${adapter.name}: ${histories} histories, ${reads} reads compared`);
  }
  const seconds = Math.round((Date.now() - started) / 1_000);
  console.log(
    `${adapter.name}: seed ${seed}, ${histories} histories, ${reads} reads compared, ${failed ? "FAILED" : "all agree"}, ${seconds} s`,
  );
  await adapter.dispose();
}
process.exit(failed ? 1 : 0);
