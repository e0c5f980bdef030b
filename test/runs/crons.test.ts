// Crons fire at their times in their time zones: once, whoever looks, and once for what was missed.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CronClock, createCronClock, cronNext } from "../../src/runs/index.ts";
import type { CronRow, RunRow } from "../../src/storage/index.ts";
import { createTestPlatform, scope, silent, succeed, type TestPlatform } from "./platform.ts";

const THREAD = "33333333-3333-4333-8333-333333333333";
const at = (text: string): number => Date.parse(text);
const iso = (time: number | null): string | null =>
  time === null ? null : new Date(time).toISOString();

describe("a schedule", () => {
  /** The next `count` times after `from`. */
  const times = (schedule: string, zone: string | null, from: string, count: number) => {
    const found: (string | null)[] = [];
    for (let time: number | null = at(from); found.length < count && time !== null;) {
      time = cronNext(schedule, zone, time);
      found.push(iso(time));
    }
    return found;
  };

  it("is read in UTC where no time zone is named", () => {
    expect(times("0 7 * * 1-5", null, "2026-11-20T07:00:00Z", 2)).toEqual([
      "2026-11-23T07:00:00.000Z",
      "2026-11-24T07:00:00.000Z",
    ]);
  });

  it("keeps to the clock on the wall when summer time begins and ends", () => {
    expect(times("0 7 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", 2)).toEqual([
      "2026-03-28T06:00:00.000Z",
      "2026-03-29T05:00:00.000Z",
    ]);
    expect(times("0 7 * * *", "Europe/Berlin", "2026-10-24T00:00:00Z", 2)).toEqual([
      "2026-10-24T05:00:00.000Z",
      "2026-10-25T06:00:00.000Z",
    ]);
  });

  it("fires once for a time that does not exist that day, and once for one that comes twice", () => {
    expect(times("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2)).toEqual([
      "2026-03-29T01:00:00.000Z",
      "2026-03-30T00:30:00.000Z",
    ]);
    expect(times("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2)).toEqual([
      "2026-10-25T00:30:00.000Z",
      "2026-10-26T01:30:00.000Z",
    ]);
  });

  it("that is none is refused, and so is a time zone", () => {
    for (const [schedule, zone] of [
      ["often", null],
      ["* * *", null],
      ["99 * * * *", null],
      ["* * * * *", "Mars/Olympus"],
    ] as const)
      expect(() => cronNext(schedule, zone, 0)).toThrow(/not a schedule/);
    expect(cronNext("0 0 30 2 *", null, 0)).toBeNull();
  });
});

