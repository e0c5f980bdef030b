// A seeded sample of random histories; all of them: npm run campaign -- checkpoints-model.
import { assert, asyncProperty } from "fast-check";
import { adapters } from "./adapters.ts";
import { runHistory, steps } from "./histories.ts";

const SEED = Number(process.env["MODEL_SEED"] ?? 20_261_122);
const all = await adapters();

describe.each(all.map((adapter) => [adapter.name, adapter] as const))("%s", (name, adapter) => {
  afterAll(() => adapter.dispose());

  it(`agrees with a plain model on every read of random histories (seed ${SEED})`, async () => {
    const shared = await adapter.create();
    let count = 0;
    const property = asyncProperty(steps, async (history) => {
      const world = { open: () => adapter.open(shared), canReopen: name !== "memory" };
      expect(await runHistory(history, world, `h${(count += 1)}-`)).toBeGreaterThan(0);
    });
    await assert(property, { seed: SEED, numRuns: 25, endOnFailure: true });
  }, 120_000);
});
