import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pool } from "pg";
import { createPostgresStore } from "../../src/artifacts/index.ts";
import { artifactStoreContract } from "../contracts/artifact-store.ts";
import { startPostgres } from "../fixtures/postgres.ts";

const postgres = await startPostgres();
const url = "url" in postgres ? postgres.url : "";
const report = { name: "report.txt", mime: "text/plain" };

afterAll(async () => {
  if ("stop" in postgres) await postgres.stop();
});

describe.skipIf(url === "")("the store in PostgreSQL", () => {
  let folder: string;
  const pools: Pool[] = [];
  const pool = (): Pool => {
    const made = new Pool({ connectionString: url, max: 4 });
    made.on("error", () => undefined);
    pools.push(made);
    return made;
  };
  const open = async (): Promise<void> => {
    folder = await mkdtemp(join(tmpdir(), "tutti-pg-store-"));
  };
  const close = async (): Promise<void> => {
    for (const one of pools.splice(0)) await one.end();
    await rm(folder, { recursive: true, force: true });
  };
  const storeOn = (on: Pool, machine = "one", chunkBytes = 100_000) =>
    createPostgresStore(on, {
      cache: { folder: join(folder, machine) },
      maxBytes: 300_000,
      chunkBytes,
    });

  artifactStoreContract(async () => {
    await open();
    const one = pool();
    return {
      store: storeOn(one),
      elsewhere: storeOn(pool(), "two"),
      damage: async (sha256, bytes) => {
        await one.query("UPDATE artifact_chunks SET data = $2 WHERE sha256 = $1", [
          sha256,
          Buffer.from(bytes),
        ]);
      },
      close,
    };
  });

  describe("in particular", () => {
    beforeEach(open);
    afterEach(close);

    it("makes its tables once, when several processes start at the same time", async () => {
      const one = pool();
      await one.query("DROP TABLE IF EXISTS artifact_chunks, artifacts, artifact_schema");
      const stores = Array.from({ length: 8 }, (_, at) => storeOn(pool(), `m${at}`));
      const bytes = new Uint8Array(1000).fill(1);
      const refs = await Promise.all(stores.map((store) => store.put(bytes, report)));
      expect(new Set(refs.map(({ sha256 }) => sha256)).size).toBe(1);
      const { rows } = await one.query("SELECT version FROM artifact_schema");
      expect(rows).toEqual([{ version: 1 }]);
    });

    it("refuses tables of a newer version, and works again when they fit", async () => {
      const one = pool();
      const store = storeOn(one);
      await storeOn(one).has("0".repeat(64));
      await one.query("UPDATE artifact_schema SET version = 99");
      await expect(store.put(new Uint8Array(1), report)).rejects.toMatchObject({
        code: "DATABASE",
        message: expect.stringContaining("newer version"),
      });
      await one.query("UPDATE artifact_schema SET version = 1");
      await store.put(new Uint8Array(1), report);
    });

    it("stores a content once, in rows of bounded size, readable with another size", async () => {
      const one = pool();
      const bytes = new Uint8Array(250_001).map((_, at) => at * 7);
      const { sha256 } = await storeOn(one).put(bytes, report);
      const rows = async () =>
        (
          await one.query<{ n: number; row: string }>(
            "SELECT octet_length(data) AS n, xmin::text AS row FROM artifact_chunks WHERE sha256 = $1 ORDER BY position",
            [sha256],
          )
        ).rows;
      const first = await rows();
      expect(first.map(({ n }) => n)).toEqual([100_000, 100_000, 50_001]);
      await storeOn(one).put(bytes, { ...report, name: "again.txt" });
      expect(await rows()).toEqual(first); // not written anew
      const read = await storeOn(one, "two", 70_000).get(sha256);
      expect(Buffer.compare(read, bytes)).toBe(0);
      const cached = await storeOn(one, "two").path(sha256);
      expect(cached).toContain(sha256);
    });

    it("says what failed when connections end, and goes on with new ones", async () => {
      const one = pool();
      const store = storeOn(one);
      const { sha256 } = await store.put(new Uint8Array(10), report);
      const other = pool();
      const blocker = await other.connect();
      await blocker.query("BEGIN");
      await blocker.query("SELECT 1 FROM artifacts WHERE sha256 = $1 FOR UPDATE", [sha256]);
      const blocked = store.put(new Uint8Array(10), report).catch((error: unknown) => error);
      const waiting =
        "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
      let pids: { pid: number }[] = [];
      while (pids.length === 0) pids = (await other.query<{ pid: number }>(waiting)).rows;
      await other.query("SELECT pg_terminate_backend($1)", [pids[0]?.pid]);
      expect(await blocked).toMatchObject({ code: "DATABASE", retryable: true });
      await blocker.query("ROLLBACK");
      blocker.release();
      await store.put(new Uint8Array(10), report);
      expect(await store.has(sha256)).toBe(true);
    });

    it("says that nobody listens", async () => {
      const nowhere = new Pool({ connectionString: "postgres://nobody@127.0.0.1:1/none" });
      await expect(storeOn(nowhere).get("0".repeat(64))).rejects.toMatchObject({
        code: "DATABASE",
        retryable: true,
        hint: expect.stringContaining("PostgreSQL"),
      });
      await nowhere.end();
    });
  });
});
