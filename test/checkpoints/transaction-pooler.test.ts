// Behind pgbouncer in transaction mode: nothing may rest on what a session remembers.
import { Command } from "@langchain/langgraph";
import { Client } from "pg";
import { care, open, payloadHash, type Persistence } from "../../checkpoints/index.ts";
import { startPgbouncer } from "../fixtures/pgbouncer.ts";
import { startPostgres } from "../fixtures/postgres.ts";
import { pausingGraph, storyGraph } from "./graphs.ts";

const server = await startPostgres();
const pooler = "why" in server ? server : await startPgbouncer(server.url, 3);
const url = "url" in pooler ? pooler.url : "";

const on = (thread: string, more: object = {}) => ({
  configurable: { thread_id: thread, ...more },
  durability: "sync" as const,
});

const clientOf = async (): Promise<Client> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
};

describe.runIf("url" in pooler)("PostgreSQL behind a transaction pooler", () => {
  let left: Persistence;
  let right: Persistence;
  beforeAll(async () => {
    [left, right] = await Promise.all([open(url), open(url)]);
  });
  afterAll(async () => {
    await left.close();
    await right.close();
    if ("stop" in pooler) await pooler.stop();
    if ("stop" in server) await server.stop();
  });

  it("is a place where sessions do not hold: a named statement is lost", async () => {
    const [first, second] = [await clientOf(), await clientOf()];
    const named = { name: "mine", text: "SELECT pg_backend_pid() AS pid" };
    const before = await first.query<{ pid: number }>(named);
    await second.query("BEGIN"); // takes the connection that was used last
    const { rows } = await first.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    expect(rows[0]?.pid).not.toBe(before.rows[0]?.pid);
    await expect(first.query(named)).rejects.toMatchObject({ code: "26000" });
    await second.query("ROLLBACK");
    await first.end();
    await second.end();
  });

  it("runs many threads of two processes at once, and every one is whole", async () => {
    const threads = Array.from({ length: 24 }, (_, i) => `t${i}`);
    await Promise.all(
      threads.map(async (thread, i) => {
        const { saver } = i % 2 === 0 ? left : right;
        const fence = await saver.acquire(thread, 1);
        const config = on(thread, { fence });
        await storyGraph(saver).invoke({ last: { text: "one", fan: 3, ask: true } }, config);
        await storyGraph(saver).invoke(new Command({ resume: "yes" }), config);
        await storyGraph(saver).invoke(new Command({ resume: "and yes" }), config);
      }),
    );
    for (const [i, thread] of threads.entries()) {
      const { saver } = i % 2 === 0 ? right : left; // the other one reads
      const { values } = await storyGraph(saver).getState(on(thread));
      expect((values as { log: string[] }).log).toContain("answered yes undefined");
    }
    expect((await care.verify(left)).damages).toEqual([]);
  });

  it("holds fences and claims", async () => {
    await pausingGraph(left.saver).invoke(
      {},
      on("asked", { fence: await left.saver.acquire("asked") }),
    );
    const { tasks } = await pausingGraph(left.saver).getState(on("asked"));
    const [asked] = tasks[0]?.interrupts ?? [];
    const claim = { thread: "asked", interrupt: asked?.id ?? "", hash: payloadHash(asked?.value) };
    const claims = await Promise.allSettled(
      [left, right].flatMap(({ saver }, i) => [
        saver.claim({ ...claim, by: `run ${i}` }),
        saver.claim({ ...claim, by: `run ${i + 2}` }),
      ]),
    );
    expect(claims.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await right.saver.acquire("asked");
    const stale = pausingGraph(left.saver).invoke({}, on("asked", { fence: 1 }));
    await expect(stale).rejects.toMatchObject({ code: "CHECKPOINT_CONFLICT" });
  });

  it("copies, prunes and deletes, and keeps items", async () => {
    await storyGraph(left.saver).invoke({ last: { text: "one", fan: 2 } }, on("whole"));
    await care.copyThread(right, "whole", "copy");
    await care.pruneThread(left, "copy");
    await right.saver.deleteThread("whole");
    await left.store.put(["notes"], "a", { text: "tea and biscuits" });
    expect(await right.store.search(["notes"], { query: "biscuits" })).toHaveLength(1);
    expect(await left.saver.getTuple(on("whole"))).toBeUndefined();
    expect((await care.verify(right)).damages).toEqual([]);
  });
});
