import Database from "better-sqlite3";
import { createThreadRecords, migrate, openSqliteRecords } from "../../src/storage/index.ts";
import { ended, newRun, scope } from "../contracts/records-fixtures.ts";

const records = () => {
  const database = new Database(":memory:");
  migrate(database);
  let now = 1000;
  return { records: createThreadRecords(database, { now: () => (now += 1) }), database };
};
const thread = (id: string) => ({ id, graphId: "orchestrator", goal: "a goal", out: null });

describe("the list of threads", () => {
  it("has the most recently changed first", () => {
    const { records: list } = records();
    for (const id of ["aaaa-1", "bbbb-2", "cccc-3"]) list.create(thread(id));
    list.update("aaaa-1", { status: "finished" });
    expect(list.list(10).map(({ id, status }) => [id, status])).toEqual([
      ["aaaa-1", "finished"],
      ["cccc-3", "running"],
      ["bbbb-2", "running"],
    ]);
    expect(list.list(1)).toHaveLength(1);
  });

  it("finds a thread by the beginning of its id, unless several begin so", () => {
    const { records: list } = records();
    list.create(thread("abcd-1"));
    list.create(thread("abce-2"));
    expect(list.find("abcd").id).toBe("abcd-1");
    expect(() => list.find("abc")).toThrow(expect.objectContaining({ code: "USAGE" }));
    expect(() => list.find("x")).toThrow(expect.objectContaining({ code: "THREAD_NOT_FOUND" }));
    expect(() => list.find("")).toThrow(expect.objectContaining({ code: "THREAD_NOT_FOUND" }));
  });

  it("takes wildcards of SQL for what they are: letters", () => {
    const { records: list } = records();
    list.create(thread("abcd-1"));
    expect(() => list.find("%")).toThrow(expect.objectContaining({ code: "THREAD_NOT_FOUND" }));
  });

  it("keeps why a thread failed, until it goes on", () => {
    const { records: list } = records();
    list.create(thread("abcd-1"));
    const error = { code: "MODEL_AUTH", message: "401" };
    expect(list.update("abcd-1", { status: "failed", error }).error).toEqual(error);
    expect(list.update("abcd-1", { status: "running", error: null }).error).toBeNull();
  });

  it("keeps what a thread was told until a checkpoint holds it", () => {
    const { records: list } = records();
    const input = { goal: "a goal", files: [{ name: "sales.csv" }] };
    list.create({ ...thread("abcd-1"), input });
    expect(list.update("abcd-1", { status: "running" }).input).toEqual(input);
    expect(list.update("abcd-1", { input: null }).input).toBeNull();
    expect(list.find("abcd").input).toBeNull();
  });
});

describe("a thread of the command line and of the server", () => {
  it("is one and the same", async () => {
    const { database, records: list } = records();
    const server = openSqliteRecords(database);
    list.create({ ...thread("abcd-1"), out: "/out" });
    expect(await server.threads.get(scope, "abcd-1")).toMatchObject({
      status: "busy",
      metadata: { goal: "a goal", graph_id: "orchestrator" },
    });
    const error = { code: "MODEL_AUTH", message: "401" };
    for (const [job, status] of [
      ["waiting", "interrupted"],
      ["limit", "interrupted"],
      ["paused", "interrupted"],
      ["finished", "idle"],
    ] as const) {
      expect(list.update("abcd-1", { status: job }).status).toBe(job);
      expect((await server.threads.get(scope, "abcd-1")).status).toBe(status);
    }
    list.update("abcd-1", { status: "failed", error });
    expect(await server.threads.get(scope, "abcd-1")).toMatchObject({
      status: "error",
      error: { error: "MODEL_AUTH", message: "401" },
    });
  });

  it("made by a client has the goal a person gave it, and stands as the server says", async () => {
    const { database, records: list } = records();
    const server = openSqliteRecords(database);
    const { run } = await server.runs.create(scope, newRun("r", "made-1"));
    expect(list.find("made-1")).toMatchObject({ goal: "", graphId: "agent", status: "running" });
    const claimed = await server.runs.claim("w", 1000, {});
    const values = { messages: [{ type: "human", content: "the report, please" }] };
    const summary = { ...ended().thread, values };
    await server.runs.finish(run.id, claimed?.token ?? 0, ended({ thread: summary }));
    expect(list.find("made-1")).toMatchObject({ goal: "the report, please", status: "finished" });
    list.update("made-1", { status: "paused" });
    await server.threads.setState(scope, "made-1", summary);
    expect(list.list(5)).toMatchObject([{ id: "made-1", status: "finished" }]);
  });

  it("of another tenant is not the command line's", async () => {
    const { database, records: list } = records();
    const server = openSqliteRecords(database);
    await server.threads.create({ tenant: "acme" }, { id: "x-1", metadata: {} }, "raise");
    expect(list.list(5)).toEqual([]);
    expect(() => list.find("x-1")).toThrow(expect.objectContaining({ code: "THREAD_NOT_FOUND" }));
  });
});

