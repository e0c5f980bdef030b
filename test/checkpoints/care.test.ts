// Care for data: deletion, copies, pruning, time to live, damage, transfer, backup, keys.
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "@langchain/langgraph";
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";
import { PostgresSaver } from "@langchain/langgraph-checkpoint-postgres";
import Database from "better-sqlite3";
import { care, open, type EncryptionKeys, type Persistence } from "../../checkpoints/index.ts";
import { adapters } from "./adapters.ts";
import { pausingGraph, storyGraph } from "./graphs.ts";
import { describeTuple, describeValue } from "./model.ts";

const all = await adapters();
const folder = mkdtempSync(join(tmpdir(), "tutti-care-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const on = (thread: string) => ({
  configurable: { thread_id: thread },
  durability: "sync" as const,
});

const tell = async (
  { saver }: Persistence,
  thread: string,
  texts: readonly string[],
): Promise<void> => {
  for (const text of texts) await storyGraph(saver).invoke({ last: { text, fan: 2 } }, on(thread));
};

const everything = async ({ saver }: Persistence, thread: string): Promise<unknown[]> => {
  const tuples: unknown[] = [];
  for await (const tuple of saver.list(on(thread))) tuples.push(describeTuple(tuple));
  return tuples;
};

describe.each(all.map((adapter) => [adapter.name, adapter] as const))("%s", (name, adapter) => {
  let url: string;
  let persistence: Persistence;
  beforeEach(async () => {
    url = await adapter.create();
    persistence = await adapter.open(url);
  });
  afterEach(() => persistence.close());
  afterAll(() => adapter.dispose());

  it("deletes a thread with its children, and nothing else", async () => {
    for (const thread of ["a", "a/1/1", "a/2", "ab", "a0", "b"])
      await tell(persistence, thread, ["one"]);
    await persistence.saver.deleteThread("a");
    const left: string[] = [];
    for await (const { thread } of care.allThreads(persistence)) left.push(thread);
    expect(left).toEqual(["a0", "ab", "b"]);
    const stats = await care.stats(persistence);
    for (const thread of left) await persistence.saver.deleteThread(thread);
    const empty = await care.stats(persistence);
    expect(stats.checkpoints).toBeGreaterThan(0);
    expect([
      empty.threads,
      empty.checkpoints,
      empty.writes,
      empty.values,
      empty.listSegments,
    ]).toEqual([0, 0, 0, 0, 0]);
  });

  it("copies a thread with history and children; the copies go their own way", async () => {
    await tell(persistence, "a", ["one", "two"]);
    await tell(persistence, "a/1", ["child"]);
    await care.copyThread(persistence, "a", "copy");
    const rename = (tuples: unknown[]): string =>
      JSON.stringify(tuples).replaceAll('"thread":"copy"', '"thread":"a"');
    expect(rename(await everything(persistence, "copy"))).toBe(
      JSON.stringify(await everything(persistence, "a")),
    );
    expect(await everything(persistence, "copy/1")).not.toEqual([]);
    const before = JSON.stringify(await everything(persistence, "a"));
    await tell(persistence, "copy", ["three"]);
    await persistence.saver.deleteThread("copy");
    expect(JSON.stringify(await everything(persistence, "a"))).toBe(before);
    await expect(care.copyThread(persistence, "a", "a/1")).rejects.toMatchObject({
      code: "CHECKPOINT_CONFLICT",
    });
    await expect(care.copyThread(persistence, "nobody", "c")).rejects.toMatchObject({
      code: "CHECKPOINT_CONFLICT",
    });
  });

  it("prunes to the newest checkpoint, keeps its state, and frees what nothing needs", async () => {
    await tell(persistence, "a", ["one", "two", "three", "four"]);
    const [newest] = await everything(persistence, "a");
    const before = await care.stats(persistence);
    const pruned = await care.pruneThread(persistence, "a");
    const after = await care.stats(persistence);
    expect(pruned.checkpoints).toBe(before.checkpoints - after.checkpoints);
    expect(after.values).toBeLessThan(before.values);
    const [left] = await everything(persistence, "a");
    expect(left).toEqual(newest);
    expect((await care.verify(persistence)).damages).toEqual([]);
    await tell(persistence, "a", ["five"]);
    expect((await care.verify(persistence)).damages).toEqual([]);
    expect(await care.pruneThread(persistence, "a", { olderThan: new Date(0) })).toMatchObject({
      checkpoints: 0,
    });
  });

  it("a pause survives pruning: it can still be answered", async () => {
    await pausingGraph(persistence.saver).invoke({}, on("a"));
    await care.pruneThread(persistence, "a");
    const { answers } = await pausingGraph(persistence.saver).invoke(
      new Command({ resume: "yes" }),
      on("a"),
    );
    expect(answers).toEqual(["yes"]);
  });

  it("sweeps threads whose time is over, unless a child is still at work", async () => {
    for (const thread of ["old", "busy", "busy/1", "kept"])
      await tell(persistence, thread, ["one"]);
    await persistence.saver.setTtl("old", 1_000);
    await persistence.saver.setTtl("busy", 100_000);
    const later = new Date(Date.now() + 50_000);
    expect(await care.sweep(persistence, later)).toEqual({ threads: 1, items: 0 });
    const left: string[] = [];
    for await (const { thread } of care.allThreads(persistence)) left.push(thread);
    expect(left).toEqual(["busy", "busy/1", "kept"]);
    await care.sweep(persistence, new Date(Date.now() + 200_000));
    expect((await care.stats(persistence)).threads).toBe(1);
  });

  it("names the threads that a damaged record touches, and reads the others", async () => {
    for (const thread of ["a", "b", "c"]) await tell(persistence, thread, ["one", "two"]);
    const ofB = "WHERE thread = (SELECT id FROM cp_threads WHERE thread = 'b')";
    const bytes = Buffer.from([9, 9]);
    await persistence.pool?.query(`UPDATE cp_records SET data = $1 ${ofB} AND vals IS NOT NULL`, [
      bytes,
    ]);
    persistence.database?.prepare(`UPDATE cp_values SET data = ? ${ofB}`).run(bytes);
    const { damages, threads } = await care.verify(persistence);
    expect(threads).toBe(3);
    expect(new Set(damages.map(({ thread }) => thread))).toEqual(new Set(["b"]));
    await expect(persistence.saver.getTuple(on("b"))).rejects.toMatchObject({
      code: "CHECKPOINT_INVALID",
    });
    expect(await persistence.saver.getTuple(on("c"))).toBeDefined();
  });

  it("moves everything into another kind of database, and from a file", async () => {
    await tell(persistence, "a", ["one", "two"]);
    await pausingGraph(persistence.saver).invoke({}, on("paused"));
    await persistence.store.put(["users", "ann"], "likes", { tea: true });
    const target = await open(`sqlite:${join(folder, `${name}-target.db`)}`);
    const moved = await care.transfer(persistence, target);
    expect(moved).toMatchObject({ threads: 2, items: 1 });
    for (const thread of ["a", "paused"])
      expect(await everything(target, thread)).toEqual(await everything(persistence, thread));
    expect((await target.store.get(["users", "ann"], "likes"))?.value).toEqual({ tea: true });
    const stats = await care.stats(target);
    expect(stats.values).toBeLessThanOrEqual((await care.stats(persistence)).values * 1.5);
    const path = join(folder, `${name}.export`);
    expect(await care.exportTo(target, path)).toEqual(moved);
    const back = await adapter.open(await adapter.create());
    expect(await care.importFrom(path, back)).toEqual(moved);
    expect(await everything(back, "paused")).toEqual(await everything(persistence, "paused"));
    const { answers } = await pausingGraph(back.saver).invoke(
      new Command({ resume: "yes" }),
      on("paused"),
    );
    expect(answers).toEqual(["yes"]);
    writeFileSync(path, "something else\n");
    await expect(care.importFrom(path, back)).rejects.toMatchObject({ code: "CHECKPOINT_INVALID" });
    await Promise.all([target.close(), back.close()]);
  });

  it("takes over threads of the official savers, which go on where they stood", async () => {
    const official = new SqliteSaver(new Database(":memory:"));
    await storyGraph(official).invoke({ last: { text: "one", fan: 2 } }, on("a"));
    await pausingGraph(official).invoke({}, on("paused"));
    await care.importFromSaver(official, ["a", "paused"], persistence);
    const old = await storyGraph(official).getState(on("a"));
    const state = await storyGraph(persistence.saver).getState(on("a"));
    expect(describeValue(state.values)).toEqual(describeValue(old.values));
    const next = await storyGraph(persistence.saver).invoke({ last: { text: "two" } }, on("a"));
    expect(next.log.filter((line: string) => line.startsWith("said"))).toEqual([
      "said one",
      "said two",
    ]);
    const { answers } = await pausingGraph(persistence.saver).invoke(
      new Command({ resume: "yes" }),
      on("paused"),
    );
    expect(answers).toEqual(["yes"]);
  });

  it("seals what it stores, and changes keys while old records stay readable", async () => {
    const one: EncryptionKeys = { current: "one", keys: { one: randomBytes(32) } };
    const two: EncryptionKeys = { current: "two", keys: { ...one.keys, two: randomBytes(32) } };
    const only: EncryptionKeys = { current: "two", keys: { two: two.keys["two"] as Uint8Array } };
    if (name === "memory") return;
    await persistence.close();
    persistence = await adapter.open(url, { encryption: one });
    await tell(persistence, "a", ["secretword", "x"]);
    await persistence.store.put(["users"], "ann", { note: "secretword" });
    expect(await persistence.store.search(["users"], { query: "secretword" })).toHaveLength(1);
    const before = await everything(persistence, "a");
    const dump = persistence.pool
      ? JSON.stringify(
          (
            await persistence.pool.query(
              "SELECT encode(data, 'escape') FROM cp_records UNION ALL SELECT encode(value, 'escape') FROM st_items",
            )
          ).rows,
        )
      : readFileSync(url.slice("sqlite:".length)).toString("latin1") +
        readFileSync(`${url.slice("sqlite:".length)}-wal`).toString("latin1");
    expect(dump).not.toContain("secretword");
    await persistence.close();
    persistence = await adapter.open(url);
    await expect(persistence.saver.getTuple(on("a"))).rejects.toThrow(/encrypted with key "one"/);
    await persistence.close();
    persistence = await adapter.open(url, { encryption: two });
    expect(await everything(persistence, "a")).toEqual(before);
    await care.rotate(persistence, two);
    await persistence.close();
    persistence = await adapter.open(url, { encryption: only });
    expect(await everything(persistence, "a")).toEqual(before);
    await tell(persistence, "a", ["goes on"]);
    expect((await care.verify(persistence)).damages).toEqual([]);
  });

  it("refuses a database that a newer version wrote", async () => {
    if (name === "memory") return;
    if (persistence.pool !== undefined)
      await persistence.pool.query("UPDATE cp_schema SET version = 99");
    else persistence.database?.exec("UPDATE cp_schema SET version = 99");
    await expect(adapter.open(url)).rejects.toMatchObject({
      code: "DATABASE",
      message: /schema 99/,
    });
  });
});

