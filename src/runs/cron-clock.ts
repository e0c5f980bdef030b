// Starts the runs of crons when they are due. Many processes may do this at once: the run is made under a
// key of the cron and its time, so it is made once, whoever dies in between.
import type { Clock } from "../clock.ts";
import { messageOf, TuttiError } from "../errors.ts";
import type { CronRow, JsonObject, Records } from "../storage/index.ts";
import { cronLatest, cronNext } from "./cron-schedule.ts";
import type { Log } from "./log.ts";
import type { RunRequest, RunService } from "./run-service.ts";
import type { SignalBus } from "./signals.ts";
import { createTimer } from "./timer.ts";

export interface CronClockOptions {
  readonly records: Pick<Records, "crons">;
  readonly runs: Pick<RunService, "create">;
  readonly signals: Pick<SignalBus, "on" | "onCatchUp">;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds after which the crons are looked at although no signal came; default: an hour. */
  readonly checkMs?: number | undefined;
}

export interface CronClock {
  start(): Promise<void>;
  /** Fires what is due now. */
  fire(): Promise<void>;
  stop(): void;
}

const BATCH = 50;
const HOUR_MS = 3_600_000;
/** After a fault of the database. */
const RETRY_MS = 1_000;

const DEFAULTS = {
  input: null,
  command: null,
  config: {},
  context: null,
  streamModes: ["values"],
  streamSubgraphs: false,
  streamResumable: false,
  interruptBefore: null,
  interruptAfter: null,
  checkpoint: null,
  multitaskStrategy: "enqueue",
  onDisconnect: "continue",
  durability: null,
  webhook: null,
  feedbackKeys: null,
  priority: 0,
  user: null,
} as const satisfies Partial<RunRequest>;

/** `time` is what the run is for; the key is of the time that is recorded as next, the same for everybody. */
const requestOf = (cron: CronRow, due: number, time: number): RunRequest => ({
  ...DEFAULTS,
  ...(cron.payload as Partial<RunRequest>),
  assistantId: cron.assistantId,
  threadId: cron.threadId,
  metadata: {
    ...(cron.payload["metadata"] as JsonObject | undefined),
    cron_id: cron.id,
    cron_time: new Date(time).toISOString(),
  },
  ifNotExists: cron.threadId === null ? "create" : "reject",
  onCompletion: cron.onRunCompleted,
  afterSeconds: 0,
  onceKey: `cron:${cron.id}:${due}`,
});

const isPassing = (error: unknown): boolean =>
  error instanceof TuttiError && error.code === "DATABASE" && error.retryable;

export const createCronClock = (options: CronClockOptions): CronClock => {
  const { records, runs, signals, clock, log, checkMs = HOUR_MS } = options;
  const timer = createTimer(clock);
  const ends: (() => void)[] = [];
  let isStopped = false;

  const create = async (cron: CronRow, due: number, time: number): Promise<void> => {
    try {
      await runs.create({ tenant: cron.tenant }, requestOf(cron, due, time));
    } catch (error) {
      if (isPassing(error)) throw error;
      // This time is lost (the thread is gone, or busy with `reject` …); the next may succeed.
      log.error({ cronId: cron.id, error: messageOf(error) }, "a cron could not start its run");
    }
  };
  /** Times that were missed are made up for by one run, for the latest of them. */
  const fireOne = async (cron: CronRow): Promise<void> => {
    const { schedule, timezone, endTime, nextRunAt: due } = cron;
    if (due === null) return;
    const now = clock.now();
    const until = Math.min(now, endTime ?? now);
    if (due <= until) await create(cron, due, cronLatest(schedule, timezone, due, until));
    const next = cronNext(schedule, timezone, now);
    const isOver = next === null || (endTime !== null && next > endTime);
    await records.crons.advance(cron.id, due, isOver ? null : next);
  };
  /** One whose schedule cannot be read here must not keep the others: it has no next time. */
  const fireOrStop = async (cron: CronRow): Promise<void> => {
    try {
      await fireOne(cron);
    } catch (error) {
      if (!(error instanceof TuttiError) || error.code !== "REQUEST_INVALID") throw error;
      log.error({ cronId: cron.id, error: messageOf(error) }, "a cron is stopped");
      if (cron.nextRunAt !== null) await records.crons.advance(cron.id, cron.nextRunAt, null);
    }
  };
  const fireAll = async (): Promise<void> => {
    for (;;) {
      const due = await records.crons.due(clock.now(), BATCH);
      for (const cron of due) await fireOrStop(cron);
      if (due.length < BATCH) return;
    }
  };
  // One look at a time; a signal that comes meanwhile means one more.
  let firing: Promise<void> | undefined;
  let again = false;
  const look = async (): Promise<void> => {
    try {
      while (again) {
        again = false;
        await fireAll();
      }
      const next = await records.crons.nextDue();
      if (!isStopped) timer.at(Math.min(next ?? Infinity, clock.now() + checkMs), wake);
    } catch (error) {
      log.warn({ error: messageOf(error) }, "crons could not be looked at");
      if (!isStopped) timer.at(clock.now() + RETRY_MS, wake);
    } finally {
      firing = undefined;
    }
  };
  const fire = (): Promise<void> => {
    again = true;
    firing ??= look();
    return firing;
  };
  const wake = (): void => void fire();

  return {
    async start() {
      ends.push(signals.on("cron-changed", wake), signals.onCatchUp(wake));
      await fire();
    },
    fire,
    stop() {
      isStopped = true;
      timer.clear();
      for (const end of ends.splice(0)) end();
    },
  };
};
