// Generated requests to every operation of the API, with a summary.
//   npm run campaign -- fuzz [--seed N] [--count N]: N requests an operation, default 1,000.
import { parseArgs } from "node:util";
import { startServer } from "../fixtures/server.ts";
import { attack, populate, seeded, targetsOf } from "../server/fuzz-api.ts";

const { values } = parseArgs({
  options: { seed: { type: "string" }, count: { type: "string" }, database: { type: "string" } },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
const count = Number(values.count ?? 1_000);

const server = await startServer(
  values.database === undefined ? {} : { database: values.database },
);
const random = seeded(seed);
let sent = 0;
const faults: string[] = [];
try {
  const targets = await targetsOf(server);
  for (const target of targets) {
    // Anew for each: the requests before may have deleted it.
    const pool = await populate(server);
    const statuses: Record<number, number> = {};
    for (let i = 0; i < count; i += 1) {
      const { status, fault } = await attack(server, random, target, pool);
      statuses[status] = (statuses[status] ?? 0) + 1;
      sent += 1;
      if (fault !== undefined) {
        faults.push(fault);
        console.log(`FAULT ${fault}`);
      }
    }
    const line = Object.entries(statuses).map(([status, times]) => `${status}: ${times}`);
    console.log(`${target.method.toUpperCase()} ${target.path}  ${line.join(", ")}`);
  }
  console.log(
    `fuzz: seed ${seed}, ${targets.length} operations, ${sent} requests, ${faults.length} faults`,
  );
} finally {
  await server.close();
}
process.exit(faults.length === 0 ? 0 : 1);
