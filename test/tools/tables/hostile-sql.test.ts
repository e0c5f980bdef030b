import { describe, expect, it } from "vitest";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { fixture } from "./table-fixture.ts";

const SALES =
  "region,revenue,day\nNorth,5.50,2026-09-01\nSouth,7.25,2026-09-02\nNorth,1.00,2026-10-01\n";

const open = async () => {
  const { open: load } = await fixture();
  return load("sales.csv", SALES);
};

describe("a SELECT over the tables runs", () => {
  it.each<[string, unknown[][]]>([
    [
      "SELECT region, sum(revenue) AS r FROM sales GROUP BY region ORDER BY r DESC",
      [
        ["South", 7.25],
        ["North", 6.5],
      ],
    ],
    ["WITH a AS (SELECT * FROM sales), b AS (SELECT count(*) AS n FROM a) SELECT n FROM b;", [[3]]],
    ["FROM sales SELECT max(day)", [["2026-09-02"]].map(() => ["2026-10-01"])],
    ["SELECT count(*) FROM main.sales s, range(3)", [[9]]],
    ["SELECT 'it''s; DROP TABLE sales' -- a comment; SELECT 2", [["it's; DROP TABLE sales"]]],
    [
      "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT sum(n) FROM t",
      [[6]],
    ],
    ["SELECT region, rank() OVER (ORDER BY revenue) AS k FROM SALES QUALIFY k = 1", [["North", 1]]],
    ["SELECT date_trunc('month', day) AS m FROM sales LIMIT 1", [["2026-09-01T00:00:00"]]],
    [
      "SELECT 9007199254740993::BIGINT, 5::HUGEINT, 'nan'::DOUBLE, [1, 2]::VARCHAR, TIME '10:00:00'",
      [["9007199254740993", 5, null, "[1, 2]", "10:00:00"]],
    ],
    [
      "SELECT * FROM (PIVOT sales ON region IN ('North', 'South') USING sum(revenue) GROUP BY day) ORDER BY 1 LIMIT 1",
      [["2026-09-01", 5.5, null]],
    ],
  ])("%s", async (sql, rows) => {
    expect((await (await open()).query(sql)).rows).toEqual(rows);
  });
});

const secret = join(tmpdir(), "hostile-sql-secret.csv");

describe("anything else is refused, and the session goes on", () => {
  it.each([
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_csv_auto('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM read_json('/etc/passwd')",
    "SELECT * FROM read_parquet('/etc/passwd')",
    "SELECT * FROM parquet_metadata('/etc/passwd')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    `SELECT * FROM '${secret}'`,
    `SELECT * FROM "${secret}"`,
    "SELECT * FROM 'https://example.org/data.csv'",
    "SELECT * FROM glob('/etc/*')",
    "SELECT count(*) FROM sales WHERE EXISTS (FROM glob('/etc/*'))",
    "WITH a AS (FROM read_text('/etc/passwd')) SELECT * FROM a",
    "SELECT getenv('HOME')",
    "SELECT current_setting('home_directory')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_catalog.pg_class",
    "SELECT * FROM duckdb_tables",
    "SELECT * FROM enable_logging('QueryLog')",
    "SELECT * FROM enable_logging(storage='file', storage_path='/tmp/hostile-log')",
    "SELECT * FROM disable_optimizer()",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('sales')",
    "SELECT json_execute_serialized_sql('{}')",
    "SELECT write_log('x')",
    "SELECT sleep_ms(100000)",
    "SELECT nextval('s')",
    "ATTACH '/tmp/hostile.db'",
    "COPY sales TO '/tmp/hostile.csv'",
    "COPY (SELECT 1) TO '/tmp/hostile.csv'",
    "EXPORT DATABASE '/tmp/hostile'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "PRAGMA version",
    "PRAGMA database_list",
    "SET threads = 8",
    "SET enable_external_access = true",
    "RESET lock_configuration",
    "CALL pragma_version()",
    "EXPLAIN ANALYZE SELECT 1",
    "SHOW TABLES",
    "CREATE TABLE x AS SELECT 1",
    "CREATE MACRO m() AS 1",
    "INSERT INTO sales VALUES ('x', 1, NULL)",
    "UPDATE sales SET revenue = 0",
    "DELETE FROM sales",
    "DROP TABLE sales",
    "ALTER TABLE sales ADD COLUMN x INT",
    "BEGIN",
    "CHECKPOINT",
    "VACUUM",
    "PREPARE p AS SELECT 1",
    "USE memory",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE sales",
    "SELECT * FROM sales WHERE region = $1",
    "SELECT * FROM elsewhere",
    "SELECT nothing FROM sales",
    "SELEC 1",
    "",
    "   ",
    ";",
    "-- nothing",
    "SELECT '\0'",
    "SELECT list(region) FROM sales",
    "SELECT {'a': region} FROM sales",
    "SELECT rpad('', 100000000, 'x')",
  ])("%j", async (sql) => {
    await writeFile(secret, "a,b\n1,2\n");
    const session = await open();
    const failed = await session.query(sql).then(
      (result) => ({ result }),
      (error: unknown) => error,
    );
    expect(failed).toMatchObject({ code: "TABLE_QUERY" });
    expect((failed as Error).message).not.toMatch(/LINE 1|\n/);
    expect((await session.query("SELECT sum(revenue) FROM sales")).rows).toEqual([[13.75]]);
  });

  it("the message says what was wrong and where to look", async () => {
    const session = await open();
    await expect(session.query("SELECT revenu FROM sales")).rejects.toMatchObject({
      message: expect.stringContaining('"revenue"') as string,
      hint: expect.stringContaining("describe_tables") as string,
    });
    await expect(session.query("SELECT 1 FROM sale")).rejects.toMatchObject({
      message: 'There is no table "sale".',
      hint: expect.stringContaining("sales") as string,
    });
  });
});

describe("a query is limited in", () => {
  it("time", async () => {
    const session = await open();
    const endless =
      "SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range + b.range = 1";
    await expect(session.query(endless, { seconds: 0.2 })).rejects.toMatchObject({
      code: "TABLE_QUERY",
      message: expect.stringContaining("longer than 0.2 s") as string,
    });
    expect((await session.query("SELECT 1")).rows).toEqual([[1]]);
  });

  it("rows, and says so", async () => {
    const session = await open();
    const cut = await session.query("SELECT * FROM range(50000)");
    expect([cut.rows.length, cut.truncated]).toEqual([10_000, true]);
    const whole = await session.query("SELECT * FROM range(10)", { maxRows: 10 });
    expect([whole.rows.length, whole.truncated]).toEqual([10, false]);
  });

  it("bytes", async () => {
    const session = await open();
    const wide = "SELECT rpad('x', 1000, 'y') FROM range(5000)";
    await expect(session.query(wide, { maxBytes: 100_000 })).rejects.toMatchObject({
      code: "TABLE_QUERY",
    });
  });

  it("memory", async () => {
    const { open: load } = await fixture({ memory: "64MB" });
    const session = await load("sales.csv", SALES);
    const hungry = "SELECT list(a.range::VARCHAR || 'padding padding') FROM range(50000000) a";
    await expect(session.query(hungry)).rejects.toMatchObject({ code: "TABLE_QUERY" });
    expect((await session.query("SELECT 1")).rows).toEqual([[1]]);
  });
});
