// Campaign: load. Paused threads, open streams, many runs, and memory over many streamed runs.
//   npm run campaign -- load [--paused 10000] [--streams 1000] [--runs 100000] [--streamed 10000]
//     [--only paused,streams,runs,memory] [--concurrency 32] [--postgres] [--url URL]
// `--url`: a server that serves test/campaigns/server-project; else one is started, on SQLite or PostgreSQL.
import { parseArgs } from "node:util";
import { startEmbedded, startShared } from "./server/cluster.ts";
import { measureMemory } from "./server/load-memory.ts";
import { measurePaused } from "./server/load-paused.ts";
import { measureRuns } from "./server/load-runs.ts";
import { measureStreams } from "./server/load-streams.ts";
import type { Load } from "./server/load.ts";

const { values } = parseArgs({
  options: {
    paused: { type: "string", default: "10000" },
    streams: { type: "string", default: "1000" },
    runs: { type: "string", default: "100000" },
    streamed: { type: "string", default: "10000" },
    only: { type: "string", default: "paused,streams,runs,memory" },
    concurrency: { type: "string", default: "32" },
    postgres: { type: "boolean", default: false },
    url: { type: "string" },
  },
});

const PARTS: Readonly<Record<string, (load: Load) => Promise<readonly string[]>>> = {
  paused: (load) => measurePaused(load, Number(values.paused)),
  streams: (load) => measureStreams(load, Number(values.streams)),
  runs: (load) => measureRuns(load, Number(values.runs)),
  memory: (load) => measureMemory(load, Number(values.streamed)),
};

const own =
  values.url === undefined
    ? await (values.postgres ? startShared(0, 2, 10) : startEmbedded(0, 10))
    : undefined;
const load: Load = {
  url: values.url ?? own?.url ?? "",
  concurrency: Number(values.concurrency),
  say: console.log,
};
let failures = 0;
for (const part of values.only.split(",")) {
  const began = Date.now();
  const problems = (await PARTS[part]?.(load)) ?? [`there is no part ${part}`];
  for (const problem of problems) console.log(`WRONG: ${problem}`);
  console.log(
    `${part}: ${problems.length} problems, ${Math.round((Date.now() - began) / 1_000)} s`,
  );
  failures += problems.length;
}
await own?.stopServers();
await own?.close(false);
process.exit(failures === 0 ? 0 : 1);
