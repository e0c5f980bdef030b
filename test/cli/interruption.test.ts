import { randomUUID } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import Database from "better-sqlite3";
import { createThreadRecords, migrate, type ThreadRecords } from "../../src/storage/index.ts";
import { heldModel, isAbout } from "./held-model.ts";
import { expectCalm, GOAL, type Options, SALES, workshop } from "./tutti.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const shop = workshop({ "sales.csv": SALES });
afterAll(() => shop.remove());

/** A run that stands in the middle: its figures are verified, its text is being written. */
const inTheMiddle = async (flags: readonly string[] = []) => {
  const model = await heldModel(isAbout("narrative"));
  const options: Options = { env: model.env };
  const run = shop.begin(["run", GOAL, "--file", "sales.csv", ...flags], options);
  await run.line(/^thread/);
  await Promise.race([model.asked, run.ended]);
  return { model, run, options, id: await shop.latest() };
};

const expectFinish = async (id: string, options: Options): Promise<void> => {
  const end = await shop.tutti(["resume", id], options);
  expect(end).toMatchObject({ code: 0, err: "" });
  expect(end.out).toContain("Finished");
  // What was verified before is not done again.
  expect(end.out).not.toMatch(/^(totals|revenue-by-region): working/m);
  expect(end.out).toMatch(/^narrative: done/m);
};

describe("a run that is interrupted", () => {
  it.each<[string, NodeJS.Signals[]]>([
    ["Ctrl-C", ["SIGINT"]],
    ["a Ctrl-C that npm passes on a second time", ["SIGINT", "SIGINT"]],
    ["kill", ["SIGTERM"]],
  ])("by %s pauses durably with 5, and resume finishes it", async (_name, signals) => {
    const { model, run, options, id } = await inTheMiddle();
    for (const signal of signals) run.kill(signal);
    const end = await run.ended;
    expect(end.code).toBe(5);
    expect(end.out).toContain(
      `Paused; nothing is lost. Go on with:\n  npx tutti resume ${id.slice(0, 8)}`,
    );
    expect((await shop.tutti(["threads"])).out).toMatch(/^\w{8} {2}paused/);
    expectCalm(end);
    model.release();
    await expectFinish(id, options);
    await model.close();
  });

  it("by kill -9 stands where it stood, and resume finishes it", async () => {
    const { model, run, options, id } = await inTheMiddle();
    run.kill("SIGKILL");
    expect((await run.ended).code).toBeNull();
    expect((await shop.tutti(["threads"])).out).toMatch(/^\w{8} {2}stopped/);
    expect((await shop.tutti(["show", id])).out).toMatch(/, stopped[^]+✓ totals/);
    model.release();
    await expectFinish(id, options);
    await model.close();
  });
});

describe("two commands at once on one data folder", () => {
  it("run side by side; on one thread the second is refused; the lists can be read", async () => {
    const { model, run, options, id } = await inTheMiddle();
    const [resumed, listed, shown, other] = await Promise.all([
      shop.tutti(["resume", id], options),
      shop.tutti(["threads"]),
      shop.tutti(["show", id]),
      shop.tutti(["run", "Revenue by product", "--file", "sales.csv", "--out", "other"]),
    ]);
    expect(resumed.code).toBe(2);
    expect(resumed.err).toMatch(/^error THREAD_BUSY: another process works on thread/);
    expect(listed.out).toMatch(new RegExp(`^${id.slice(0, 8)} {2}running`, "m"));
    expect(shown.out).toMatch(/, running[^]+✓ totals[^]+▸ narrative/);
    expect(other).toMatchObject({ code: 0, err: "" });
    model.release();
    expect(await run.ended).toMatchObject({ code: 0, err: "" });
    await model.close();
  });

  it("two resumes of one paused thread: one goes on, the other is refused", async () => {
    const { model, run, options, id } = await inTheMiddle();
    run.kill("SIGINT");
    await run.ended;
    const both = [shop.begin(["resume", id], options), shop.begin(["resume", id], options)];
    const first = await Promise.race(both.map(({ ended }) => ended));
    expect(first.code).toBe(2);
    expect(first.err).toContain("THREAD_BUSY");
    model.release();
    const codes = (await Promise.all(both.map(({ ended }) => ended))).map(({ code }) => code);
    expect(codes.sort()).toEqual([0, 2]);
    await model.close();
  });
});

describe("a kill before the first checkpoint", () => {
  const withRecords = (work: (records: ThreadRecords) => void): void => {
    const database = new Database(shop.path(".tutti/tutti.db"));
    migrate(database);
    work(createThreadRecords(database, { now: () => Date.now() }));
    database.close();
  };

  it("loses nothing of a run: resume begins it", async () => {
    const id = randomUUID();
    const input = { goal: GOAL, files: [{ path: shop.path("sales.csv") }], options: {} };
    withRecords((records) =>
      records.create({ id, graphId: "orchestrator", goal: GOAL, out: null, input }),
    );
    expect((await shop.tutti(["threads"])).out).toMatch(/^\w{8} {2}stopped/);
    const end = await shop.tutti(["resume", id]);
    expect(end).toMatchObject({ code: 0, err: "" });
    expect(end.out).toMatch(/^revenue-by-region: done/m);
  });

  it("loses nothing of a follow-up: resume hears it, once", async () => {
    await shop.tutti(["run", GOAL, "--file", "sales.csv"]);
    const id = await shop.latest();
    const messages = [{ id: randomUUID(), role: "user", content: "also by product" }];
    const told = () =>
      withRecords((records) => records.update(id, { input: { messages, files: [] } }));
    told();
    const end = await shop.tutti(["resume", id]);
    expect(end.out).toMatch(/^plan 2: [^]+^revenue-by-product: done/m);
    told();
    const again = await shop.tutti(["resume", id]);
    expect(again.code).toBe(0);
    expect(again.out).not.toContain("plan 3");
  });
});

describe("the source file", () => {
  it("may be changed or moved during a pause: the copy counts", async () => {
    const other = workshop({ "sales.csv": SALES });
    const run = ["run", GOAL, "--file", "sales.csv", "--out", "report", "--review", "plan"];
    expect((await other.tutti(run)).code).toBe(3);
    other.write("sales.csv", SALES.replaceAll("300.50", "999999.50"));
    const id = await other.latest();
    rmSync(other.path("sales.csv"));
    expect((await other.tutti(["resume", id, "--approve"])).code).toBe(0);
    const html = readFileSync(other.path("report/report.html"), "utf8");
    // September in the North: 300.50 + 301.50.
    expect(html).toContain("602.00");
    expect(html).not.toContain("999,999");
    other.remove();
  });
});
