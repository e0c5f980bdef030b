// What the runs of every Records must do.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OpenRecords, RunRow } from "../../src/storage/index.ts";
import type { Opened } from "../storage/stores.ts";
import { ended, kinds, LEASE, newRun, type Open, other, scope } from "./records-fixtures.ts";

const code = (value: string) => expect.objectContaining({ code: value });

export const runsContract = (open: Open): void => {
  let opened: Opened;
  let records: OpenRecords;
  beforeEach(async () => {
    opened = await open();
    records = opened.records;
  });
  afterEach(() => opened.close());

  const create = (id: string, threadId: string, more: Parameters<typeof newRun>[2] = {}) =>
    records.runs.create(scope, newRun(id, threadId, more));
  const claim = (worker = "w", limits = {}) => records.runs.claim(worker, LEASE, limits);
  const claimed = async (): Promise<RunRow> => (await claim()) as RunRow;
  const statusOf = async (thread: string) => (await records.threads.get(scope, thread)).status;

  describe("a new run", () => {
    it("makes the thread it needs, which is busy from then on", async () => {
      const { run, thread, pushedAside } = await create("r", "t", {
        threadMetadata: { owner: "ann" },
        threadTtl: { strategy: "delete", minutes: 5 },
        kwargs: { zebra: 1, apple: { b: [1, 2], a: "\0" } },
      });
      expect(run).toMatchObject({ id: "r", status: "pending", attempts: 0, leaseUntil: null });
      expect(thread).toMatchObject({
        id: "t",
        status: "busy",
        metadata: { owner: "ann", graph_id: "agent", assistant_id: "assistant" },
        ttl: { strategy: "delete", minutes: 5 },
      });
      expect(pushedAside).toEqual([]);
      expect(await records.runs.get(scope, "t", "r")).toEqual(run);
      expect(JSON.stringify((await records.runs.get(scope, undefined, "r")).kwargs)).toBe(
        JSON.stringify({ zebra: 1, apple: { b: [1, 2], a: "\0" } }),
      );
      expect(await records.threads.get(scope, "t")).toEqual(thread);
      expect(opened.signals).toEqual([{ kind: "run-ready", runId: "r", threadId: "t", dueAt: 0 }]);
    });

    it("on a thread that is not there is refused when the thread must be, and leaves nothing", async () => {
      await expect(create("r", "t", { ifThreadMissing: "reject" })).rejects.toThrow(
        code("THREAD_NOT_FOUND"),
      );
      await expect(records.runs.get(scope, undefined, "r")).rejects.toThrow(code("RUN_NOT_FOUND"));
      expect(opened.signals).toEqual([]);
    });

    it("raises the version of its thread, and so do its start and its end", async () => {
      const versions = [(await create("r", "t")).thread.version];
      const run = await claimed();
      versions.push((await records.threads.get(scope, "t")).version);
      await records.runs.finish(run.id, run.token, ended());
      versions.push((await records.threads.get(scope, "t")).version);
      expect(versions).toEqual(versions.toSorted((a, b) => a - b));
      expect(new Set(versions).size).toBe(3);
    });

    it("is made once for one key, also when many ask at once", async () => {
      const made = await Promise.all(
        Array.from({ length: 20 }, (_, index) => create(`r${index}`, "t", { onceKey: "tick" })),
      );
      expect(new Set(made.map(({ run }) => run.id)).size).toBe(1);
      expect(await records.runs.list(scope, "t", { limit: 50, offset: 0 })).toHaveLength(1);
      const elsewhere = await records.runs.create(other, newRun("o", "t", { onceKey: "tick" }));
      expect(elsewhere.run.id).toBe("o");
    });

    it("of many that find no thread at once shares the one that is made", async () => {
      await Promise.all(Array.from({ length: 20 }, (_, index) => create(`r${index}`, "t")));
      expect(await records.runs.list(scope, "t", { limit: 50, offset: 0 })).toHaveLength(20);
      expect(await records.threads.count(scope, {})).toBe(1);
    });
  });

  describe("a second run on a thread", () => {
    it("is refused by `reject` while one waits or works", async () => {
      await create("r1", "t");
      await expect(create("r2", "t", { multitaskStrategy: "reject" })).rejects.toThrow(
        code("THREAD_BUSY"),
      );
      const run = await claimed();
      await expect(create("r2", "t", { multitaskStrategy: "reject" })).rejects.toThrow(
        code("THREAD_BUSY"),
      );
      await records.runs.finish(run.id, run.token, ended());
      await create("r2", "t", { multitaskStrategy: "reject" });
    });

    it("asked for by many at once with `reject` is made once", async () => {
      const made = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) =>
          create(`r${index}`, "t", { multitaskStrategy: "reject" }),
        ),
      );
      expect(made.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    });

    it("ends those that wait and stops the one that works, by `interrupt`", async () => {
      await create("r1", "t");
      await claimed();
      await create("r2", "t");
      opened.signals.length = 0;
      const { pushedAside } = await create("r3", "t", { multitaskStrategy: "interrupt" });
      expect(pushedAside.map(({ id, status }) => [id, status]).toSorted()).toEqual([
        ["r1", "running"],
        ["r2", "pending"],
      ]);
      expect(await records.runs.get(scope, "t", "r1")).toMatchObject({
        status: "running",
        cancel: "interrupt",
      });
      expect(await records.runs.get(scope, "t", "r2")).toMatchObject({ status: "interrupted" });
      expect(opened.signals).toContainEqual({
        kind: "run-cancel",
        runId: "r1",
        action: "interrupt",
      });
      expect(opened.signals).toContainEqual({ kind: "run-end", runId: "r2", threadId: "t" });
    });

    it("removes those that wait, and asks for a rollback of the one that works, by `rollback`", async () => {
      await create("r1", "t");
      const run = await claimed();
      await create("r2", "t");
      await create("r3", "t", { multitaskStrategy: "rollback" });
      await expect(records.runs.get(scope, "t", "r2")).rejects.toThrow(code("RUN_NOT_FOUND"));
      expect((await records.runs.get(scope, "t", "r1")).cancel).toBe("rollback");
      await create("r4", "t", { multitaskStrategy: "interrupt" });
      expect((await records.runs.get(scope, "t", "r1")).cancel).toBe("rollback");
      const gone = await records.runs.remove(run.id, run.token, ended().thread);
      expect(gone).toBe(true);
      await expect(records.runs.get(scope, "t", "r1")).rejects.toThrow(code("RUN_NOT_FOUND"));
      expect(await claimed()).toMatchObject({ id: "r4" });
    });
  });

  describe("an answer to open questions", () => {
    const pausedAt = async (): Promise<number> => {
      await create("r0", "t");
      const { id, token } = await claimed();
      const interrupts = { task: [{ id: "i", value: "ok?" }] };
      const thread = { status: "interrupted" as const, values: null, interrupts, error: null };
      await records.runs.finish(id, token, ended({ thread }));
      return (await records.threads.get(scope, "t")).version;
    };

    it("of 1,000 given at once is accepted exactly once", async () => {
      const version = await pausedAt();
      const answers = await Promise.allSettled(
        Array.from({ length: 1000 }, (_, index) =>
          create(`a${index}`, "t", { expectThreadVersion: version }),
        ),
      );
      const won = answers.filter(({ status }) => status === "fulfilled");
      expect(won).toHaveLength(1);
      const lost = answers.flatMap((answer) =>
        answer.status === "rejected" ? [answer.reason] : [],
      );
      expect(new Set(lost.map((error: { code: string }) => error.code))).toEqual(
        new Set(["CONFLICT"]),
      );
      expect(await records.runs.list(scope, "t", { limit: 10, offset: 0 })).toHaveLength(2);
    }, 60_000);

    it("keeps others out while it waits and works, also those who read the thread since", async () => {
      const version = await pausedAt();
      await create("a1", "t", { expectThreadVersion: version });
      const again = async () => {
        const now = (await records.threads.get(scope, "t")).version;
        return create("a2", "t", { expectThreadVersion: now, multitaskStrategy: "interrupt" });
      };
      await expect(again()).rejects.toThrow(code("CONFLICT"));
      const run = await claimed();
      await expect(again()).rejects.toThrow(code("CONFLICT"));
      expect((await records.runs.get(scope, "t", "a1")).cancel).toBeNull();
      await records.runs.finish(run.id, run.token, ended());
      await again();
    });

    it("may be given again when the first was cancelled before it began", async () => {
      const version = await pausedAt();
      await create("a1", "t", { expectThreadVersion: version });
      await records.runs.cancel(scope, { threadId: "t" }, "interrupt", "by hand");
      const thread = await records.threads.get(scope, "t");
      expect(thread).toMatchObject({ status: "interrupted", interrupts: { task: [{ id: "i" }] } });
      await create("a2", "t", { expectThreadVersion: thread.version });
    });
  });

  describe("claiming", () => {
    it("takes what is due, by priority, then age, then the order of creation", async () => {
      await create("a", "t1");
      await create("b", "t2");
      opened.clock.time += 1;
      await create("c", "t3", { priority: 5 });
      await create("d", "t4", { availableAt: opened.clock.time + 1000, priority: 9 });
      const order = [await claim(), await claim(), await claim(), await claim()];
      expect(order.map((run) => run?.id)).toEqual(["c", "a", "b", undefined]);
      expect(await records.runs.nextDue()).toBe(opened.clock.time + 1000);
      opened.clock.time += 1000;
      expect((await claim())?.id).toBe("d");
      expect(await records.runs.nextDue()).toBeUndefined();
    });

    it("leases the run under a token that only ever rises", async () => {
      await create("a", "t1");
      await create("b", "t2");
      const first = (await claim("w1")) as RunRow;
      const second = (await claim("w2")) as RunRow;
      expect(first).toMatchObject({
        status: "running",
        worker: "w1",
        attempts: 1,
        leaseUntil: opened.clock.time + LEASE,
      });
      expect(second.token).toBeGreaterThan(first.token);
      await records.runs.release(first.id, first.token);
      const third = await claimed();
      expect(third.token).toBeGreaterThan(second.token);
    });

    it("gives a thread to one run at a time", async () => {
      await create("a", "t");
      await create("b", "t");
      const first = await claimed();
      expect(await claim()).toBeUndefined();
      expect(await records.runs.nextDue()).toBeUndefined();
      await records.runs.finish(first.id, first.token, ended());
      expect((await claim())?.id).toBe("b");
    });

    it("by 20 at once over 3 processes gives no thread twice and leaves no run out", async () => {
      const processes = [records, await opened.another(), await opened.another()];
      for (let index = 0; index < 60; index += 1) await create(`r${index}`, `t${index % 12}`);
      const perThread = new Map<string, number>();
      const done: string[] = [];
      const work = async (worker: number): Promise<void> => {
        const own = processes[worker % processes.length] as OpenRecords;
        for (;;) {
          const run = await own.runs.claim(`w${worker}`, LEASE, {});
          if (run === undefined) return;
          const others = perThread.get(run.threadId) ?? 0;
          expect(others).toBe(0);
          perThread.set(run.threadId, others + 1);
          await own.events.append(run.id, run.token, [{ event: "values", data: "1" }]);
          perThread.set(run.threadId, 0);
          if (await own.runs.finish(run.id, run.token, ended())) done.push(run.id);
        }
      };
      // Workers that found nothing while others worked come back, as they do when they are told.
      while (done.length < 60)
        await Promise.all(Array.from({ length: 20 }, (_, index) => work(index)));
      expect(new Set(done).size).toBe(60);
      expect(await records.runs.counts()).toEqual({ success: 60 });
    });

    it("keeps to the limits of tenants and assistants, also when many claim at once", async () => {
      for (let index = 0; index < 8; index += 1) {
        await create(`r${index}`, `t${index}`);
        await records.runs.create(other, newRun(`o${index}`, `t${index}`, { assistantId: "b" }));
      }
      const processes = [records, await opened.another()];
      const limits = { perTenant: 3, perAssistant: 2 };
      const runs = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (processes[index % 2] as OpenRecords).runs.claim("w", LEASE, limits),
        ),
      );
      const taken = runs.filter((run) => run !== undefined);
      expect(taken.filter(({ tenant }) => tenant === "acme")).toHaveLength(2);
      expect(taken).toHaveLength(4);
      const more = await Promise.all([1, 2, 3].map(() => claim("w", { perTenant: 3 })));
      expect(more.filter((run) => run !== undefined)).toHaveLength(2);
    });
  });

  describe("an attempt that lost its run", () => {
    it("changes nothing", async () => {
      await create("r", "t");
      const lost = await claimed();
      opened.clock.time += LEASE + 1;
      expect(await records.runs.reap(3)).toMatchObject([{ id: "r", status: "pending" }]);
      const again = await claimed();
      const before = await records.runs.get(scope, "t", "r");
      const thread = await records.threads.get(scope, "t");
      opened.signals.length = 0;
      expect(await records.runs.heartbeat("r", lost.token, LEASE)).toBeUndefined();
      expect(await records.runs.began("r", lost.token, "c")).toBe(false);
      expect(await records.runs.finish("r", lost.token, ended())).toBe(false);
      expect(await records.runs.remove("r", lost.token, ended().thread)).toBe(false);
      expect(await records.runs.release("r", lost.token)).toBe(false);
      const events = [{ event: "values", data: "{}" }];
      expect(await records.events.append("r", lost.token, events)).toBeUndefined();
      expect(await records.runs.get(scope, "t", "r")).toEqual(before);
      expect(await records.threads.get(scope, "t")).toEqual(thread);
      expect(opened.signals).toEqual([]);
      expect(await records.runs.finish("r", again.token, ended())).toBe(true);
      expect(await records.runs.finish("r", again.token, ended())).toBe(false);
    });

    it("does not finish once a rollback was asked for: it is to be taken back", async () => {
      await create("r", "t");
      const { token } = await claimed();
      await create("next", "t", { multitaskStrategy: "rollback" });
      expect(await records.runs.finish("r", token, ended())).toBe("rollback");
      expect((await records.runs.get(scope, "t", "r")).status).toBe("running");
      expect(await records.runs.remove("r", token, ended().thread)).toBe(true);
    });

    it("loses to a finish, or wins over it, but not both", async () => {
      await create("r", "t");
      const { token } = await claimed();
      opened.clock.time += LEASE + 1;
      const second = await opened.another();
      const [finished, reaped] = await Promise.all([
        records.runs.finish("r", token, ended()),
        second.runs.reap(3),
      ]);
      expect(reaped).toHaveLength(finished ? 0 : 1);
    });
  });

  describe("the end of a run", () => {
    it("writes run, thread and delivery, and tells both who wait", async () => {
      await create("r1", "t");
      await create("r2", "t");
      const { id, token } = await claimed();
      expect(await records.runs.began(id, token, "checkpoint")).toBe(true);
      opened.signals.length = 0;
      const delivery = { id: "d", tenant: "default", url: "https://example.test/", body: "{}" };
      const values = { b: 1, a: "\0\ud800 \ufdd0" };
      const thread = { ...ended().thread, values };
      await records.runs.finish(id, token, ended({ delivery, thread }));
      expect(await records.runs.get(scope, "t", "r1")).toMatchObject({
        status: "success",
        startCheckpoint: "checkpoint",
        worker: null,
        leaseUntil: null,
      });
      const row = await records.threads.get(scope, "t");
      expect(row.status).toBe("busy");
      expect(JSON.stringify(row.values)).toBe(JSON.stringify(values));
      expect(kinds(opened).toSorted()).toEqual(["delivery-due", "run-end", "run-ready"]);
      expect(opened.signals).toContainEqual(
        expect.objectContaining({ kind: "run-ready", runId: "r2" }),
      );
      expect(await records.outbox.take(5, 1000)).toMatchObject([{ id: "d", attempts: 1 }]);
    });

    it("leaves the thread as the run left it when none waits", async () => {
      await create("r", "t");
      const { id, token } = await claimed();
      const error = { error: "Error", message: "no" };
      const thread = { status: "error" as const, values: null, interrupts: {}, error };
      await records.runs.finish(id, token, ended({ status: "error", error, thread }));
      expect(await records.threads.get(scope, "t")).toMatchObject({ status: "error", error });
      expect((await records.runs.get(scope, "t", "r")).error).toEqual(error);
    });
  });

  describe("a run whose worker is gone", () => {
    it("waits again when its lease is over, and not before", async () => {
      await create("r", "t");
      const run = await claimed();
      opened.clock.time += LEASE - 1;
      expect(await records.runs.reap(3)).toEqual([]);
      expect((await records.runs.heartbeat(run.id, run.token, LEASE))?.leaseUntil).toBe(
        opened.clock.time + LEASE,
      );
      opened.clock.time += LEASE;
      expect(await records.runs.reap(3)).toEqual([]);
      opened.clock.time += 1;
      opened.signals.length = 0;
      expect(await records.runs.reap(3)).toHaveLength(1);
      expect(kinds(opened)).toEqual(["run-ready"]);
      expect(await statusOf("t")).toBe("busy");
      expect(await claimed()).toMatchObject({ id: "r", attempts: 2 });
    });

    it("is failed for good when that happened too often, and its thread with it", async () => {
      await create("r", "t", { webhook: "https://example.com/" });
      for (let attempt = 1; attempt <= 3; attempt += 1) {
        await claimed();
        opened.clock.time += LEASE + 1;
        await records.runs.reap(3);
      }
      expect(await records.runs.get(scope, "t", "r")).toMatchObject({
        status: "error",
        attempts: 3,
        error: { error: "RUN_POISONED" },
      });
      expect(await statusOf("t")).toBe("error");
      expect(kinds(opened).at(-1)).toBe("run-end");
      expect(await claim()).toBeUndefined();
      expect(await records.outbox.take(9, LEASE)).toMatchObject([{ id: "r", body: "error" }]);
    });

    it("at the start of the only process is an orphan whatever its lease", async () => {
      await create("r", "t");
      await create("s", "u");
      await claimed();
      await claimed();
      expect(await records.runs.reapAll(3)).toHaveLength(2);
      expect(await records.runs.counts()).toEqual({ pending: 2 });
    });

    it("given back in good order does not count the attempt", async () => {
      await create("r", "t");
      const { id, token } = await claimed();
      opened.signals.length = 0;
      expect(await records.runs.release(id, token)).toBe(true);
      expect(kinds(opened)).toEqual(["run-ready"]);
      expect(await claimed()).toMatchObject({ id: "r", attempts: 1 });
    });
  });

  describe("cancelling", () => {
    it("that had begun before it lost its worker is taken back by another, before anything else", async () => {
      await create("r", "t");
      const run = await claimed();
      await records.runs.began(run.id, run.token, "somewhere");
      opened.clock.time += LEASE + 1;
      await records.runs.reap(3);
      await create("next", "t", { multitaskStrategy: "rollback", priority: 9 });
      const again = await claimed();
      expect(again).toMatchObject({ id: "r", cancel: "rollback", startCheckpoint: "somewhere" });
      await records.runs.remove("r", again.token, ended().thread);
      expect(await claim()).toMatchObject({ id: "next" });
    });

    it("that waits tells its webhook, also when another takes its place; one taken back does not", async () => {
      const webhook = "https://example.com/";
      await create("cancelled", "one", { webhook });
      await create("rolled-back", "one", { webhook });
      await create("silent", "one");
      await create("aside", "two", { webhook });
      await records.runs.cancel(scope, { runIds: ["cancelled", "silent"] }, "interrupt", "why");
      await records.runs.cancel(scope, { runIds: ["rolled-back"] }, "rollback", "why");
      await create("instead", "two", { webhook, multitaskStrategy: "interrupt" });
      const told = await records.outbox.take(9, LEASE);
      expect(told.map(({ id, body }) => `${id} ${body}`).toSorted()).toEqual([
        "aside interrupted",
        "cancelled interrupted",
      ]);
    });

    it("ends what waits at once and asks what works to stop", async () => {
      await create("r1", "t");
      await claimed();
      await create("r2", "t");
      await create("r3", "u");
      opened.signals.length = 0;
      const rows = await records.runs.cancel(scope, { threadId: "t" }, "interrupt", "by hand");
      expect(rows.map(({ id, status }) => [id, status]).toSorted()).toEqual([
        ["r1", "running"],
        ["r2", "pending"],
      ]);
      expect(kinds(opened).toSorted()).toEqual(["run-cancel", "run-end"]);
      expect(await records.runs.get(scope, "t", "r2")).toMatchObject({
        status: "interrupted",
        cancelReason: "by hand",
      });
      expect(await statusOf("t")).toBe("busy");
      expect(await records.runs.get(scope, "u", "r3")).toMatchObject({ status: "pending" });
    });

    it("by ids and by status finds just those, and nothing of others", async () => {
      await create("r1", "t");
      await create("r2", "u");
      await claimed();
      await records.runs.create(other, newRun("o", "t"));
      expect(await records.runs.cancel(scope, { runIds: ["o"] }, "interrupt", "x")).toEqual([]);
      expect(await records.runs.cancel(scope, { runIds: [] }, "interrupt", "x")).toEqual([]);
      const rows = await records.runs.cancel(scope, { status: "pending" }, "rollback", "x");
      expect(rows.map(({ id }) => id)).toEqual(["r2"]);
      await expect(records.runs.get(scope, "u", "r2")).rejects.toThrow(code("RUN_NOT_FOUND"));
      expect(await statusOf("u")).toBe("idle");
      expect((await records.runs.get(other, "t", "o")).status).toBe("pending");
    });
  });

  describe("a list of runs", () => {
    it("has the newest first, by status if wanted, page by page", async () => {
      for (const id of ["a", "b", "c"]) await create(id, "t");
      await claimed();
      const ids = async (query: Parameters<typeof records.runs.list>[2]) =>
        (await records.runs.list(scope, "t", query)).map(({ id }) => id);
      expect(await ids({ limit: 10, offset: 0 })).toEqual(["c", "b", "a"]);
      expect(await ids({ limit: 1, offset: 1 })).toEqual(["b"]);
      expect(await ids({ limit: 10, offset: 0, status: "running" })).toEqual(["a"]);
      expect(await records.runs.list(other, "t", { limit: 10, offset: 0 })).toEqual([]);
    });

    it("forgets a run that is deleted, unless it is being worked on", async () => {
      await create("a", "t");
      await create("b", "t");
      await claimed();
      await expect(records.runs.delete(scope, "t", "a")).rejects.toThrow(code("THREAD_BUSY"));
      await expect(records.runs.delete(other, "t", "b")).rejects.toThrow(code("RUN_NOT_FOUND"));
      await records.runs.delete(scope, "t", "b");
      await expect(records.runs.get(scope, "t", "b")).rejects.toThrow(code("RUN_NOT_FOUND"));
    });
  });

  it("belongs to whoever may see its thread", async () => {
    await create("r", "t", { threadMetadata: { owner: "ann" } });
    const ann = { ...scope, filter: { owner: "ann" } };
    const bob = { ...scope, filter: { owner: "bob" } };
    expect((await records.runs.get(ann, "t", "r")).id).toBe("r");
    await expect(records.runs.get(bob, "t", "r")).rejects.toThrow(code("RUN_NOT_FOUND"));
    await expect(records.runs.create(bob, newRun("s", "t"))).rejects.toThrow(
      code("THREAD_NOT_FOUND"),
    );
    expect(await records.runs.cancel(bob, { threadId: "t" }, "interrupt", "x")).toEqual([]);
    expect(await records.runs.list(bob, "t", { limit: 5, offset: 0 })).toEqual([]);
  });
};
