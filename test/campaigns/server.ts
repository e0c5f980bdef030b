// Campaign: API, workers and PostgreSQL as processes of their own, killed, stopped and cut off while clients
// are at work. Nothing accepted may be lost, stuck, done twice or forked.
//   npm run campaign -- server [--kills 600] [--seed N] [--every 800] [--clients 60] [--workers 2]
//     [--concurrency 5] [--node-ms 100] [--minutes 120]
// `--kills` is the number of killed workers; the API and PostgreSQL are killed and workers stopped a third
// as often, and cut off a thirtieth. `--sqlite`: one server on SQLite, killed.
import { parseArgs } from "node:util";
import { runCampaign } from "./server/campaign.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "600" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    every: { type: "string", default: "800" },
    clients: { type: "string", default: "60" },
    workers: { type: "string", default: "2" },
    concurrency: { type: "string", default: "5" },
    "node-ms": { type: "string", default: "100" },
    minutes: { type: "string", default: "120" },
    sqlite: { type: "boolean", default: false },
  },
});
const kills = Number(values.kills);
const plan = values.sqlite
  ? { worker: 0, api: kills, database: 0, stop: 0, partition: 0 }
  : {
      worker: kills,
      api: Math.round(kills / 3),
      database: Math.round(kills / 3),
      stop: Math.round(kills / 3),
      partition: Math.round(kills / 30),
    };
const SHOWN = 50;

const { problems, lines, folder } = await runCampaign({
  seed: Number(values.seed),
  plan,
  everyMs: Number(values.every),
  clients: Number(values.clients),
  workers: Number(values.workers),
  concurrency: Number(values.concurrency),
  nodeMs: Number(values["node-ms"]),
  isEmbedded: values.sqlite,
  minutes: Number(values.minutes),
  jobs: 0,
  say: console.log,
});
for (const line of lines) console.log(line);
for (const problem of problems.slice(0, SHOWN)) console.log(`WRONG: ${problem}`);
console.log(
  problems.length === 0
    ? "nothing lost, nothing stuck, nothing done twice, no history forked"
    : `${problems.length} problems; logs and data are in ${folder}`,
);
process.exit(problems.length === 0 ? 0 : 1);
