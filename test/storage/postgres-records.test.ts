import { Client, Pool } from "pg";
import { open } from "../../checkpoints/index.ts";
import { openPostgresRecords, type Signal } from "../../src/storage/index.ts";
import { startPostgres } from "../fixtures/postgres.ts";
import { newRun, scope } from "../contracts/records-fixtures.ts";

const server = await startPostgres();
afterAll(async () => {
  if (!("why" in server)) await server.stop();
});

describe.skipIf("why" in server)("records in PostgreSQL", () => {
  const { url } = server as { url: string };
  const terminateAll = async (): Promise<void> => {
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()",
    );
    await client.end();
  };

  it("are made once by processes that start at the same moment", async () => {
    const opened = await Promise.all(
      Array.from({ length: 6 }, () => openPostgresRecords(url, { schema: "race", connections: 2 })),
    );
    await Promise.all(opened.map((records) => records.ping()));
    await opened[0]?.runs.create(scope, newRun("a", "t"));
    expect(await opened[5]?.runs.counts()).toEqual({ pending: 1 });
    await Promise.all(opened.map((records) => records.close()));
  });

  it("share a database with checkpoints, and several schemas with each other", async () => {
    const persistence = await open(url);
    const one = await openPostgresRecords(url, { schema: "one" });
    const two = await openPostgresRecords(url, { schema: "two" });
    await one.runs.create(scope, newRun("a", "t"));
    expect(await two.runs.counts()).toEqual({});
    await persistence.close();
    await one.close();
    await two.close();
  });

  it("of a newer version are refused, and a schema must have a name", async () => {
    const records = await openPostgresRecords(url, { schema: "newer" });
    await records.close();
    const pool = new Pool({ connectionString: url });
    await pool.query("UPDATE newer.platform_schema SET version = 99");
    await expect(openPostgresRecords(pool, { schema: "newer" })).rejects.toThrow(
      expect.objectContaining({
        code: "DATABASE",
        message: expect.stringContaining("newer version"),
      }),
    );
    await expect(openPostgresRecords(pool, { schema: 'x"; DROP' })).rejects.toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
    await pool.end();
  });

  it("send what is told within the transaction, or nothing at all", async () => {
    const after: Signal[] = [];
    let fail = false;
    const records = await openPostgresRecords(url, {
      schema: "told",
      signals: {
        within: async (executor, signals) => {
          const { rows } = await executor.executeSql(
            "SELECT count(*)::int AS n FROM told.runs",
            [],
          );
          expect(rows).toEqual([{ n: 1 }]); // sees what is not committed yet
          expect(signals).toHaveLength(1);
          if (fail) throw new Error("no queue");
        },
        after: (signals) => void after.push(...signals),
      },
    });
    fail = true;
    await expect(records.runs.create(scope, newRun("a", "t"))).rejects.toThrow("no queue");
    expect(await records.runs.counts()).toEqual({});
    expect(after).toEqual([]);
    fail = false;
    await records.runs.create(scope, newRun("a", "t"));
    expect(after).toHaveLength(1);
    await records.close();
  });

  it("live on when the server ends their idle connections", async () => {
    const records = await openPostgresRecords(url, { schema: "idle", connections: 4 });
    await Promise.all(
      [1, 2, 3, 4].map((n) => records.runs.create(scope, newRun(`a${n}`, `t${n}`))),
    );
    await terminateAll();
    await Promise.all(
      [5, 6, 7, 8].map((n) => records.runs.create(scope, newRun(`a${n}`, `t${n}`))),
    );
    await terminateAll();
    expect(await records.runs.counts()).toEqual({ pending: 8 });
    await records.close();
  });

  it("lose no acknowledged run when connections end in the middle, and make none twice", async () => {
    const records = await openPostgresRecords(url, { schema: "cut", connections: 4 });
    const made: string[] = [];
    const failed: unknown[] = [];
    const create = (id: string): Promise<void> =>
      records.runs.create(scope, newRun(id, `t-${id}`)).then(
        () => void made.push(id),
        (error: unknown) => void failed.push(error),
      );
    for (let round = 0; round < 5; round += 1) {
      const running = Array.from({ length: 40 }, (_, index) => create(`r${round}-${index}`));
      await terminateAll();
      await Promise.all(running);
    }
    expect(made.length + failed.length).toBe(200);
    for (const error of failed) expect(error).toMatchObject({ code: "DATABASE", retryable: true });
    const { pending = 0 } = await records.runs.counts();
    expect(pending).toBeGreaterThanOrEqual(made.length);
    for (const id of made) expect((await records.runs.get(scope, `t-${id}`, id)).id).toBe(id);
    await records.close();
  });

  it("say in plain words that the server is away", async () => {
    const away = openPostgresRecords("postgres://nobody@127.0.0.1:1/none", { connectTimeout: 500 });
    await expect(away).rejects.toThrow(
      expect.objectContaining({ code: "DATABASE", retryable: true }),
    );
  });
});
