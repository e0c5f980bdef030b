import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { open, type TuttiSaver } from "../../checkpoints/index.ts";
import { openSqliteRecords, type Signal } from "../../src/storage/index.ts";
import { newRun, scope } from "../contracts/records-fixtures.ts";

const setUp = () => {
  const database = new Database(":memory:");
  const signals: Signal[] = [];
  const records = openSqliteRecords(database, {
    clock: { now: () => 1 },
    signals: { after: (told) => void signals.push(...told) },
  });
  return { database, signals, records };
};

/** Counts the commits of statements that are prepared from now on. */
const countCommits = (database: Database.Database): (() => number) => {
  let commits = 0;
  const prepare = database.prepare.bind(database);
  database.prepare = ((text: string) => {
    const statement = prepare(text);
    if (text !== "COMMIT") return statement;
    const { run } = statement;
    statement.run = (...values: unknown[]) => {
      commits += 1;
      return run.apply(statement, values);
    };
    return statement;
  }) as typeof database.prepare;
  return () => commits;
};

const putOn = (saver: TuttiSaver, thread: string, fence?: number) =>
  saver.put(
    {
      configurable: {
        thread_id: thread,
        checkpoint_ns: "",
        ...(fence === undefined ? {} : { fence }),
      },
    },
    {
      v: 4,
      id: "1f0c7a3e-0000-6000-8000-000000000001",
      ts: "2026-11-22T00:00:00.000Z",
      channel_values: { n: 1 },
      channel_versions: { n: 1 },
      versions_seen: {},
    },
    { source: "input", step: -1, parents: {} },
    { n: 1 },
  );

/** Records and saver on one handle, whose commits they share. */
const setUpShared = async () => {
  const database = new Database(":memory:");
  const commits = countCommits(database);
  const { saver, join: joinCommit } = await open("memory:", { database });
  return { database, commits, saver, records: openSqliteRecords(database, { join: joinCommit }) };
};

describe("records in SQLite", () => {
  it("of callers of one moment share a commit, and one that fails takes no other with it", async () => {
    const { database, signals, records } = setUp();
    const commits = countCommits(database);
    const made = await Promise.allSettled([
      records.runs.create(scope, newRun("a", "t")),
      records.runs.create(scope, newRun("b", "t", { multitaskStrategy: "reject" })),
      records.runs.create(scope, newRun("c", "u")),
    ]);
    expect(made.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(commits()).toBe(1);
    expect(signals.map((signal) => "runId" in signal && signal.runId)).toEqual(["a", "c"]);
  });

  it("wait while somebody else's transaction is open on the handle, and are no part of it", async () => {
    const { database, records } = setUp();
    database.exec("BEGIN");
    database.exec("INSERT INTO files VALUES ('default', 'ab', 'a', 'text/plain', 1, 1)");
    const created = records.runs.create(scope, newRun("a", "t"));
    const found = records.files.find("default", "ab");
    await new Promise((resolve) => setImmediate(resolve));
    database.exec("ROLLBACK");
    await created;
    expect(await found).toBeUndefined();
    expect(await records.threads.count(scope, {})).toBe(1);
  });

  it("share the commit of a checkpoint, and the taking of a thread", async () => {
    const { commits, saver, records } = await setUpShared();
    await putOn(saver, "before"); // reserves numbers
    const before = commits();
    await Promise.all([
      putOn(saver, "t"),
      saver.acquire("u", 3),
      records.runs.create(scope, newRun("a", "t")),
    ]);
    expect(commits() - before).toBe(1);
    expect(await records.runs.get(scope, "t", "a")).toMatchObject({ status: "pending" });
    expect(await saver.info("u")).toMatchObject({ token: 3 });
  });

  it("are committed although a checkpoint or an owner beside them is refused", async () => {
    const { saver, records } = await setUpShared();
    await saver.acquire("t", 5);
    const all = await Promise.allSettled([
      putOn(saver, "t", 4),
      saver.acquire("t", 4),
      records.runs.create(scope, newRun("a", "t")),
      putOn(saver, "t", 5),
    ]);
    expect(all.map(({ status }) => status)).toEqual([
      "rejected",
      "rejected",
      "fulfilled",
      "fulfilled",
    ]);
    expect(await records.threads.count(scope, {})).toBe(1);
    expect(await saver.info("t")).toMatchObject({ token: 5 });
  });

  it("are refused when the commit they share fails", async () => {
    const { database, saver, records } = await setUpShared();
    const all = Promise.allSettled([
      saver.acquire("t", 5),
      records.runs.create(scope, newRun("a", "t")),
      records.runs.create(scope, newRun("b", "t")),
    ]);
    database.close();
    const [taken, ...created] = await all;
    expect(taken.status).toBe("rejected");
    for (const made of created)
      expect(made).toMatchObject({ status: "rejected", reason: { code: "DATABASE" } });
  });

  it("share the handle with the checkpoint saver", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tutti-shared-"));
    const { database, saver, close } = await open(`sqlite:${join(folder, "t.db")}`);
    const records = openSqliteRecords(database as Database.Database);
    const checkpoint = (id: string) => ({
      v: 4,
      id,
      ts: "2026-11-22T00:00:00.000Z",
      channel_values: { n: id },
      channel_versions: { n: 1 },
      versions_seen: {},
    });
    const put = (thread: string) =>
      saver.put(
        { configurable: { thread_id: thread, checkpoint_ns: "" } },
        checkpoint("1f0c7a3e-0000-6000-8000-000000000001"),
        { source: "input", step: -1, parents: {} },
        { n: 1 },
      );
    await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        await Promise.all([
          put(`t${index}`),
          records.runs.create(scope, newRun(`r${index}`, `t${index}`)),
        ]);
      }),
    );
    expect(await records.runs.counts()).toEqual({ pending: 50 });
    const last = await saver.getTuple({ configurable: { thread_id: "t49" } });
    expect(last?.checkpoint.channel_values).toEqual({ n: "1f0c7a3e-0000-6000-8000-000000000001" });
    await close();
  });

  it("say in plain words that the database failed", async () => {
    const { database, records } = setUp();
    database.exec("DROP TABLE crons");
    await expect(records.crons.nextDue()).rejects.toThrow(
      expect.objectContaining({ code: "DATABASE", message: expect.stringContaining("crons") }),
    );
  });
});
