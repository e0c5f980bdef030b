import Database from "better-sqlite3";
import { createThreadRecords, migrate } from "../../src/storage/index.ts";

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

describe("the platform's schema", () => {
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