describe("sqlite alone", () => {
  it("backs up while it is written to", async () => {
    const persistence = await open(`sqlite:${join(folder, "live.db")}`);
    await tell(persistence, "a", ["one"]);
    const path = join(folder, "backup.db");
    const [, backup] = await Promise.all([
      tell(persistence, "a", ["two", "three"]),
      care.backup(persistence, path),
    ]);
    expect(backup).toBeUndefined();
    const copy = await open(`sqlite:${path}`);
    expect((await care.verify(copy)).damages).toEqual([]);
    expect((await copy.saver.getTuple(on("a")))?.checkpoint.id).toBeTruthy();
    await Promise.all([persistence.close(), copy.close()]);
  });

  it("says what is wrong with a path or a file, and how to mend it", async () => {
    await expect(open(`sqlite:${join(folder, "no", "such", "folder.db")}`)).rejects.toMatchObject({
      code: "DATABASE",
      message: /folder does not exist/,
    });
    const path = join(folder, "noise.db");
    writeFileSync(path, randomBytes(8_192));
    await expect(open(`sqlite:${path}`)).rejects.toMatchObject({
      code: "DATABASE",
      message: /damaged/,
    });
    await expect(open("mysql://x")).rejects.toMatchObject({ code: "DATABASE" });
  });

  it("shares a handle, and waits for the caller's transaction to end", async () => {
    const database = new Database(":memory:");
    const persistence = await open("sqlite:", { database });
    database.exec("CREATE TABLE runs (id TEXT)");
    database.exec("BEGIN");
    const write = tell(persistence, "a", ["one"]);
    await new Promise((resolve) => setImmediate(resolve));
    database.exec("INSERT INTO runs VALUES ('x'); COMMIT");
    await write;
    await persistence.close();
    expect(database.open).toBe(true);
    expect(database.prepare("SELECT count(*) FROM cp_records").pluck().get()).toBeGreaterThan(0);
  });

  it("a full disk is a clear error, nothing is half-written, and it goes on when there is space", async () => {
    const persistence = await open(`sqlite:${join(folder, "full.db")}`);
    await tell(persistence, "a", ["one"]);
    const { database } = persistence;
    const pages = database?.pragma("page_count", { simple: true }) as number;
    database?.pragma(`max_page_count = ${pages + 2}`);
    const big = storyGraph(persistence.saver).invoke(
      { last: { text: randomBytes(200_000).toString("hex") } },
      on("a"),
    );
    await expect(big).rejects.toMatchObject({ code: "DATABASE", message: /full/ });
    expect((await care.verify(persistence)).damages).toEqual([]);
    database?.pragma(`max_page_count = ${pages * 1_000}`);
    await tell(persistence, "a", ["two"]);
    expect((await care.verify(persistence)).damages).toEqual([]);
    await persistence.close();
  });
});

const shared = all.find(({ name }) => name === "postgres");
describe.runIf(shared !== undefined)("PostgreSQL alone", () => {
  it("takes over the tables of the official PostgresSaver", async () => {
    const another = (await adapters()).find(({ name }) => name === "postgres");
    const url = (await another?.create()) ?? "";
    const official = PostgresSaver.fromConnString(url);
    await official.setup();
    await storyGraph(official).invoke({ last: { text: "one" } }, on("a"));
    const persistence = await open(url); // beside the official tables
    await care.importFromSaver(official, ["a"], persistence);
    const state = await storyGraph(persistence.saver).getState(on("a"));
    expect(state.values.log).toContain("said one");
    await persistence.close();
    await official.end();
    await another?.dispose();
  });
});
