// Takes runs and executes them, up to `concurrency` at a time, each under a lease that a heartbeat
// prolongs. A worker that stalls longer than its lease has lost its runs to others.
//
//   wake-up -> claim -> attempt -> ended | released | lost -> claim …
import type { CancelAction, ClaimLimits, RunRow } from "../storage/index.ts";
import { messageOf } from "../errors.ts";
import { type AttemptServices, executeAttempt } from "./attempt.ts";
import type { SignalBus } from "./signals.ts";
import { createStopSwitch, type StopSwitch } from "./stop-switch.ts";
import type { WakeUps } from "./wake-ups.ts";

export interface WorkerOptions extends AttemptServices {
  /** Names this worker in the rows it works on. */
  readonly name: string;
  readonly signals: Pick<SignalBus, "on" | "onCatchUp">;
  readonly wakeUps: WakeUps;
  /** Runs at a time; default 10. */
  readonly concurrency?: number | undefined;
  /** Milliseconds a run is held without a heartbeat; default 8,000. At least twice `heartbeatMs`. */
  readonly leaseMs?: number | undefined;
  /** Default 2,500. `Infinity`: no other process can take a run (embedded). */
  readonly heartbeatMs?: number | undefined;
  readonly limits?: ClaimLimits | undefined;
  /** Milliseconds an attempt may take; default: for ever. */
  readonly runTimeoutMs?: number | undefined;
}

export interface Worker {
  start(): Promise<void>;
  /** Looks for runs now; ends when there is none or no room. */
  wake(): Promise<void>;
  /**
   * No new runs. Those that run get `graceMs` to finish, then `stepMs` to end between two steps, then they
   * are aborted; what is unfinished goes on in another worker.
   */
  stop(options?: { graceMs?: number; stepMs?: number }): Promise<void>;
  /** How many attempts are under way. */
  readonly running: number;
}

interface Active {
  readonly run: RunRow;
  readonly stop: StopSwitch;
  ended: Promise<void>;
  leaseUntil: number;
  isBeating: boolean;
}

const YEAR_MS = 365 * 24 * 3_600_000;

export const createWorker = (options: WorkerOptions): Worker => {
  const { name, records, clock, log, signals, wakeUps } = options;
  const concurrency = options.concurrency ?? 10;
  const heartbeatMs = options.heartbeatMs ?? 2_500;
  const leaseMs = Number.isFinite(heartbeatMs) ? (options.leaseMs ?? 8_000) : YEAR_MS;
  const active = new Map<string, Active>();
  /** Asked for while their claim was on its way: the claim and the request may share one commit. */
  const early = new Map<string, CancelAction>();
  const rooms = new Set<() => void>();
  const ends: (() => void)[] = [];
  let isStopping = false;

  const hasRoom = (): boolean => active.size < concurrency && !isStopping;
  const room = (): Promise<void> =>
    hasRoom() || isStopping
      ? Promise.resolve()
      : new Promise((resolve) => {
          rooms.add(resolve);
        });
  const tellRoom = (): void => {
    for (const resolve of rooms) resolve();
    rooms.clear();
  };

  const work = async (run: RunRow, stop: StopSwitch): Promise<void> => {
    const { runTimeoutMs } = options;
    const timeout =
      runTimeoutMs === undefined ? undefined : setTimeout(() => stop.stop("timeout"), runTimeoutMs);
    const end = await executeAttempt(options, run, stop);
    clearTimeout(timeout);
    active.delete(key(run));
    log.info({ runId: run.id, attempt: run.attempts, end }, "attempt over");
    tellRoom();
    void claim();
  };
  const execute = (run: RunRow, leaseUntil: number): void => {
    const stop = createStopSwitch();
    // A run that goes on elsewhere brings along what was asked of its last worker.
    for (const action of [run.cancel, early.get(run.id)])
      if (action !== null && action !== undefined) stop.stop(action);
    early.delete(run.id);
    active.set(key(run), { run, stop, ended: Promise.resolve(), leaseUntil, isBeating: false });
    const ended = work(run, stop);
    const entry = active.get(key(run));
    if (entry !== undefined) entry.ended = ended;
  };

  const claimOnce = async (): Promise<"full" | "empty"> => {
    while (hasRoom()) {
      const since = clock.now();
      const run = await records.runs.claim(name, leaseMs, options.limits ?? {});
      if (run === undefined) return "empty";
      if (isStopping) {
        await records.runs.release(run.id, run.token);
        return "empty";
      }
      execute(run, since + leaseMs);
    }
    return "full";
  };
  // One claim at a time; a wake-up that comes meanwhile means one more look.
  let claiming: Promise<"full" | "empty"> | undefined;
  let again = false;
  const look = async (): Promise<"full" | "empty"> => {
    try {
      for (;;) {
        again = false;
        const found = await claimOnce();
        if (found === "full" || !again) return found;
      }
    } catch (error) {
      // The look that follows a lost connection, and the sweeper, make up for it.
      log.warn({ worker: name, error: messageOf(error) }, "no run could be claimed");
      return "empty";
    } finally {
      claiming = undefined;
      early.clear();
    }
  };
  const claim = (): Promise<"full" | "empty"> => {
    again = true;
    claiming ??= look();
    return claiming;
  };

  const cancel = (runId: string, action: CancelAction): void => {
    if (claiming !== undefined) early.set(runId, action);
    for (const { run, stop } of active.values()) if (run.id === runId) stop.stop(action);
  };
  const beat = async (attempt: Active): Promise<void> => {
    if (attempt.isBeating) return;
    attempt.isBeating = true;
    const { run, stop } = attempt;
    const since = clock.now();
    try {
      const row = await records.runs.heartbeat(run.id, run.token, leaseMs);
      if (row === undefined) stop.stop("lost");
      else attempt.leaseUntil = since + leaseMs;
      if (row?.cancel !== undefined && row.cancel !== null) stop.stop(row.cancel);
    } catch (error) {
      log.warn({ runId: run.id, error: messageOf(error) }, "no heartbeat");
    }
    attempt.isBeating = false;
  };
  const beatAll = (): void => {
    for (const attempt of active.values()) {
      // Nobody may have it yet, but anybody may take it from now on.
      if (clock.now() > attempt.leaseUntil) attempt.stop.stop("lost");
      else void beat(attempt);
    }
  };

  const allEnded = async (ms: number): Promise<void> => {
    let timeout: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => {
      timeout = setTimeout(resolve, ms);
    });
    await Promise.race([Promise.all([...active.values()].map(({ ended }) => ended)), over]);
    clearTimeout(timeout);
  };

  return {
    get running() {
      return active.size;
    },
    async start() {
      ends.push(
        signals.on("run-cancel", ({ runId, action }) => cancel(runId, action)),
        signals.onCatchUp(beatAll),
      );
      if (Number.isFinite(heartbeatMs)) {
        const beats = setInterval(beatAll, heartbeatMs);
        ends.push(() => clearInterval(beats));
      }
      await wakeUps.start(claim, room);
    },
    async wake() {
      await claim();
    },
    async stop({ graceMs = 10_000, stepMs = 5_000 } = {}) {
      isStopping = true;
      tellRoom();
      await wakeUps.stop();
      await claiming;
      await allEnded(graceMs);
      for (const { stop } of active.values()) stop.drain();
      await allEnded(stepMs);
      for (const { stop } of active.values()) stop.stop("drain");
      await Promise.all([...active.values()].map(({ ended }) => ended));
      for (const end of ends.splice(0)) end();
    },
  };
};

const key = (run: RunRow): string => `${run.id} ${run.token}`;
