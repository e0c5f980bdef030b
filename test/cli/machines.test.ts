// Several machines over one PostgreSQL: an API and a worker that share no folder, and the command line.
import { readdirSync } from "node:fs";
import { startPostgres } from "../fixtures/postgres.ts";
import { heldModel, isAbout } from "./held-model.ts";
import { GOAL, type Running, SALES, workshop } from "./tutti.ts";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });
const shop = workshop({ "sales.csv": SALES });
const running: Running[] = [];
const stopped = async (one: Running): Promise<void> => {
  one.kill("SIGKILL");
  await one.ended;
};
afterAll(async () => {
  for (const one of running) await stopped(one);
  if ("stop" in postgres) await postgres.stop();
  shop.remove();
});

const begin = (args: readonly string[], env: Readonly<Record<string, string>>): Running => {
  const one = shop.begin(args, { env });
  running.push(one);
  return one;
};

const postgres = await startPostgres();
if ("why" in postgres)
  console.warn(`SKIPPED: an API and workers on several machines: ${postgres.why}`);

describe.skipIf("why" in postgres)("an API and workers on several machines", () => {
  it("do the main job together, and another worker goes on where one died", async () => {
    const model = await heldModel(isAbout("narrative"));
    const env = { DATABASE_URL: "url" in postgres ? postgres.url : "", ...model.env };
    const api = begin(["serve", "--no-worker", "--port", "0", "--data", "api"], env);
    const { url } = JSON.parse(await api.line(/"url":/)) as { url: string };
    const first = begin(["worker", "--data", "first"], env);
    await first.line(/"working"/);

    const flags = ["--file", "sales.csv", "--out", "report", "--server", url];
    const run = begin(["run", GOAL, ...flags], {});
    await Promise.race([model.asked, run.ended]);
    // The file that was uploaded to the API, and what the first worker made of it, are in the database.
    const second = begin(["worker", "--data", "second"], env);
    await second.line(/"working"/);
    await stopped(first);
    model.release();

    const end = await run.ended;
    expect(end).toMatchObject({ code: 0, err: "" });
    expect(end.out.match(/^totals: done$/gm)).toHaveLength(1);
    expect(readdirSync(shop.path("report")).sort()).toEqual([
      "manifest.json",
      "report.html",
      "report.pdf",
      "report.xlsx",
    ]);
    second.kill("SIGTERM");
    api.kill("SIGTERM");
    expect(await second.ended).toMatchObject({ code: 0 });
    expect(await api.ended).toMatchObject({ code: 0 });
    await model.close();
  });

  it("need a database: a worker alone says so", async () => {
    const end = await shop.tutti(["worker"]);
    expect(end.code).toBe(2);
    expect(end.err).toMatch(/^error CONFIG_INVALID: a worker of its own needs DATABASE_URL/);
  });
});
