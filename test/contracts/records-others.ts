// What assistants, the event log, crons, the outbox, keys and files of every Records must do.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AssistantFields, OpenRecords, RunRow } from "../../src/storage/index.ts";
import type { Opened } from "../storage/stores.ts";
import { ended, kinds, LEASE, newRun, type Open, other, scope } from "./records-fixtures.ts";

const code = (value: string) => expect.objectContaining({ code: value });
const page = { limit: 100, offset: 0 };

export const othersContract = (open: Open): void => {
  let opened: Opened;
  let records: OpenRecords;
  beforeEach(async () => {
    opened = await open();
    records = opened.records;
  });
  afterEach(() => opened.close());

  describe("assistants", () => {
    const fields = (more: Partial<AssistantFields> = {}): AssistantFields => ({
      graphId: "agent",
      name: "Helper",
      description: null,
      config: { configurable: { z: 1, a: 2 } },
      context: null,
      metadata: { owner: "ann" },
      ...more,
    });
    const create = (id: string, more: Partial<AssistantFields> = {}) =>
      records.assistants.create(scope, id, fields(more), "raise");

    it("are made once by id, and seen by their tenant", async () => {
      const made = await create("a");
      expect(made).toMatchObject({ tenant: "default", id: "a", version: 1, ...fields() });
      expect(await records.assistants.get(scope, "a")).toEqual(made);
      await expect(create("a")).rejects.toThrow(code("ALREADY_EXISTS"));
      const again = fields({ name: "Other" });
      const there = await records.assistants.create(scope, "a", again, "do_nothing");
      expect(there).toEqual(made);
      await expect(records.assistants.get(other, "a")).rejects.toThrow(code("ASSISTANT_NOT_FOUND"));
      await records.assistants.create(other, "a", fields(), "raise");
    });

    it("of langgraph.json are everybody's to use, by id or graph, and nobody's to change", async () => {
      const made = await records.assistants.register("system", fields());
      expect(made).toMatchObject({ tenant: null, version: 1 });
      expect(await records.assistants.register("system", fields())).toEqual(made);
      const changed = await records.assistants.register("system", fields({ name: "New" }));
      expect(changed.version).toBe(2);
      expect((await records.assistants.get(other, "agent")).id).toBe("system");
      const hidden = { ...other, filter: { owner: "bob" } };
      expect((await records.assistants.get(hidden, "system")).name).toBe("New");
      await expect(records.assistants.patch(scope, "system", { name: "x" })).rejects.toThrow(
        code("ASSISTANT_NOT_FOUND"),
      );
      await expect(records.assistants.delete(scope, "system", false)).rejects.toThrow(
        code("ASSISTANT_NOT_FOUND"),
      );
      await expect(create("system")).rejects.toThrow(code("ALREADY_EXISTS"));
      expect((await records.assistants.search(scope, {}, page)).map(({ id }) => id)).toEqual([
        "system",
      ]);
    });

    it("get a version with each change, and any version may be put in force", async () => {
      await create("a");
      const second = await records.assistants.patch(scope, "a", {
        name: "Second",
        metadata: { team: 1 },
      });
      expect(second).toMatchObject({ version: 2, name: "Second", graphId: "agent" });
      expect(second.metadata).toEqual({ owner: "ann", team: 1 });
      await records.assistants.patch(scope, "a", { config: {} });
      const list = async (metadata?: { team: number }) =>
        (await records.assistants.versions(scope, "a", metadata, page)).map((row) => row.version);
      expect(await list()).toEqual([3, 2, 1]);
      expect(await list({ team: 1 })).toEqual([3, 2]);
      const first = await records.assistants.setLatest(scope, "a", 1);
      expect(first).toMatchObject({ version: 1, name: "Helper", metadata: { owner: "ann" } });
      expect((await records.assistants.patch(scope, "a", { name: "Fourth" })).version).toBe(4);
      await expect(records.assistants.setLatest(scope, "a", 9)).rejects.toThrow(
        code("ASSISTANT_NOT_FOUND"),
      );
      expect(JSON.stringify((await records.assistants.get(scope, "a")).config)).toBe(
        JSON.stringify(fields().config),
      );
    });

    it("changed by many at once get a version each", async () => {
      await create("a");
      await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          records.assistants.patch(scope, "a", { name: `${index}` }),
        ),
      );
      const versions = await records.assistants.versions(scope, "a", undefined, page);
      expect(versions.map(({ version }) => version)).toEqual(
        Array.from({ length: 21 }, (_, index) => 21 - index),
      );
    });

    it("are found by graph, part of the name in any case, and metadata", async () => {
      await create("a", { name: "Äpfel 100%_" });
      await create("b", { graphId: "other", metadata: { owner: "bob" } });
      const ids = async (query: Parameters<typeof records.assistants.search>[1]) =>
        (await records.assistants.search(scope, query, { ...page, sortBy: "id" })).map(
          ({ id }) => id,
        );
      expect(await ids({})).toEqual(["b", "a"]);
      expect(await ids({ graphId: "other" })).toEqual(["b"]);
      expect(await ids({ name: "äPFEL 100%_" })).toEqual(["a"]);
      expect(await ids({ name: "%" })).toEqual(["a"]);
      expect(await ids({ metadata: { owner: "bob" } })).toEqual(["b"]);
      expect(await records.assistants.count({ ...scope, filter: { owner: "ann" } }, {})).toBe(1);
    });

    it("take crons and ended runs with them; threads only when asked", async () => {
      await create("a");
      const run = (id: string, thread: string) =>
        records.runs.create(scope, newRun(id, thread, { assistantId: "a" }));
      await run("r1", "t1");
      await run("r2", "t2");
      expect(await records.assistants.delete(scope, "a", false)).toEqual([]);
      await expect(records.assistants.get(scope, "a")).rejects.toThrow(code("ASSISTANT_NOT_FOUND"));
      await expect(records.runs.get(scope, "t1", "r1")).rejects.toThrow(code("RUN_NOT_FOUND"));
      expect((await records.threads.get(scope, "t1")).status).toBe("idle");
      await create("a");
      expect(await records.assistants.versions(scope, "a", undefined, page)).toHaveLength(1);
      await run("r3", "t1");
      const claimed = (await records.runs.claim("w", LEASE, {})) as RunRow;
      const metadata = { assistant_id: "a" };
      await records.threads.create(scope, { id: "never-run", metadata }, "raise");
      await records.threads.create(other, { id: "of another tenant", metadata }, "raise");
      opened.signals.length = 0;
      const gone = await records.assistants.delete(scope, "a", true);
      expect(gone).toEqual(["never-run", "t1", "t2"]);
      expect((await records.threads.get(other, "of another tenant")).status).toBe("idle");
      expect(kinds(opened)).toContain("run-cancel");
      await expect(records.threads.get(scope, "t1")).rejects.toThrow(code("THREAD_NOT_FOUND"));
      expect(await records.runs.finish("r3", claimed.token, ended())).toBe(false);
    });
  });

  describe("the event log", () => {
    const begin = async (id = "r", more = {}) => {
      await records.runs.create(scope, newRun(id, `t-${id}`, more));
      return (await records.runs.claim("w", LEASE, {})) as RunRow;
    };
    const events = (count: number, from = 0) =>
      Array.from({ length: count }, (_, index) => ({
        event: "values|ns",
        data: JSON.stringify({ n: from + index, nul: "\0" }),
      }));

    it("numbers events from 1 without a gap, in batches of any size and over attempts", async () => {
      const { token } = await begin();
      expect(await records.events.last("r")).toBe(0);
      opened.signals.length = 0;
      expect(await records.events.append("r", token, events(450))).toBe(450);
      expect(opened.signals).toEqual([{ kind: "run-events", runId: "r", seq: 450 }]);
      expect(await records.events.append("r", token, [])).toBe(450);
      await records.runs.release("r", token);
      const again = (await records.runs.claim("w", LEASE, {})) as RunRow;
      expect(await records.events.append("r", again.token, events(2, 450))).toBe(452);
      const read = await records.events.read("r", 0, 1000);
      expect(read.map(({ seq }) => seq)).toEqual(Array.from({ length: 452 }, (_, i) => i + 1));
      expect(read.map(({ data }) => data)).toEqual(events(452).map(({ data }) => data));
      expect(await records.events.read("r", 451, 1000)).toEqual(read.slice(451));
      expect(await records.events.read("r", 10, 5)).toEqual(read.slice(10, 15));
      expect(await records.events.last("r")).toBe(452);
    });

    it("of one holder that appends many times at once has each event once", async () => {
      const { token } = await begin();
      await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          records.events.append("r", token, events(3, index)),
        ),
      );
      const read = await records.events.read("r", 0, 1000);
      expect(read.map(({ seq }) => seq)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    });

    it("is dropped some time after the end, later where it may be resumed", async () => {
      const plain = await begin("a");
      const resumable = await begin("b", { isResumable: true });
      const working = await begin("c");
      for (const run of [plain, resumable, working])
        await records.events.append(run.id, run.token, events(3));
      for (const run of [plain, resumable]) await records.runs.finish(run.id, run.token, ended());
      const now = opened.clock.time + 1;
      expect(await records.events.drop(now - 1, 10)).toBe(0);
      expect(await records.events.drop(now, 10, now - 1)).toBe(1);
      expect(await records.events.read("a", 0, 10)).toEqual([]);
      expect(await records.events.read("b", 0, 10)).toHaveLength(3);
      expect(await records.events.drop(now, 10)).toBe(1);
      expect(await records.events.drop(now, 10)).toBe(0);
      expect(await records.events.read("c", 0, 10)).toHaveLength(3);
    });
  });

  describe("crons", () => {
    const cron = (id: string, more = {}) => ({
      id,
      assistantId: "a",
      threadId: null,
      schedule: "* * * * *",
      timezone: "Europe/Berlin",
      endTime: null,
      payload: { z: 1, a: { input: null } },
      metadata: { owner: "ann" },
      userId: null,
      enabled: true,
      onRunCompleted: "keep" as const,
      nextRunAt: 100,
      ...more,
    });

    it("are kept as they were given, changed and deleted, and every change is told", async () => {
      const made = await records.crons.create(scope, cron("c"));
      expect(await records.crons.get(scope, "c")).toEqual(made);
      expect(made).toMatchObject({ tenant: "default", enabled: true, timezone: "Europe/Berlin" });
      opened.clock.time += 1;
      const change = { enabled: false, nextRunAt: null, metadata: { b: 1 } };
      const changed = await records.crons.patch(scope, "c", change);
      expect(changed).toEqual({ ...made, ...change, updatedAt: opened.clock.time });
      await expect(records.crons.get(other, "c")).rejects.toThrow(code("CRON_NOT_FOUND"));
      await expect(records.crons.patch(other, "c", {})).rejects.toThrow(code("CRON_NOT_FOUND"));
      await expect(records.crons.delete(other, "c")).rejects.toThrow(code("CRON_NOT_FOUND"));
      await records.crons.delete(scope, "c");
      await expect(records.crons.get(scope, "c")).rejects.toThrow(code("CRON_NOT_FOUND"));
      expect(kinds(opened)).toEqual(["cron-changed", "cron-changed", "cron-changed"]);
    });

    it("are found by what they have, sorted with those that have no next time as the lowest", async () => {
      await records.crons.create(scope, cron("x", { nextRunAt: 300, threadId: "t" }));
      await records.crons.create(scope, cron("y", { nextRunAt: null, enabled: false }));
      await records.crons.create(scope, cron("z", { assistantId: "b", metadata: {} }));
      const ids = async (query: object, sort: object = {}) =>
        (await records.crons.search(scope, query, { ...page, sortBy: "id", ...sort })).map(
          ({ id }) => id,
        );
      expect(await ids({})).toEqual(["z", "y", "x"]);
      expect(await ids({ enabled: false })).toEqual(["y"]);
      expect(await ids({ threadId: "t" })).toEqual(["x"]);
      expect(await ids({ assistantId: "b" })).toEqual(["z"]);
      expect(await ids({ metadata: { owner: "ann" } })).toEqual(["y", "x"]);
      expect(await ids({}, { sortBy: "nextRunAt", sortOrder: "asc" })).toEqual(["y", "z", "x"]);
      expect(await ids({}, { sortBy: "nextRunAt" })).toEqual(["x", "z", "y"]);
      expect(await records.crons.count(scope, { assistantId: "a" })).toBe(2);
    });

    it("that are due are fired by one of many", async () => {
      await records.crons.create(scope, cron("c"));
      await records.crons.create(scope, cron("off", { enabled: false, nextRunAt: 1 }));
      await records.crons.create(scope, cron("later", { nextRunAt: 500 }));
      expect(await records.crons.nextDue()).toBe(100);
      expect((await records.crons.due(100, 10)).map(({ id }) => id)).toEqual(["c"]);
      const second = await opened.another();
      const fired = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 === 0 ? records : second).crons.advance("c", 100, 200),
        ),
      );
      expect(fired.filter(Boolean)).toHaveLength(1);
      expect(await records.crons.due(100, 10)).toEqual([]);
      await records.crons.advance("c", 200, null);
      expect(await records.crons.nextDue()).toBe(500);
    });
  });

  describe("the outbox", () => {
    const promise = async (count: number) => {
      for (let index = 0; index < count; index += 1) {
        await records.runs.create(scope, newRun(`r${index}`, `t${index}`));
        const run = (await records.runs.claim("w", LEASE, {})) as RunRow;
        const id = `d${index}`;
        const delivery = { id, tenant: "default", url: "https://example.test/", body: '{"a":1}' };
        await records.runs.finish(run.id, run.token, ended({ delivery }));
      }
    };

    it("gives each delivery to one taker, and again when the taker does not come back", async () => {
      await promise(6);
      const second = await opened.another();
      const taken = await Promise.all([
        records.outbox.take(4, 1000),
        second.outbox.take(4, 1000),
        records.outbox.take(4, 1000),
      ]);
      expect(new Set(taken.flat().map(({ id }) => id)).size).toBe(taken.flat().length);
      const rest = await records.outbox.take(10, 1000);
      expect(taken.flat().length + rest.length).toBe(6);
      opened.clock.time += 1000;
      const again = await records.outbox.take(10, 1000);
      expect(again).toHaveLength(6);
      expect(again[0]).toMatchObject({ attempts: 2, body: '{"a":1}' });
    });

    it("forgets what was delivered, tries again what failed, keeps what was given up", async () => {
      await promise(3);
      await records.outbox.take(3, 1000);
      await records.outbox.delivered("d0");
      await records.outbox.failed("d1", "500 \0", opened.clock.time + 50);
      await records.outbox.failed("d2", "gone", null);
      expect(await records.outbox.nextDue()).toBe(opened.clock.time + 50);
      opened.clock.time += 5000;
      const due = await records.outbox.take(5, 1000);
      expect(due).toMatchObject([{ id: "d1", lastError: "500 \0", attempts: 2 }]);
      await records.outbox.delivered("d1");
      expect(await records.outbox.nextDue()).toBeUndefined();
      expect(await opened.query("SELECT id, last_error FROM outbox")).toEqual([
        { id: "d2", last_error: "gone" },
      ]);
    });
  });

  describe("keys", () => {
    const key = (id: string, more = {}) => ({
      id,
      tenant: "acme",
      name: "ci",
      role: "runner" as const,
      hash: `hash-${id}`,
      prefix: "tk_",
      expiresAt: null,
      ...more,
    });

    it("are found by hash while they are in force", async () => {
      expect(await records.keys.any()).toBe(false);
      const made = await records.keys.create(key("k"));
      await records.keys.create(key("e", { expiresAt: opened.clock.time + 10, tenant: "b" }));
      expect(await records.keys.findByHash("hash-k")).toEqual(made);
      expect((await records.keys.findByHash("hash-e"))?.id).toBe("e");
      opened.clock.time += 10;
      expect(await records.keys.findByHash("hash-e")).toBeUndefined();
      expect(await records.keys.any()).toBe(true);
      expect(await records.keys.revoke("k")).toBe(true);
      expect(await records.keys.revoke("k")).toBe(false);
      expect(await records.keys.findByHash("hash-k")).toBeUndefined();
      expect(await records.keys.any()).toBe(false);
      expect(await records.keys.list(undefined)).toHaveLength(2);
      expect((await records.keys.list("b")).map(({ id }) => id)).toEqual(["e"]);
    });

    it("note their use once a minute", async () => {
      await records.keys.create(key("k"));
      const used = async () => {
        await records.keys.touch("k");
        return (await records.keys.findByHash("hash-k"))?.lastUsedAt;
      };
      const first = opened.clock.time;
      expect(await used()).toBe(first);
      opened.clock.time += 59_999;
      expect(await used()).toBe(first);
      opened.clock.time += 1;
      expect(await used()).toBe(first + 60_000);
    });
  });

  it("a file belongs to the tenants that brought it, under the name it came with", async () => {
    const file = { tenant: "acme", sha256: "ab", name: "a.csv", mime: "text/csv", size: 5e9 };
    const made = await records.files.add(file);
    expect(await records.files.add({ ...file, name: "b.csv" })).toEqual(made);
    expect(await records.files.find("acme", "ab")).toEqual(made);
    expect(await records.files.find("default", "ab")).toBeUndefined();
  });

  it("the database answers a ping", async () => {
    await expect(records.ping()).resolves.toBeUndefined();
  });
};
