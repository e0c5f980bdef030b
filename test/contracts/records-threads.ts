// What the threads of every Records must do.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject, OpenRecords, ThreadQuery } from "../../src/storage/index.ts";
import type { Opened } from "../storage/stores.ts";
import { ended, kinds, LEASE, newRun, type Open, other, scope } from "./records-fixtures.ts";

const code = (value: string) => expect.objectContaining({ code: value });

export const threadsContract = (open: Open): void => {
  let opened: Opened;
  let records: OpenRecords;
  beforeEach(async () => {
    opened = await open();
    records = opened.records;
  });
  afterEach(() => opened.close());

  const create = (id: string, metadata: JsonObject = {}) =>
    records.threads.create(scope, { id, metadata }, "raise");
  const found = async (query: ThreadQuery, page = {}) =>
    (await records.threads.search(scope, query, { limit: 100, offset: 0, ...page })).map(
      ({ id }) => id,
    );

  describe("a thread", () => {
    it("is idle and empty when it is made", async () => {
      const thread = await create("t", { a: 1 });
      expect(thread).toEqual({
        tenant: "default",
        id: "t",
        status: "idle",
        metadata: { a: 1 },
        config: {},
        values: null,
        interrupts: {},
        error: null,
        ttl: null,
        version: 1,
        createdAt: opened.clock.time,
        updatedAt: opened.clock.time,
        stateUpdatedAt: opened.clock.time,
      });
      expect(await records.threads.get(scope, "t")).toEqual(thread);
    });

    it("made twice is refused, or answered as it is", async () => {
      await create("t", { a: 1 });
      await expect(create("t")).rejects.toThrow(code("ALREADY_EXISTS"));
      const again = { id: "t", metadata: { b: 2 } };
      expect((await records.threads.create(scope, again, "do_nothing")).metadata).toEqual({ a: 1 });
    });

    it("of one tenant may bear the id of another's, and neither learns of it", async () => {
      await create("t", { mine: true });
      await expect(records.threads.get(other, "t")).rejects.toThrow(code("THREAD_NOT_FOUND"));
      const theirs = await records.threads.create(other, { id: "t", metadata: {} }, "raise");
      expect(theirs.tenant).toBe("acme");
      await records.threads.delete(other, "t");
      expect((await records.threads.get(scope, "t")).metadata).toEqual({ mine: true });
    });

    it("that a filter hides is not there for any method", async () => {
      await create("t", { owner: "ann" });
      const bob = { ...scope, filter: { owner: "bob" } };
      const summary = ended().thread;
      await expect(records.threads.get(bob, "t")).rejects.toThrow(code("THREAD_NOT_FOUND"));
      await expect(records.threads.patch(bob, "t", {})).rejects.toThrow(code("THREAD_NOT_FOUND"));
      await expect(records.threads.delete(bob, "t")).rejects.toThrow(code("THREAD_NOT_FOUND"));
      await expect(records.threads.setState(bob, "t", summary)).rejects.toThrow(
        code("THREAD_NOT_FOUND"),
      );
      const again = { id: "t", metadata: {} };
      await expect(records.threads.create(bob, again, "do_nothing")).rejects.toThrow(
        code("ALREADY_EXISTS"),
      );
      expect(await records.threads.count(bob, {})).toBe(0);
      expect(await records.threads.search(bob, {}, { limit: 5, offset: 0 })).toEqual([]);
    });

    it("merges metadata, key by key, also when many change it at once", async () => {
      await create("t", { a: 1, b: { c: 1 } });
      await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          records.threads.patch(scope, "t", { metadata: { [`k${index}`]: index } }),
        ),
      );
      const { metadata } = await records.threads.patch(scope, "t", { metadata: { b: { d: 2 } } });
      expect(Object.keys(metadata)).toHaveLength(22);
      expect(metadata["b"]).toEqual({ d: 2 });
    });

    it("changes its config and its time to live", async () => {
      await create("t");
      const ttl = { strategy: "keep_latest" as const, minutes: 1.5 };
      const config = { configurable: { z: 1, a: 2 } };
      expect(await records.threads.patch(scope, "t", { ttl, config })).toMatchObject({ ttl });
      expect(JSON.stringify((await records.threads.get(scope, "t")).config)).toBe(
        JSON.stringify(config),
      );
      expect((await records.threads.patch(scope, "t", { ttl: null })).ttl).toBeNull();
    });

    it("refuses metadata that no query could open, and keeps all that is odd", async () => {
      let deep: JsonObject = {};
      for (let depth = 0; depth < 2000; depth += 1) deep = { deep };
      await expect(create("t", deep)).rejects.toThrow(code("REQUEST_INVALID"));
      const odd = JSON.parse(
        '{"__proto__":{"x":1},"a.b":"$","\\"":"\\u0000","é😀":"\\ud800","n":1e300,"":null}',
      ) as JsonObject;
      await create("odd", odd);
      expect((await records.threads.get(scope, "odd")).metadata).toEqual(odd);
      await expect(records.threads.get(scope, "\0")).rejects.toThrow(code("THREAD_NOT_FOUND"));
    });

    it("takes its runs with it, and tells the one that works", async () => {
      await records.runs.create(scope, newRun("r1", "t"));
      const run = await records.runs.claim("w", LEASE, {});
      await records.events.append("r1", run?.token ?? 0, [{ event: "values", data: "1" }]);
      await records.runs.create(scope, newRun("r2", "t"));
      opened.signals.length = 0;
      await records.threads.delete(scope, "t");
      await expect(records.threads.get(scope, "t")).rejects.toThrow(code("THREAD_NOT_FOUND"));
      await expect(records.runs.get(scope, "t", "r1")).rejects.toThrow(code("RUN_NOT_FOUND"));
      expect(await records.events.read("r1", 0, 10)).toEqual([]);
      expect(kinds(opened).toSorted()).toEqual(["run-cancel", "run-end", "run-end"]);
      expect(await records.runs.finish("r1", run?.token ?? 0, ended())).toBe(false);
    });
  });

  describe("a state that is set", () => {
    const summary = ended().thread;
    it("is kept in its order, and raises the version", async () => {
      const { version } = await create("t");
      const values = { z: [1, { y: 2, b: 3 }], a: "\0 é" };
      opened.clock.time += 5;
      const interrupts = { task: [{ id: "i", value: { q: 1 } }] };
      const state = { ...summary, status: "interrupted" as const, values, interrupts };
      const row = await records.threads.setState(scope, "t", state);
      expect(row).toMatchObject({ status: "interrupted", interrupts, version: version + 1 });
      expect(row.stateUpdatedAt).toBe(opened.clock.time);
      expect(JSON.stringify((await records.threads.get(scope, "t")).values)).toBe(
        JSON.stringify(values),
      );
      await records.threads.setState(scope, "t", summary);
      expect((await records.threads.get(scope, "t")).interrupts).toEqual({});
    });

    it("by many who read the same version is set by one", async () => {
      const { version } = await create("t");
      const set = await Promise.allSettled(
        Array.from({ length: 50 }, (_, index) =>
          records.threads.setState(scope, "t", { ...summary, values: index }, version),
        ),
      );
      expect(set.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    });

    it("is refused while a run works on the thread, and leaves it busy while one waits", async () => {
      await records.runs.create(scope, newRun("r", "t"));
      expect((await records.threads.setState(scope, "t", summary)).status).toBe("busy");
      await records.runs.claim("w", LEASE, {});
      await expect(records.threads.setState(scope, "t", summary)).rejects.toThrow(
        code("THREAD_BUSY"),
      );
    });
  });

  describe("a search", () => {
    it("sorts by any column, and pages without gap or repeat", async () => {
      for (const id of ["c", "a", "b"]) {
        await create(id);
        opened.clock.time += 1;
      }
      await records.threads.patch(scope, "c", { metadata: { x: 1 } });
      expect(await found({})).toEqual(["c", "b", "a"]);
      expect(await found({}, { sortBy: "id", sortOrder: "asc" })).toEqual(["a", "b", "c"]);
      expect(await found({}, { sortBy: "createdAt", sortOrder: "asc" })).toEqual(["c", "a", "b"]);
      expect(await found({}, { limit: 2, offset: 1 })).toEqual(["b", "a"]);
      expect(await found({ ids: ["a", "x"] })).toEqual(["a"]);
      expect(await found({ ids: [] })).toEqual([]);
    });

    it("finds by status", async () => {
      await create("idle");
      await records.runs.create(scope, newRun("r", "busy"));
      expect(await found({ status: "busy" })).toEqual(["busy"]);
      expect(await found({ status: "idle" })).toEqual(["idle"]);
      expect(await records.threads.count(scope, { status: "idle" })).toBe(1);
    });

    it("finds by parts of the values, also where values are too deep to open", async () => {
      for (const id of ["a", "b", "deep"]) await create(id);
      const values = { topic: "tax", list: [1, { x: "\0" }] };
      await records.threads.setState(scope, "a", { ...ended().thread, values });
      let deep: JsonObject = {};
      for (let depth = 0; depth < 1500; depth += 1) deep = { deep };
      await records.threads.setState(scope, "deep", { ...ended().thread, values: deep });
      expect(await found({ values: { topic: "tax" } })).toEqual(["a"]);
      expect(await found({ values: { list: [{ x: "\0" }] } })).toEqual(["a"]);
      expect(await found({ values: { topic: "vat" } })).toEqual([]);
      expect(await records.threads.count(scope, { values: { topic: "tax" } })).toBe(1);
    });
  });

  describe("a time to live", () => {
    const ttl = { strategy: "keep_latest" as const, minutes: 10 };
    const expired = async () =>
      (await records.threads.expired(opened.clock.time, 10)).map(({ id }) => id);

    it("is over so many minutes after the last change, unless a run waits or works", async () => {
      await records.threads.create(scope, { id: "t", metadata: {}, ttl }, "raise");
      await records.threads.create(scope, { id: "busy", metadata: {}, ttl }, "raise");
      await create("eternal");
      await records.runs.create(scope, newRun("r", "busy"));
      opened.clock.time += 10 * 60_000;
      expect(await expired()).toEqual([]);
      opened.clock.time += 1;
      expect(await expired()).toEqual(["t"]);
      await records.threads.patch(scope, "t", {});
      expect(await expired()).toEqual([]);
    });

    it("that is over deletes nothing that was used since it was looked at", async () => {
      for (const id of ["run", "changed", "rests"])
        await records.threads.create(scope, { id, metadata: {}, ttl }, "raise");
      const { updatedAt } = await records.threads.get(scope, "rests");
      opened.clock.time += 11 * 60_000;
      await records.runs.create(scope, newRun("r", "run"));
      await records.threads.patch(scope, "changed", {});
      for (const id of ["run", "changed"])
        await expect(records.threads.delete(scope, id, updatedAt)).rejects.toThrow(
          code("THREAD_BUSY"),
        );
      await records.threads.delete(scope, "rests", updatedAt);
      expect(await found({})).toEqual(expect.arrayContaining(["run", "changed"]));
      expect(await found({})).toHaveLength(2);
    });

    it("that led to pruning does so once, until the thread changes", async () => {
      await records.threads.create(scope, { id: "t", metadata: {}, ttl }, "raise");
      opened.clock.time += 11 * 60_000;
      expect(await expired()).toEqual(["t"]);
      await records.threads.pruned(scope, "t");
      expect(await expired()).toEqual([]);
      await records.threads.patch(scope, "t", { metadata: { a: 1 } });
      opened.clock.time += 11 * 60_000;
      expect(await expired()).toEqual(["t"]);
    });
  });
};