describe("a cron", () => {
  let platform: TestPlatform;
  let clocks: CronClock[];
  const time = { now: 0 };
  beforeEach(async () => {
    time.now = at("2026-11-22T06:59:30Z");
    platform = await createTestPlatform(succeed, { clock: { now: () => time.now } });
    clocks = [];
  });
  afterEach(async () => {
    for (const clock of clocks) clock.stop();
    await platform.close();
  });
  const clockOf = (): CronClock => {
    const { records, service, signals } = platform;
    const clock = createCronClock({
      records,
      runs: service,
      signals,
      clock: { now: () => time.now },
      log: silent,
    });
    clocks.push(clock);
    return clock;
  };
  const cron = (more: Partial<CronRow> = {}): Promise<CronRow> =>
    platform.records.crons.create(scope, {
      id: crypto.randomUUID(),
      assistantId: "agent",
      threadId: null,
      schedule: "0 * * * *",
      timezone: null,
      endTime: null,
      payload: { input: { from: "cron" } },
      metadata: {},
      userId: null,
      enabled: true,
      onRunCompleted: "delete",
      nextRunAt: at("2026-11-22T07:00:00Z"),
      ...more,
    });
  const runs = async (): Promise<RunRow[]> => {
    const threads = await platform.records.threads.search(scope, {}, { limit: 100, offset: 0 });
    const lists = threads.map(({ id }) =>
      platform.records.runs.list(scope, id, { limit: 100, offset: 0 }),
    );
    return (await Promise.all(lists)).flat();
  };
  const nextOf = async ({ id }: CronRow) =>
    iso((await platform.records.crons.get(scope, id)).nextRunAt);

  it("starts its run when it is due, and not before", async () => {
    const row = await cron();
    const clock = clockOf();
    await clock.fire();
    expect(await runs()).toEqual([]);
    time.now = at("2026-11-22T07:00:00Z");
    await clock.fire();
    expect(await runs()).toMatchObject([
      {
        kwargs: { input: { from: "cron" } },
        metadata: { cron_id: row.id, cron_time: "2026-11-22T07:00:00.000Z" },
        isStateless: true,
      },
    ]);
    expect(await nextOf(row)).toBe("2026-11-22T08:00:00.000Z");
  });

  it("fires once, however many processes look", async () => {
    await cron();
    const several = [clockOf(), clockOf(), clockOf()];
    for (const hour of ["07", "08", "09"]) {
      time.now = at(`2026-11-22T${hour}:00:01Z`);
      await Promise.all(several.map((clock) => clock.fire()));
    }
    expect(await runs()).toHaveLength(3);
  });

  it("fires once for all the times that were missed, for the latest of them", async () => {
    const row = await cron();
    time.now = at("2026-11-24T12:30:00Z");
    await clockOf().fire();
    expect(await runs()).toMatchObject([{ metadata: { cron_time: "2026-11-24T12:00:00.000Z" } }]);
    expect(await nextOf(row)).toBe("2026-11-24T13:00:00.000Z");
  });

  it("makes no second run when a process died between the run and the next time", async () => {
    const row = await cron();
    time.now = at("2026-11-22T07:00:00Z");
    await clockOf().fire();
    await platform.records.crons.patch(scope, row.id, { nextRunAt: row.nextRunAt });
    await clockOf().fire();
    expect(await runs()).toHaveLength(1);
    expect(await nextOf(row)).toBe("2026-11-22T08:00:00.000Z");
  });

  it("ends at its end, also when its last time was missed", async () => {
    const row = await cron({ endTime: at("2026-11-22T09:30:00Z") });
    time.now = at("2026-11-23T00:10:00Z");
    await clockOf().fire();
    expect(await runs()).toMatchObject([{ metadata: { cron_time: "2026-11-22T09:00:00.000Z" } }]);
    expect(await nextOf(row)).toBeNull();
  });

  it("of a thread runs on it; one whose thread is gone goes on with its next time", async () => {
    await platform.records.threads.create(scope, { id: THREAD, metadata: {} }, "raise");
    const row = await cron({ threadId: THREAD });
    time.now = at("2026-11-22T07:00:00Z");
    const clock = clockOf();
    await clock.fire();
    expect(await runs()).toMatchObject([{ threadId: THREAD, isStateless: false }]);
    await platform.records.threads.delete(scope, THREAD);
    time.now = at("2026-11-22T08:00:00Z");
    await clock.fire();
    expect(await runs()).toEqual([]);
    expect(await nextOf(row)).toBe("2026-11-22T09:00:00.000Z");
  });

  it("whose schedule cannot be read is stopped, and keeps nobody else", async () => {
    const broken = await cron({ timezone: "Mars/Olympus" });
    await cron();
    time.now = at("2026-11-22T07:00:00Z");
    await clockOf().fire();
    expect(await runs()).toHaveLength(1);
    expect(await nextOf(broken)).toBeNull();
  });

  it("that is switched off does nothing", async () => {
    await cron({ enabled: false });
    time.now = at("2026-11-22T07:00:00Z");
    await clockOf().fire();
    expect(await runs()).toEqual([]);
  });

  it("is seen at once when it is made, and fires by itself", async () => {
    time.now = Date.now();
    const real = createCronClock({
      records: platform.records,
      runs: platform.service,
      signals: platform.signals,
      clock: { now: () => Date.now() },
      log: silent,
    });
    clocks.push(real);
    await real.start();
    const made = new Promise((resolve) => platform.signals.on("run-ready", resolve));
    await cron({ schedule: "* * * * * *", nextRunAt: Date.now() + 20 });
    await made;
    expect((await runs()).length).toBeGreaterThan(0);
  });
});
