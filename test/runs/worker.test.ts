// Runs are claimed, executed, cancelled, handed over and given up.
import { afterEach, describe, expect, it } from "vitest";
import { AttemptStopped } from "../../src/runs/attempt-stopped.ts";
import type { Attempt, RunGraph } from "../../src/runs/run-graph.ts";
import { TuttiError } from "../../src/errors.ts";
import type { RunRow } from "../../src/storage/index.ts";
import {
  collect,
  createTestPlatform,
  door,
  event,
  idle,
  never,
  request,
  scope,
  succeed,
  success,
  type TestPlatform,
  untilAborted,
} from "./platform.ts";

const THREAD = "11111111-1111-4111-8111-111111111111";

let platform: TestPlatform;
afterEach(() => platform.close());

const rowOf = ({ id }: RunRow): Promise<RunRow> => platform.records.runs.get(scope, undefined, id);

/** A graph that stops when it is told to, and says so. */
const stoppable = (begun: () => void): RunGraph =>
  async function* ({ signal }: Attempt) {
    yield event("begun");
    begun();
    await untilAborted(signal);
    return { status: "interrupted", error: null, thread: { ...idle, values: { at: "stop" } } };
  };

describe("a worker", () => {
  it("executes a run as soon as it is created, and the thread stands as the run left it", async () => {
    platform = await createTestPlatform(async function* ({ run }) {
      yield event(run.kwargs["input"]);
      return success({ done: true });
    });
    await platform.worker("a").start();
    const run = await platform.service.create(scope, request(THREAD, { input: { n: 1 } }));
    const result = await platform.service.join(scope, THREAD, run.id, never);
    expect(result).toEqual({ status: "success", values: { done: true }, error: null });
    expect(await platform.records.threads.get(scope, THREAD)).toMatchObject({ status: "idle" });
    const events = await collect(
      platform.service.stream(scope, THREAD, run.id, { after: 0, signal: never }),
    );
    expect(events).toEqual([{ seq: 1, event: "custom", data: '{"n":1}' }]);
  });

  it("executes runs that were created before it was started", async () => {
    platform = await createTestPlatform(succeed);
    const runs = await Promise.all(
      ["a", "b", "c"].map(() => platform.service.create(scope, request(null))),
    );
    await platform.worker("a").start();
    for (const { id } of runs)
      expect((await platform.service.join(scope, undefined, id, never)).status).toBe("success");
  });

  it("executes as many at a time as it may, and one at a time of a thread", async () => {
    const working = new Set<string>();
    const four = door();
    let most = 0;
    platform = await createTestPlatform(async function* ({ run }) {
      expect(working.has(run.threadId)).toBe(false);
      working.add(run.threadId);
      most = Math.max(most, working.size);
      if (working.size === 4) four.open();
      await four.opened;
      yield event("step");
      working.delete(run.threadId);
      return success();
    });
    await platform.worker("a", { concurrency: 4 }).start();
    const threads = Array.from({ length: 10 }, (_, i) => THREAD.replace(/.$/, String(i)));
    const runs = await Promise.all(
      [...threads, ...threads].map((thread) => platform.service.create(scope, request(thread))),
    );
    for (const { id } of runs)
      expect((await platform.service.join(scope, undefined, id, never)).status).toBe("success");
    expect(most).toBe(4);
  });

  it("loses none of 200 runs over two workers", async () => {
    const done = new Map<string, number>();
    platform = await createTestPlatform(async function* ({ run }) {
      yield event("step");
      done.set(run.id, (done.get(run.id) ?? 0) + 1);
      return success();
    });
    await platform.worker("a", { concurrency: 3 }).start();
    await platform.worker("b", { concurrency: 3 }).start();
    const runs = await Promise.all(
      Array.from({ length: 200 }, () => platform.service.create(scope, request(null))),
    );
    for (const { id } of runs) await platform.service.join(scope, undefined, id, never);
    expect(runs.map(({ id }) => done.get(id))).toEqual(runs.map(() => 1));
  });

  it("records an error of the platform as the run's, with an event that tells it", async () => {
    platform = await createTestPlatform(async function* () {
      yield event(1);
      throw new TuttiError("GRAPH_NOT_FOUND", "there is no such graph");
    });
    await platform.worker("a").start();
    const run = await platform.service.create(scope, request(THREAD));
    const { status, error } = await platform.service.join(scope, THREAD, run.id, never);
    expect({ status, error }).toEqual({
      status: "error",
      error: { error: "GRAPH_NOT_FOUND", message: "there is no such graph" },
    });
    const events = await collect(
      platform.service.stream(scope, THREAD, run.id, { after: 0, signal: never }),
    );
    expect(events.map(({ event: name }) => name)).toEqual(["custom", "error"]);
    expect((await platform.records.threads.get(scope, THREAD)).status).toBe("error");
  });

  it("goes on with a run when a fault of the database has passed", async () => {
    let tries = 0;
    platform = await createTestPlatform(async function* () {
      tries += 1;
      yield event(tries);
      if (tries < 3) throw new TuttiError("DATABASE", "connection lost", { retryable: true });
      return success();
    });
    await platform.worker("a").start();
    const run = await platform.service.create(scope, request(THREAD));
    expect((await platform.service.join(scope, THREAD, run.id, never)).status).toBe("success");
    expect(tries).toBe(3);
    expect((await rowOf(run)).attempts).toBe(1);
  });

  it("ends a run that takes too long as timed out", async () => {
    platform = await createTestPlatform(stoppable(() => undefined));
    await platform.worker("a", { runTimeoutMs: 20 }).start();
    const run = await platform.service.create(scope, request(THREAD));
    expect((await platform.service.join(scope, THREAD, run.id, never)).status).toBe("timeout");
  });
});

