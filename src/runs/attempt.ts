// One attempt at a run, from the claim to the row that says how it ended. Whatever it writes carries the
// run's token: an attempt that has lost its run writes nothing.
import type { BaseStore } from "@langchain/langgraph";
import type { Clock } from "../clock.ts";
import { asTuttiError, messageOf } from "../errors.ts";
import type {
  JsonObject,
  NewDelivery,
  Records,
  RunEnding,
  RunRow,
  ThreadSummary,
} from "../storage/index.ts";
import type { FencedSaver } from "./fenced-saver.ts";
import type { GraphCatalog } from "./graph-catalog.ts";
import { createLogWriter } from "./log-writer.ts";
import type { Log } from "./log.ts";
import { persist } from "./persist.ts";
import type { RunEvent, RunGraph } from "./run-graph.ts";
import type { StopSwitch } from "./stop-switch.ts";
import { threadKey } from "./thread-key.ts";

export interface AttemptServices {
  readonly records: Pick<Records, "runs" | "threads" | "events">;
  readonly runGraph: RunGraph;
  readonly catalog: Pick<GraphCatalog, "load">;
  readonly saver: FencedSaver;
  /** The long-term store as one tenant sees it. */
  readonly store: (tenant: string) => BaseStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Takes back what the run has done to its thread; answers how the thread stands then. */
  readonly rollback: (run: RunRow) => Promise<ThreadSummary>;
  /** What is told to the run's webhook; called for runs that have one. */
  readonly deliveryOf: (run: RunRow, ending: RunEnding) => NewDelivery;
}

export type AttemptEnd = "ended" | "released" | "lost";
type Ending = Omit<RunEnding, "delivery">;

/** How long a stopped graph may take to say where it stands; a node that hangs is left behind. */
const STOP_GRACE_MS = 2_000;

/** Ends with the promise, or some time after the signal was aborted with undefined. */
const untilStopped = async <T>(promise: Promise<T>, stop: StopSwitch): Promise<T | undefined> => {
  let timeout: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const stopped = new Promise<undefined>((resolve) => {
    onAbort = () => {
      const wait = stop.reason === "lost" ? 0 : STOP_GRACE_MS;
      timeout = setTimeout(() => resolve(undefined), wait);
    };
    if (stop.signal.aborted) onAbort();
    else stop.signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, stopped]);
  } finally {
    clearTimeout(timeout);
    if (onAbort !== undefined) stop.signal.removeEventListener("abort", onAbort);
  }
};

interface Begun {
  readonly run: RunRow;
  /** Ends when it is recorded where the run begins; false when the run is lost. */
  readonly isRecorded: Promise<boolean>;
}

/** Takes the thread's fence and sees where the run begins. */
const begin = async (services: AttemptServices, run: RunRow): Promise<Begun> => {
  const { records, saver } = services;
  const thread = threadKey(run.tenant, run.threadId);
  await saver.acquire(thread, run.token);
  if (run.startCheckpoint !== null) return { run, isRecorded: Promise.resolve(true) };
  const newest = await saver.getTuple({ configurable: { thread_id: thread, checkpoint_ns: "" } });
  const startCheckpoint = newest?.checkpoint.id ?? "";
  const isRecorded = records.runs.began(run.id, run.token, startCheckpoint);
  isRecorded.catch(() => undefined); // whoever waits for it hears of it; a fault before that came first
  return { run: { ...run, startCheckpoint }, isRecorded };
};

/** Undefined: the run was lost, or the graph did not say in time how it stands after it was stopped. */
const perform = async (
  services: AttemptServices,
  { run, isRecorded }: Begun,
  stop: StopSwitch,
): Promise<Ending | undefined> => {
  const { records, catalog, saver } = services;
  const log = createLogWriter({
    append: (events) => records.events.append(run.id, run.token, events),
    onLost: () => stop.stop("lost"),
  });
  const { signal, control } = stop;
  const store = services.store(run.tenant);
  const deployed = await catalog.load(run.graphId, run.kwargs["config"] as JsonObject | undefined);
  const events = services.runGraph({ run, deployed, saver, store, signal, control });
  for (;;) {
    const next = await untilStopped(events.next(), stop);
    if (next === undefined || stop.reason === "lost") {
      leave(events, services.log, run);
      return undefined;
    }
    if (next.done === true) {
      await log.flush();
      return next.value;
    }
    log.write(next.value);
    // The first event comes before the graph is begun: one commit may hold it and where the run begins.
    if (!(await isRecorded)) stop.stop("lost");
    await log.room();
  }
};

