// What a database server does to those who use it: connections end, it dies, it comes back.
import { care, open, type Persistence } from "../../checkpoints/index.ts";
import { startPostgres } from "../fixtures/postgres.ts";
import { storyGraph } from "./graphs.ts";

const server = await startPostgres();
const isAvailable = !("why" in server);
const url = isAvailable ? server.url : "";

const on = (thread: string) => ({
  configurable: { thread_id: thread },
  durability: "sync" as const,
});

describe.runIf(isAvailable)("PostgreSQL", () => {
  let persistence: Persistence;
  beforeEach(async () => {
    persistence = await open(url, { pool: { connections: 3 } });
  });
  afterEach(() => persistence.close());
  afterAll(() => (isAvailable ? server.stop() : undefined));

  const tell = (thread: string, text: string) =>
    storyGraph(persistence.saver).invoke({ last: { text, fan: 1 } }, on(thread));

  it("goes on after the server ended every connection", async () => {
    await tell("a", "one");
    const other = await open(url, { pool: { connections: 1 } });
    await other.pool?.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()",
    );
    await other.close();
    // the pool learns of it on its own time; a first call may still meet a dead connection
    const { log } = await tell("a", "two").catch(() => tell("a", "two"));
    expect(log).toContain("said two");
    expect((await care.verify(persistence)).damages).toEqual([]);
  });

  it("outlives the end of a connection that is taken but idle, as between two statements", async () => {
    const taken = await persistence.pool?.connect();
    const found = await taken?.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    const ended = new Promise((resolve) => taken?.once("end", resolve));
    await persistence.pool?.query("SELECT pg_terminate_backend($1)", [found?.rows[0]?.pid]);
    await ended;
    taken?.release(true);
    expect((await tell("idle", "one")).log).toContain("said one");
  });

  it("gives up in bounded time on a statement that hangs, and says so", async () => {
    await tell("a", "one");
    const hasty = await open(url, { pool: { connections: 1, statementTimeout: 200 } });
    const blocker = await persistence.pool?.connect();
    await blocker?.query("BEGIN; LOCK TABLE cp_records");
    const stuck = storyGraph(hasty.saver).invoke({ last: { text: "two" } }, on("a"));
    await expect(stuck).rejects.toMatchObject({ code: "DATABASE", retryable: true });
    await blocker?.query("ROLLBACK");
    blocker?.release();
    await hasty.close();
  });

  it("says that a server cannot be reached", async () => {
    const nowhere = new URL(url);
    nowhere.port = "1";
    await expect(open(nowhere.href, { pool: { connectTimeout: 1_000 } })).rejects.toMatchObject({
      code: "DATABASE",
      retryable: true,
    });
  });

  it("uses nothing that a transaction pooler takes away: every statement on a connection of its own", async () => {
    // maxUses 1 gives each statement a fresh session, which is the worst a pooler can do
    const pool = persistence.pool as unknown as { options: { maxUses: number } };
    pool.options.maxUses = 1;
    await tell("pooled", "one");
    const fence = await persistence.saver.acquire("pooled");
    const { log } = await storyGraph(persistence.saver).invoke(
      { last: { text: "two" } },
      { ...on("pooled"), configurable: { thread_id: "pooled", fence } },
    );
    expect(log).toContain("said two");
  });

  it("commits a step in one round trip", async () => {
    const sent: string[] = [];
    const pool = persistence.pool as unknown as {
      query: (text: string, values: unknown[]) => unknown;
    };
    const query = pool.query.bind(pool);
    pool.query = (text, values) => {
      sent.push(text.slice(0, 20));
      return query(text, values);
    };
    await tell("trips", "one");
    const commits = sent.filter((text) => text.startsWith("SELECT cp_commit"));
    const checkpoints: unknown[] = [];
    for await (const tuple of persistence.saver.list(on("trips"))) checkpoints.push(tuple);
    // at most one commit for the checkpoint and one for writes that could not wait for it
    expect(commits.length).toBeLessThanOrEqual(checkpoints.length * 2);
  });
});
