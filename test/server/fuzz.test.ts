// A sample of generated requests to every operation; `npm run campaign -- fuzz` sends many more.
import { startServer, type TestServer } from "../fixtures/server.ts";
import { attack, populate, seeded, type Target, targetsOf } from "./fuzz-api.ts";

const SEED = 20_261_122;
const EACH = 30;

let server: TestServer;
let targets: Target[];
beforeAll(async () => {
  server = await startServer({});
  targets = await targetsOf(server);
});
afterAll(() => server.close());

it("whatever is sent, no operation fails, hangs or tells of its insides", async () => {
  const random = seeded(SEED);
  const faults: string[] = [];
  const statuses = new Map<string, Set<number>>();
  for (const target of targets) {
    // Anew for each: the requests before may have deleted it.
    const pool = await populate(server);
    for (let i = 0; i < EACH; i += 1) {
      const { status, fault } = await attack(server, random, target, pool);
      if (fault !== undefined) faults.push(fault);
      const seen = statuses.get(target.path) ?? new Set();
      statuses.set(target.path, seen.add(status));
    }
  }
  expect(faults).toEqual([]);
  // Not only refusals: most operations were reached.
  const reached = [...statuses.values()].filter((seen) => [...seen].some((status) => status < 400));
  expect(reached.length).toBeGreaterThan(statuses.size * 0.8);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
}, 120_000);
