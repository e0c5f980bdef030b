// Campaign: two clients answer each pause at the same moment; exactly one wins, and the state holds its answer.
//   npm run campaign -- answers [--count 1000] [--seed N] [--clients 20] [--sqlite]
import { parseArgs } from "node:util";
import { runCampaign } from "./server/campaign.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "1000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    clients: { type: "string", default: "20" },
    sqlite: { type: "boolean", default: false },
  },
});
const { problems, lines, doubleAnswers } = await runCampaign({
  seed: Number(values.seed),
  plan: { worker: 0, api: 0, database: 0, stop: 0, partition: 0 },
  everyMs: 0,
  clients: Number(values.clients),
  workers: 2,
  concurrency: 10,
  nodeMs: 0,
  isEmbedded: values.sqlite,
  kinds: ["pause"],
  minutes: 0,
  jobs: Number(values.count),
  say: console.log,
});
for (const line of lines) console.log(line);
for (const problem of problems.slice(0, 50)) console.log(`WRONG: ${problem}`);
console.log(`${doubleAnswers.clear} double answers, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
