// Events of runs: every reader gets each once, in order, whenever it comes and however slow it is.
import { afterEach, describe, expect, it } from "vitest";
import { createEventHub } from "../../src/runs/index.ts";
import type { RunGraph } from "../../src/runs/run-graph.ts";
import type { LoggedEvent } from "../../src/storage/index.ts";
import {
  collect,
  createTestPlatform,
  door,
  event,
  never,
  request,
  scope,
  silent,
  success,
  succeed,
  type TestPlatform,
} from "./platform.ts";

const THREAD = "22222222-2222-4222-8222-222222222222";

let platform: TestPlatform;
afterEach(() => platform.close());

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
const seqs = (events: readonly LoggedEvent[]): number[] => events.map(({ seq }) => seq);

/** Yields `count` events; waits at the door in the middle. */
const counting = (count: number, half?: Promise<void>): RunGraph =>
  async function* () {
    for (let i = 1; i <= count; i += 1) {
      if (i === Math.ceil(count / 2)) await half;
      yield event({ i });
    }
    return success();
  };

const follow = (runId: string, after: number | undefined = 0) =>
  collect(platform.service.stream(scope, THREAD, runId, { after, signal: never }));

describe("a stream", () => {
  it("gives all events to all readers, who come before, during and after the run", async () => {
    const half = door();
    platform = await createTestPlatform(counting(2_000, half.opened));
    const run = await platform.service.create(scope, request(THREAD));
    const early = [follow(run.id), follow(run.id)];
    await platform.worker("a").start();
    const during = platform.service.stream(scope, THREAD, run.id, { after: 0, signal: never });
    const reader = during[Symbol.asyncIterator]();
    expect((await reader.next()).value).toMatchObject({ seq: 1 });
    half.open();
    for (const found of await Promise.all(early)) expect(seqs(found)).toEqual(numbers(2_000));
    const rest = await collect({ [Symbol.asyncIterator]: () => reader });
    expect(seqs(rest)).toEqual(numbers(2_000).slice(1));
    expect(seqs(await follow(run.id))).toEqual(numbers(2_000));
  });

  it("goes on after any event, also in another process", async () => {
    platform = await createTestPlatform(counting(50));
    await platform.worker("a").start();
    const run = await platform.service.create(scope, request(THREAD));
    await platform.service.join(scope, THREAD, run.id, never);
    const { records, signals } = platform;
    for (let after = 0; after <= 50; after += 1) {
      const another = createEventHub({ records, signals, log: silent });
      const address = { tenant: scope.tenant, runId: run.id };
      const found = await collect(another.read(address, { after, signal: never }));
      another.stop();
      expect(seqs(found)).toEqual(numbers(50).slice(after));
    }
  });

  it("from now on begins with what comes next", async () => {
    const half = door();
    platform = await createTestPlatform(counting(10, half.opened));
    const run = await platform.service.create(scope, request(THREAD));
    await platform.worker("a").start();
    const first = platform.service.stream(scope, THREAD, run.id, { after: 0, signal: never });
    for await (const { seq } of first) if (seq === 4) break;
    const rest = follow(run.id, undefined);
    half.open();
    expect(seqs(await rest).at(-1)).toBe(10);
  });

  it("holds neither the run up nor the events in memory when its reader is slow", async () => {
    const big = "x".repeat(10_000);
    platform = await createTestPlatform(async function* () {
      for (let i = 0; i < 3_000; i += 1) yield event(big);
      return success();
    });
    const run = await platform.service.create(scope, request(THREAD));
    const slow = platform.service.stream(scope, THREAD, run.id, { after: 0, signal: never });
    const reader = slow[Symbol.asyncIterator]();
    const first = reader.next();
    await platform.worker("a").start();
    expect((await first).value).toMatchObject({ seq: 1 });
    // The run ends although its reader has stopped after one of 3,000 events of 10 kB.
    expect((await platform.service.join(scope, THREAD, run.id, never)).status).toBe("success");
    const rest = await collect({ [Symbol.asyncIterator]: () => reader });
    expect(seqs(rest)).toEqual(numbers(3_000).slice(1));
  });

  it("reads the log once for many readers at the front", async () => {
    const half = door();
    platform = await createTestPlatform(counting(400, half.opened));
    const { records, signals } = platform;
    let reads = 0;
    const counted = {
      ...records,
      events: {
        ...records.events,
        read: (...given: Parameters<typeof records.events.read>) => {
          reads += 1;
          return records.events.read(...given);
        },
      },
    };
    const hub = createEventHub({ records: counted, signals, log: silent });
    const run = await platform.service.create(scope, request(THREAD));
    const address = { tenant: scope.tenant, runId: run.id };
    const readers = numbers(100).map(() => collect(hub.read(address, { after: 0, signal: never })));
    await platform.worker("a").start();
    half.open();
    for (const found of await Promise.all(readers)) expect(seqs(found)).toEqual(numbers(400));
    expect(reads).toBeLessThan(400);
    hub.stop();
  });

  it("ends when its reader goes, and leaves nothing behind", async () => {
    platform = await createTestPlatform(succeed);
    const run = await platform.service.create(scope, request(THREAD));
    const gone = new AbortController();
    const reading = collect(
      platform.service.stream(scope, THREAD, run.id, { after: 0, signal: gone.signal }),
    );
    gone.abort();
    expect(await reading).toEqual([]);
  });

  it("of a run that is not there, or another tenant's, is RUN_NOT_FOUND", async () => {
    platform = await createTestPlatform(succeed);
    const run = await platform.service.create(scope, request(THREAD));
    const other = { tenant: "acme" };
    const read = (who: typeof scope, id: string) =>
      collect(platform.service.stream(who, THREAD, id, { after: 0, signal: never }));
    await expect(read(other, run.id)).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
    await expect(platform.service.join(other, undefined, run.id, never)).rejects.toMatchObject({
      code: "RUN_NOT_FOUND",
    });
    await expect(read(scope, THREAD)).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
  });
});