describe("cancelling", () => {
  it("stops a running node through its signal, and the run is interrupted where it stands", async () => {
    const begun = door();
    let reason: unknown;
    platform = await createTestPlatform(async function* (attempt) {
      attempt.signal.addEventListener("abort", () => (reason = attempt.signal.reason));
      return yield* stoppable(begun.open)(attempt);
    });
    await platform.worker("a").start();
    const run = await platform.service.create(scope, request(THREAD));
    await begun.opened;
    const [row] = await platform.service.cancel(scope, { runIds: [run.id] }, "interrupt", {
      wait: true,
    });
    expect(row?.status).toBe("interrupted");
    expect(reason).toBeInstanceOf(AttemptStopped);
    expect((await platform.records.threads.get(scope, THREAD)).values).toEqual({ at: "stop" });
  });

  it("ends a pending run at once", async () => {
    platform = await createTestPlatform(succeed);
    const run = await platform.service.create(scope, request(THREAD, { afterSeconds: 100 }));
    const options = { wait: true };
    await platform.service.cancel(scope, { runIds: [run.id] }, "interrupt", options);
    expect((await rowOf(run)).status).toBe("interrupted");
    expect((await platform.records.threads.get(scope, THREAD)).status).toBe("idle");
  });

  it("with rollback removes the run, after what it did is taken back", async () => {
    const begun = door();
    const taken: string[] = [];
    platform = await createTestPlatform(stoppable(begun.open));
    const rollback = (run: RunRow) => {
      taken.push(run.startCheckpoint ?? "none");
      return Promise.resolve({ ...idle, values: { as: "before" } });
    };
    await platform.worker("a", { rollback }).start();
    const run = await platform.service.create(scope, request(THREAD));
    await begun.opened;
    await platform.service.cancel(scope, { runIds: [run.id] }, "rollback", { wait: true });
    await expect(rowOf(run)).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
    expect(taken).toEqual([""]);
    expect((await platform.records.threads.get(scope, THREAD)).values).toEqual({ as: "before" });
  });

  it("leaves a node behind that does not listen", async () => {
    const begun = door();
    platform = await createTestPlatform(async function* () {
      yield event("begun");
      begun.open();
      await new Promise(() => undefined);
      return success();
    });
    await platform.worker("a").start();
    const run = await platform.service.create(scope, request(THREAD));
    await begun.opened;
    const [row] = await platform.service.cancel(scope, { runIds: [run.id] }, "interrupt", {
      wait: true,
    });
    expect(row?.status).toBe("interrupted");
  });
});

