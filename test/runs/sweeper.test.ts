// What has had its time goes: threads, logs of events, whatever else is handed in; by one process.
import { Pool } from "pg";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import {
  createPlatformLoops,
  createPostgresTurn,
  createSweeper,
  ownTurn,
  type Sweeper,
} from "../../src/runs/index.ts";
import { startPostgres } from "../fixtures/postgres.ts";
import {
  createTestPlatform,
  door,
  never,
  request,
  scope,
  silent,
  succeed,
  type TestPlatform,
} from "./platform.ts";

const THREAD = "55555555-5555-4555-8555-555555555555";
const MINUTE = 60_000;

let platform: TestPlatform;
afterEach(() => platform.close());
const time = { now: Date.UTC(2026, 10, 22) };

const setUp = async (): Promise<{ sweeper: Sweeper; pruned: string[] }> => {
  platform = await createTestPlatform(succeed, { clock: { now: () => time.now } });
  const pruned: string[] = [];
  const sweeper = createSweeper({
    records: platform.records,
    threads: {
      prune: async (who, ids, strategy) => {
        if (ids.includes("resists")) throw new Error("no");
        pruned.push(...ids.map((id) => `${strategy} ${id}`));
        if (strategy === "delete")
          for (const id of ids) await platform.records.threads.delete(who, id);
        return ids.length;
      },
    },
    clock: { now: () => time.now },
    log: silent,
    turn: ownTurn,
    others: { items: () => Promise.resolve(7) },
  });
  return { sweeper, pruned };
};

describe("the sweeper", () => {
  it("deletes threads and prunes threads whose time to live is over, once", async () => {
    const { sweeper, pruned } = await setUp();
    const make = (id: string, strategy: "delete" | "keep_latest", minutes: number) =>
      platform.records.threads.create(
        scope,
        { id, metadata: {}, ttl: { strategy, minutes } },
        "raise",
      );
    await make("short", "delete", 5);
    await make("kept", "keep_latest", 5);
    await make("long", "delete", 50);
    await make("resists", "delete", 5);
    expect(await sweeper.sweep()).toMatchObject({ threads: 0, items: 7 });
    time.now += 6 * MINUTE;
    expect(await sweeper.sweep()).toMatchObject({ threads: 2 });
    expect(pruned.toSorted()).toEqual(["delete short", "keep_latest kept"]);
    expect(await sweeper.sweep()).toMatchObject({ threads: 0 });
  });

  it("keeps a stateless run's thread while it runs and a while longer, then deletes it", async () => {
    const { sweeper } = await setUp();
    const run = await platform.service.create(scope, request(null, { afterSeconds: 3_600 }));
    time.now += 30 * MINUTE;
    expect(await sweeper.sweep()).toMatchObject({ threads: 0 });
    time.now += 31 * MINUTE;
    await platform.worker("a").start();
    const result = await platform.service.join(scope, undefined, run.id, never);
    expect(result.status).toBe("success");
    expect(await sweeper.sweep()).toMatchObject({ threads: 0 });
    time.now += 3 * MINUTE;
    expect(await sweeper.sweep()).toMatchObject({ threads: 1 });
  });

  it("frees the events of ended runs, of resumable ones later", async () => {
    const { sweeper } = await setUp();
    await platform.worker("a").start();
    const plain = await platform.service.create(scope, request(THREAD));
    const resumable = await platform.service.create(
      scope,
      request(THREAD, { streamResumable: true }),
    );
    for (const { id } of [plain, resumable]) await platform.service.join(scope, THREAD, id, never);
    const kept = async () =>
      Promise.all([plain, resumable].map(({ id }) => platform.records.events.last(id)));
    await sweeper.sweep();
    expect(await kept()).toEqual([1, 1]);
    time.now += 3 * MINUTE;
    await sweeper.sweep();
    expect(await kept()).toEqual([0, 1]);
    time.now += 60 * MINUTE;
    await sweeper.sweep();
    expect(await kept()).toEqual([0, 0]);
  });
});

describe("an embedded platform", () => {
  it("goes on at its start with what ran when it died; three times, then no more", async () => {
    const { sweeper } = await setUp();
    const run = await platform.service.create(
      scope,
      request(THREAD, { webhook: "http://127.0.0.1/hook" }),
    );
    const loops = () =>
      createPlatformLoops({
        records: platform.records,
        log: silent,
        isEmbedded: true,
        sweeper,
      });
    for (const expected of ["pending", "pending", "error"]) {
      await platform.records.runs.claim("dies", MINUTE, {});
      const one = loops();
      await one.start();
      await one.stop();
      expect((await platform.records.runs.get(scope, THREAD, run.id)).status).toBe(expected);
    }
    // Nobody else is left to tell its webhook.
    expect(await platform.records.outbox.take(10, MINUTE)).toMatchObject([
      { id: run.id, body: JSON.stringify({ status: "error" }) },
    ]);
  });
});

const server = await startPostgres();

describe.skipIf("why" in server)("a turn", () => {
  if ("why" in server) return;
  afterAll(() => server.stop());

  it("is one process's at a time, and is free again after its end, also a bad one", async () => {
    await setUp();
    const [one, other] = [1, 2].map(() => new Pool({ connectionString: server.url }));
    if (one === undefined || other === undefined) throw new Error("two pools");
    const [first, second] = [createPostgresTurn(one), createPostgresTurn(other)];
    const begun = door();
    const finish = door();
    const work = first("sweep", async () => {
      begun.open();
      await finish.opened;
      return "done";
    });
    await begun.opened;
    expect(await second("sweep", () => Promise.resolve("done"))).toBeUndefined();
    expect(await second("else", () => Promise.resolve("done"))).toBe("done");
    finish.open();
    expect(await work).toBe("done");
    await expect(second("sweep", () => Promise.reject(new Error("bad")))).rejects.toThrow("bad");
    expect(await first("sweep", () => Promise.resolve("done"))).toBe("done");
    await Promise.all([one.end(), other.end()]);
  });
});
