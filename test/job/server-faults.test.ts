// A short version of `npm run campaign -- server`: servers, workers and the database are killed while clients
// are at work.
import { expect, it } from "vitest";
import { type CampaignOptions, runCampaign } from "../campaigns/server/campaign.ts";
import { hasEmbeddedPostgres } from "../fixtures/postgres.ts";

const NOTHING = { worker: 0, api: 0, database: 0, stop: 0, partition: 0 };
const options: CampaignOptions = {
  seed: 4,
  plan: NOTHING,
  everyMs: 700,
  clients: 12,
  workers: 2,
  concurrency: 4,
  nodeMs: 60,
  isEmbedded: true,
  minutes: 1,
  jobs: 16,
  say: () => undefined,
};

/** A database that is not ours is not killed. */
const isEmbeddedPostgres = hasEmbeddedPostgres && (process.env["DATABASE_URL"] ?? "") === "";

it.runIf(isEmbeddedPostgres)(
  "nothing accepted is lost, stuck, done twice or forked while processes and PostgreSQL are killed",
  async () => {
    const plan = { worker: 3, api: 1, database: 1, stop: 1, partition: 0 };
    const { problems } = await runCampaign({ ...options, isEmbedded: false, plan });
    expect(problems).toEqual([]);
  },
  120_000,
);

it("the same on SQLite, where orphans go on when the server is back", async () => {
  const { problems } = await runCampaign({ ...options, plan: { ...NOTHING, api: 3 } });
  expect(problems).toEqual([]);
}, 120_000);