describe("a second run on a busy thread", () => {
  const both = async (multitaskStrategy: "reject" | "enqueue" | "interrupt" | "rollback") => {
    const begun = door();
    const finish = door();
    platform = await createTestPlatform(async function* ({ run, signal }) {
      if (run.kwargs["input"] === "second") return success({ by: "second" });
      yield event("begun");
      begun.open();
      await Promise.race([untilAborted(signal), finish.opened]);
      if (!signal.aborted) return success({ by: "first" });
      return { status: "interrupted", error: null, thread: { ...idle, values: { by: "first" } } };
    });
    await platform.worker("a").start();
    const first = await platform.service.create(scope, request(THREAD));
    await begun.opened;
    const second = platform.service.create(
      scope,
      request(THREAD, { input: "second", multitaskStrategy }),
    );
    return { first, second, finish };
  };

  it("is refused with `reject`", async () => {
    const { first, second, finish } = await both("reject");
    await expect(second).rejects.toMatchObject({ code: "THREAD_BUSY" });
    finish.open();
    expect((await platform.service.join(scope, THREAD, first.id, never)).status).toBe("success");
  });

  it("waits with `enqueue`", async () => {
    const { first, second, finish } = await both("enqueue");
    const { id } = await second;
    expect((await platform.records.runs.get(scope, THREAD, id)).status).toBe("pending");
    finish.open();
    expect((await platform.service.join(scope, THREAD, id, never)).values).toEqual({
      by: "second",
    });
    expect((await rowOf(first)).status).toBe("success");
  });

  it("stops the first with `interrupt`, and then runs", async () => {
    const { first, second } = await both("interrupt");
    const result = await platform.service.join(scope, THREAD, (await second).id, never);
    expect(result).toMatchObject({ status: "success", values: { by: "second" } });
    expect((await rowOf(first)).status).toBe("interrupted");
  });

  it("takes the first back with `rollback`, and then runs", async () => {
    const { first, second } = await both("rollback");
    const result = await platform.service.join(scope, THREAD, (await second).id, never);
    expect(result.status).toBe("success");
    await expect(rowOf(first)).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
  });
});

describe("a worker that stops", () => {
  it("lets what runs finish, and takes nothing new", async () => {
    const begun = door();
    const finish = door();
    platform = await createTestPlatform(async function* () {
      yield event("begun");
      begun.open();
      await finish.opened;
      return success();
    });
    const worker = platform.worker("a");
    await worker.start();
    const run = await platform.service.create(scope, request(THREAD));
    await begun.opened;
    const stopped = worker.stop({ graceMs: 10_000 });
    const next = await platform.service.create(scope, request(null));
    finish.open();
    await stopped;
    expect((await rowOf(run)).status).toBe("success");
    expect((await rowOf(next)).status).toBe("pending");
  });

  it("gives back what does not end, uncounted, and another worker goes on with it", async () => {
    const begun = door();
    let isDrained = false;
    platform = await createTestPlatform(async function* (attempt) {
      if (attempt.run.worker === "b") return success();
      begun.open();
      const result = yield* stoppable(() => undefined)(attempt);
      isDrained = attempt.control.drainRequested;
      return result;
    });
    const a = platform.worker("a");
    await a.start();
    const run = await platform.service.create(scope, request(THREAD));
    await begun.opened;
    await a.stop({ graceMs: 0, stepMs: 0 });
    expect(isDrained).toBe(true);
    expect(await rowOf(run)).toMatchObject({ status: "pending", attempts: 0 });
    await platform.worker("b").start();
    expect((await platform.service.join(scope, THREAD, run.id, never)).status).toBe("success");
  });
});

