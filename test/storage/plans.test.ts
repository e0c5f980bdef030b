// With 100,000 runs that have ended, what is done for every run touches only the rows it is about: the plans
// of the very statements that are sent.
import Database from "better-sqlite3";
import { Pool } from "pg";
import {
  openPostgresRecords,
  openSqliteRecords,
  type OpenRecords,
} from "../../src/storage/index.ts";
import { startPostgres } from "../fixtures/postgres.ts";
import { newRun, scope } from "../contracts/records-fixtures.ts";

const fill = (series: string): string => `
  INSERT INTO runs (id, tenant, thread_id, assistant_id, graph_id, status, metadata, multitask_strategy, priority,
    attempts, token, available_at, is_stateless, is_answer, log_kept, created_at, updated_at, ended_at)
  SELECT 'old' || n, 'default', 'thread' || (n % 1000), 'a', 'g', 'success', '{}', 'enqueue', 0, 1, n, 0, 0, 0, 0, n, n, n
  FROM ${series}`;

const work = async (records: OpenRecords): Promise<void> => {
  await records.runs.create(scope, newRun("r", "thread1"));
  await records.runs.nextDue();
  const run = await records.runs.claim("w", 1000, {});
  const token = run?.token ?? 0;
  await records.runs.claim("w", 1000, { perTenant: 2, perAssistant: 2 });
  await records.runs.heartbeat("r", token, 1000);
  await records.events.append("r", token, [{ event: "values", data: "1" }]);
  await records.events.read("r", 0, 10);
  const thread = { status: "idle" as const, values: null, interrupts: {}, error: null };
  await records.runs.finish("r", token, { status: "success", error: null, thread });
  await records.runs.reap(3);
};

const server = await startPostgres();
afterAll(async () => {
  if (!("why" in server)) await server.stop();
});

describe("with 100,000 runs that have ended", () => {
  it("SQLite scans no table for a run", async () => {
    const database = new Database(":memory:");
    const records = openSqliteRecords(database, { clock: { now: () => 1e9 } });
    const numbers =
      "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 100000) SELECT n FROM s)";
    database.exec(fill(numbers));
    const sent: string[] = [];
    const prepare = database.prepare.bind(database);
    vi.spyOn(database, "prepare").mockImplementation((text: string) => {
      sent.push(text);
      return prepare(text);
    });
    await work(records);
    const queries = sent.filter((text) => /^(select|update|delete)/i.test(text));
    expect(queries.length).toBeGreaterThan(10);
    const scans = queries.flatMap((text) => {
      const nothing = text
        .split("?")
        .slice(1)
        .map(() => null);
      const plan = prepare(`EXPLAIN QUERY PLAN ${text}`).all(...nothing) as { detail: string }[];
      return plan.map(({ detail }) => detail).filter((detail) => detail.startsWith("SCAN"));
    });
    // Partial indexes that hold only what waits or works.
    expect([...new Set(scans)].toSorted()).toEqual([
      "SCAN busy USING COVERING INDEX running_of_assistant",
      "SCAN runs USING INDEX runs_by_due",
      "SCAN runs USING INDEX runs_to_claim",
    ]);
    database.close();
  });

  it("PostgreSQL reads a bounded number of rows for a run", async (context) => {
    context.skip("why" in server);
    const { url } = server as { url: string };
    const pool = new Pool({ connectionString: url });
    const records = await openPostgresRecords(pool, { clock: { now: () => 1e9 } });
    const client = await pool.connect();
    await client.query("SET search_path TO tutti");
    await client.query(fill("generate_series(1, 100000) AS n"));
    await client.query("ANALYZE");
    const read = async (): Promise<number> => {
      await client.query("SELECT pg_stat_force_next_flush()");
      const { rows } = await client.query<{ n: string }>(
        "SELECT seq_tup_read + idx_tup_fetch AS n FROM pg_stat_user_tables WHERE relname = 'runs'",
      );
      return Number(rows[0]?.n);
    };
    await records.ping();
    const before = await read();
    await work(records);
    // What the other connections did is counted when they end.
    client.release();
    await pool.end();
    const again = new Pool({ connectionString: url });
    const { rows } = await again.query<{ n: string }>(
      "SELECT seq_tup_read + idx_tup_fetch AS n FROM pg_stat_user_tables WHERE relname = 'runs' AND schemaname = 'tutti'",
    );
    expect(Number(rows[0]?.n) - before).toBeLessThan(1000);
    await again.end();
  });
});
