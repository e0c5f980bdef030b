// A database that the version before wrote: a table for each kind of record.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Pool } from "pg";
import { care, open } from "../../checkpoints/index.ts";
import { FIRST_SCHEMA } from "../../checkpoints/postgres/first-schema.ts";
import { decode } from "../../checkpoints/serializer/serializer.ts";
import { startPostgres } from "../fixtures/postgres.ts";
import { storyGraph } from "./graphs.ts";

interface Written {
  readonly numbers: number;
  readonly tables: Readonly<Record<string, object[]>>;
  /** What the saver gave for the threads "story" and "paused", newest first. */
  readonly tuples: string[];
}

const written = JSON.parse(
  readFileSync(join(import.meta.dirname, "../fixtures/checkpoints-postgres-2.json"), "utf8"),
) as Written;
const server = await startPostgres();
const isAvailable = !("why" in server);

describe.runIf(isAvailable)("PostgreSQL", () => {
  afterAll(() => (isAvailable ? server.stop() : undefined));

  it("reads what the schema before stored, and goes on with it", async () => {
    const { url } = server as { url: string };
    const pool = new Pool({ connectionString: url, max: 1 });
    await pool.query(`CREATE TABLE cp_schema (version int); INSERT INTO cp_schema VALUES (2)`);
    for (const sql of FIRST_SCHEMA) await pool.query(sql);
    await pool.query("DELETE FROM cp_counters");
    for (const [table, rows] of Object.entries(written.tables)) {
      const sql = `INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1)`;
      await pool.query(sql, [JSON.stringify(rows)]);
    }
    await pool.query("SELECT setval('cp_numbers', $1)", [written.numbers]);
    await pool.end();

    const persistence = await open(url);
    const { saver } = persistence;
    const tuples: unknown[] = [];
    for (const thread of ["story", "paused"])
      for await (const tuple of saver.list({ configurable: { thread_id: thread } }))
        tuples.push(tuple);
    expect(tuples).toEqual(written.tuples.map((text) => decode(Buffer.from(text, "base64"))));
    expect((await saver.info("paused"))?.token).toBe(7);

    const next = { last: { text: "three" } };
    const { log } = await storyGraph(saver).invoke(next, { configurable: { thread_id: "story" } });
    expect(log.at(-1)).toBe("no question");
    expect(log).toContain("said three");
    await care.pruneThread(persistence, "story");
    expect((await care.verify(persistence)).damages).toEqual([]);
    await persistence.close();
  });
});