describe("a lost lease", () => {
  it("stops the attempt, which writes nothing more; the next worker's result stands", async () => {
    const time = { now: 1_000_000 };
    const begun = door();
    const aborted = door();
    platform = await createTestPlatform(
      async function* ({ run, signal }) {
        if (run.attempts > 1) return success({ by: "the second" });
        yield event("from the first");
        begun.open();
        await untilAborted(signal);
        aborted.open();
        yield event("late");
        return success({ by: "the first" });
      },
      { clock: { now: () => time.now } },
    );
    await platform.worker("a", { heartbeatMs: 5, leaseMs: 1_000 }).start();
    const run = await platform.service.create(scope, request(THREAD));
    await begun.opened;
    time.now += 2_000; // as when the process was stopped for a while
    await aborted.opened;
    expect(await platform.records.runs.reap(3)).toMatchObject([{ id: run.id, status: "pending" }]);
    const result = await platform.service.join(scope, THREAD, run.id, never);
    expect(result.values).toEqual({ by: "the second" });
    const log = await platform.records.events.read(run.id, 0, 10);
    expect(log.map(({ data }) => data)).toEqual(['"from the first"']);
  });

  it("fails a run for good that lost its worker three times, and its readers are told", async () => {
    platform = await createTestPlatform(succeed);
    const run = await platform.service.create(scope, request(THREAD));
    const { runs, events } = platform.records;
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const claimed = await runs.claim("gone", 1_000, {});
      if (attempt === 0) await events.append(run.id, claimed?.token ?? 0, [event("said")]);
      await runs.reapAll(3);
    }
    const { status, error } = await platform.service.join(scope, THREAD, run.id, never);
    expect(status).toBe("error");
    expect(error).toMatchObject({ error: "RUN_POISONED" });
    const readFrom = async (after: number): Promise<string[]> => {
      const { stream } = platform.service;
      const read = await collect(stream(scope, THREAD, run.id, { after, signal: never }));
      return read.map(({ event: name }) => name);
    };
    expect(await readFrom(0)).toEqual([event("said").event, "error"]);
    expect(await readFrom(1)).toEqual(["error"]); // who comes back had not been told
    expect(await readFrom(2)).toEqual([]); // who comes back had
  });
});

describe("a request to stop", () => {
  it("is not lost when it is committed together with the claim", async () => {
    platform = await createTestPlatform(stoppable(() => undefined));
    const { runs } = platform.records;
    const claim: typeof runs.claim = async (...of) => {
      const run = await runs.claim(...of);
      if (run !== undefined) await runs.cancel(scope, { runIds: [run.id] }, "rollback", "no more");
      return run;
    };
    const records = { ...platform.records, runs: { ...runs, claim } };
    const run = await platform.service.create(scope, request(THREAD));
    await platform.worker("a", { records }).start();
    await platform.service.join(scope, THREAD, run.id, never);
    await expect(rowOf(run)).rejects.toThrow("no run");
  });

  it("holds for the worker that goes on when the one that was asked is gone", async () => {
    platform = await createTestPlatform(stoppable(() => undefined));
    const run = await platform.service.create(scope, request(THREAD));
    await platform.records.runs.claim("gone", 1_000, {});
    await platform.records.runs.cancel(scope, { runIds: [run.id] }, "interrupt", "no more");
    await platform.records.runs.reapAll(3);
    await platform.worker("a").start();
    const result = await platform.service.join(scope, THREAD, run.id, never);
    expect(result.status).toBe("interrupted");
  });
});

describe("a delayed run", () => {
  it("starts when it is due and not before", async () => {
    const time = { now: Date.now() };
    platform = await createTestPlatform(succeed, {
      clock: { now: () => time.now },
    });
    const worker = platform.worker("a");
    await worker.start();
    const run = await platform.service.create(scope, request(THREAD, { afterSeconds: 3_600 }));
    await worker.wake();
    expect((await rowOf(run)).status).toBe("pending");
    time.now += 3_600_000;
    await worker.wake();
    expect((await platform.service.join(scope, THREAD, run.id, never)).status).toBe("success");
  });

  it("starts by itself, without polling", async () => {
    platform = await createTestPlatform(succeed);
    await platform.worker("a").start();
    const run = await platform.service.create(scope, request(THREAD, { afterSeconds: 0.05 }));
    expect((await platform.service.join(scope, THREAD, run.id, never)).status).toBe("success");
  });
});
