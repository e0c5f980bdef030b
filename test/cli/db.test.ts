import { statSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { example, workshop } from "./tutti.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const shop = workshop();
afterAll(() => shop.remove());

const db = async (...args: string[]) => {
  const ended = await shop.tutti(["db", ...args, "--json"]);
  return { ...ended, value: ended.code === 0 ? (JSON.parse(ended.out) as object) : undefined };
};
interface Stats {
  threads: number;
  checkpoints: number;
}

describe("tutti db", () => {
  beforeAll(async () => {
    const goal = "Revenue by region in September 2026";
    await shop.tutti(["run", goal, "--file", example("sales.csv")]);
  });

  it("counts, verifies, and prunes without changing where a thread stands", async () => {
    const before = (await db("stats")).value as Stats;
    expect(before.threads).toBeGreaterThan(3);
    expect((await db("verify")).value).toMatchObject({ damages: [], database: [] });
    await db("prune", "--keep", "1");
    const after = (await db("stats")).value as Stats;
    expect(after.threads).toBe(before.threads);
    expect(after.checkpoints).toBeLessThan(before.checkpoints);
    const [thread] = (await shop.tutti(["threads", "--json"])).out.trim().split("\n");
    const { id } = JSON.parse(thread ?? "{}") as { id: string };
    expect((await shop.tutti(["show", id])).out).toContain("revenue-by-region");
  });

  it("moves everything to another database by a file, and by a URL", async () => {
    const { threads } = (await db("stats")).value as Stats;
    expect((await db("export", "all.export")).value).toMatchObject({ threads });
    const copy = `sqlite:${join(shop.folder, "copy.db")}`;
    expect((await db("import", "all.export", "--url", copy)).value).toMatchObject({ threads });
    const second = `sqlite:${join(shop.folder, "second.db")}`;
    expect((await db("import", copy, "--url", second)).value).toMatchObject({ threads });
    expect((await db("verify", "--url", second)).value).toMatchObject({ threads, damages: [] });
  });

  it("backs up the whole database, and writes over nothing", async () => {
    expect((await db("backup", "backup.db")).code).toBe(0);
    const rows = new Database(join(shop.folder, "backup.db"), { readonly: true });
    expect(rows.prepare("SELECT count(*) FROM threads").pluck().get()).toBe(1);
    rows.close();
    const { size } = statSync(join(shop.folder, "backup.db"));
    const again = await db("backup", "backup.db");
    expect(again).toMatchObject({ code: 2, err: expect.stringContaining("OUTPUT_EXISTS") });
    expect(statSync(join(shop.folder, "backup.db")).size).toBe(size);
  });

  it("refuses what is not there, and what is no export", async () => {
    expect(await db("import", "nowhere")).toMatchObject({ code: 2 });
    expect(await db("stats", "--data", "nowhere")).toMatchObject({ code: 2 });
    shop.write("text.txt", "hello\n");
    const { code, err } = await db("import", "text.txt");
    expect(code).not.toBe(0);
    expect(err).toContain("CHECKPOINT_INVALID");
  });
});