describe("a thread's stream", () => {
  const take = async (
    stream: AsyncIterable<LoggedEvent & { runId: string }>,
    ends: number,
  ): Promise<(LoggedEvent & { runId: string })[]> => {
    const found: (LoggedEvent & { runId: string })[] = [];
    let left = ends;
    for await (const one of stream) {
      found.push(one);
      if (one.event === "end") left -= 1;
      if (left === 0) break;
    }
    return found;
  };

  it("goes on from run to run, and an end comes when the run's row is final", async () => {
    platform = await createTestPlatform(counting(3));
    const stopped = new AbortController();
    const stream = platform.service.threadStream(scope, THREAD, { signal: stopped.signal });
    const reading = take(stream, 2);
    await platform.worker("a").start();
    const first = await platform.service.create(scope, request(THREAD));
    const second = await platform.service.create(scope, request(THREAD));
    const found = await reading;
    const ids = [first, first, first, first, second, second, second, second].map(({ id }) => id);
    expect(found.map(({ runId }) => runId)).toEqual(ids);
    expect(found.map(({ event: name }) => name)).toEqual(
      [1, 2].flatMap(() => ["custom", "custom", "custom", "end"]),
    );
    stopped.abort();
  });

  it("goes on after an event: the rest of that run, then what was begun after it", async () => {
    platform = await createTestPlatform(counting(3));
    await platform.worker("a").start();
    const runs: string[] = [];
    for (let i = 0; i < 3; i += 1) {
      const run = await platform.service.create(scope, request(THREAD));
      await platform.service.join(scope, THREAD, run.id, never);
      runs.push(run.id);
    }
    const read = (after: string, ends: number) =>
      take(platform.service.threadStream(scope, THREAD, { after, signal: never }), ends);
    const rest = await read(`${runs[1]}:2`, 2);
    expect(rest.map(({ runId, seq }) => `${runs.indexOf(runId)}:${seq}`)).toEqual([
      "1:3",
      "1:4",
      "2:1",
      "2:2",
      "2:3",
      "2:4",
    ]);
    // After the end of a run comes the next one's first event.
    expect((await read(`${runs[1]}:4`, 1))[0]).toMatchObject({ runId: runs[2], seq: 1 });
  });
});