describe("the platform's schema", () => {
  it("takes over the threads and the spending of the version before it", async () => {
    const database = new Database(":memory:");
    database.exec(`
      CREATE TABLE platform_schema (version INTEGER NOT NULL) STRICT;
      INSERT INTO platform_schema VALUES (2);
      CREATE TABLE threads (id TEXT PRIMARY KEY, graph_id TEXT NOT NULL, goal TEXT NOT NULL, status TEXT NOT NULL,
        out_folder TEXT, error_code TEXT, error_message TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
        input TEXT) STRICT;
      CREATE INDEX threads_by_update ON threads (updated_at DESC);
      CREATE TABLE budget_limits (thread_id TEXT PRIMARY KEY, tokens INTEGER, micro_eur INTEGER, calls INTEGER) STRICT;
      CREATE TABLE budget_entries (id TEXT PRIMARY KEY, thread_id TEXT NOT NULL, state TEXT NOT NULL, tokens INTEGER NOT NULL,
        micro_eur INTEGER NOT NULL, calls INTEGER NOT NULL, input_tokens INTEGER NOT NULL DEFAULT 0,
        output_tokens INTEGER NOT NULL DEFAULT 0) STRICT;
      INSERT INTO budget_limits VALUES ('a', 5, NULL, NULL);
      INSERT INTO threads VALUES
        ('a', 'orchestrator', 'it''s "a" goal', 'limit', '/out', NULL, NULL, 1, 2, '{"files":[1]}'),
        ('b', 'orchestrator', 'b', 'failed', NULL, 'MODEL_AUTH', '401', 3, 4, NULL);
    `);
    const server = openSqliteRecords(database);
    const list = createThreadRecords(database, { now: () => 9 });
    expect(list.list(5)).toEqual([
      {
        id: "b",
        graphId: "orchestrator",
        goal: "b",
        status: "failed",
        out: null,
        error: { code: "MODEL_AUTH", message: "401" },
        input: null,
        createdAt: 3,
        updatedAt: 4,
      },
      {
        id: "a",
        graphId: "orchestrator",
        goal: 'it\'s "a" goal',
        status: "limit",
        out: "/out",
        error: null,
        input: { files: [1] },
        createdAt: 1,
        updatedAt: 2,
      },
    ]);
    expect(await server.threads.get(scope, "a")).toMatchObject({ status: "interrupted" });
    expect(await server.budget.limits("a")).toEqual({ tokens: 5 });
  });

  it("is made once, however often a database is opened", () => {
    const { database, records: list } = records();
    list.create(thread("abcd-1"));
    migrate(database);
    expect(list.find("abcd-1").goal).toBe("a goal");
  });

  it("of a newer version is refused, not rewritten", () => {
    const { database } = records();
    database.exec("UPDATE platform_schema SET version = 99");
    expect(() => migrate(database)).toThrow(expect.objectContaining({ code: "DATABASE" }));
    expect(database.prepare("SELECT version FROM platform_schema").pluck().get()).toBe(99);
  });
});