/** A graph that hangs is not waited for; what it still throws is of interest to nobody but the log. */
const leave = (events: AsyncGenerator<RunEvent, Ending, void>, log: Log, run: RunRow): void => {
  events.return(undefined as never).catch((error: unknown) => {
    log.info({ runId: run.id, error: messageOf(error) }, "a stopped attempt ended");
  });
};

/** The thread as it last was, for an attempt that cannot say. */
const summaryOf = async (
  services: AttemptServices,
  run: RunRow,
  error: JsonObject | null,
): Promise<ThreadSummary> => {
  const thread = await services.records.threads.get({ tenant: run.tenant }, run.threadId);
  const isPaused = Object.keys(thread.interrupts).length > 0;
  return {
    status: error === null ? (isPaused ? "interrupted" : "idle") : "error",
    values: thread.values,
    interrupts: thread.interrupts,
    error,
  };
};

const failed = async (
  services: AttemptServices,
  run: RunRow,
  caught: unknown,
): Promise<Ending | undefined> => {
  const { code = "INTERNAL", message } = caught as { code?: unknown; message?: string };
  const error = { error: String(code), message: message ?? String(caught) };
  services.log.error({ runId: run.id, ...error, cause: caught }, "a run failed");
  const event: RunEvent = { event: "error", data: JSON.stringify(error) };
  const last = await services.records.events.append(run.id, run.token, [event]);
  if (last === undefined) return undefined;
  return { status: "error", error, thread: await summaryOf(services, run, error) };
};

/** Whether an error of the platform passes by itself, so that the run goes on after it. */
const isPassing = (error: unknown): boolean =>
  asTuttiError(error).retryable || (error as { retryable?: unknown }).retryable === true;

const settle = async (
  services: AttemptServices,
  run: RunRow,
  stop: StopSwitch,
  ending: Ending | undefined,
): Promise<AttemptEnd> => {
  const { runs } = services.records;
  const { reason } = stop;
  if (reason === "lost") return "lost";
  const rollBack = async (): Promise<AttemptEnd> => {
    const isGone = await runs.remove(run.id, run.token, await services.rollback(run));
    return isGone ? "ended" : "lost";
  };
  if (reason === "rollback") return await rollBack();
  const isOver =
    ending?.status === "success" || (ending?.status === "error" && !stop.signal.aborted);
  if (reason === "drain" && !isOver)
    return (await runs.release(run.id, run.token)) ? "released" : "lost";
  const status = reason === "timeout" ? "timeout" : "interrupted";
  const thread = ending?.thread ?? (await summaryOf(services, run, null));
  const final: Ending =
    ending !== undefined && (isOver || reason === undefined)
      ? ending
      : { status, error: null, thread };
  const delivery = run.webhook === null ? {} : { delivery: services.deliveryOf(run, final) };
  const isDone = await runs.finish(run.id, run.token, { ...final, ...delivery });
  if (isDone === "rollback") return await rollBack();
  return isDone ? "ended" : "lost";
};

/**
 * Executes a claimed run and records how it ended. A fault of the database that passes gives the run back,
 * so that it goes on; other faults of the platform fail it. Never throws.
 */
export const executeAttempt = async (
  services: AttemptServices,
  claimed: RunRow,
  stop: StopSwitch,
): Promise<AttemptEnd> => {
  const { log, records } = services;
  const isLost = (): boolean => stop.reason === "lost";
  let run = claimed;
  try {
    let ending: Ending | undefined;
    try {
      const begun = await begin(services, run);
      ({ run } = begun);
      ending = await perform(services, begun, stop);
    } catch (error) {
      if (isLost()) return "lost";
      if (isPassing(error)) {
        log.warn({ runId: run.id, error: messageOf(error) }, "a run is given back");
        const isGiven = await persist(() => records.runs.release(run.id, run.token), isLost);
        return isGiven === true ? "released" : "lost";
      }
      if (stop.reason === undefined) {
        ending = await persist(() => failed(services, run, error), isLost);
        if (ending === undefined) return "lost";
      }
    }
    return (await persist(() => settle(services, run, stop, ending), isLost)) ?? "lost";
  } catch (error) {
    log.error({ runId: run.id, error: messageOf(error), cause: error }, "a run could not be ended");
    return "lost";
  }
};
