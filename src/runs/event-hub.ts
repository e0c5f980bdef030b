// The events of runs for the readers of this process, wherever the runs are executed. Each reader has a
// cursor of its own into the log; signals only say that there is more.
import { messageOf, TuttiError } from "../errors.ts";
import type { LoggedEvent, Records } from "../storage/index.ts";
import type { Log } from "./log.ts";
import { persist } from "./persist.ts";
import { createRunFeed, type RunFeed } from "./run-feed.ts";
import type { SignalBus } from "./signals.ts";

export interface RunAddress {
  readonly tenant: string;
  readonly runId: string;
}

export interface EventHub {
  /** In order, without gap or repeat, from after `after` until the run has ended or the signal. */
  read(
    run: RunAddress,
    options: { after?: number | undefined; signal: AbortSignal },
  ): AsyncGenerator<LoggedEvent, void, void>;
  /**
   * Ends when the run has, or at the signal. `look` says whether it has ended already; it is asked when
   * nothing can be missed any more.
   */
  ended(run: RunAddress, signal: AbortSignal, look?: () => Promise<boolean>): Promise<void>;
  /** Lets all readers go. */
  stop(): void;
}

interface Shared {
  readonly address: RunAddress;
  readonly feed: RunFeed;
  readers: number;
}

export interface EventHubOptions {
  readonly records: Pick<Records, "runs" | "events">;
  readonly signals: Pick<SignalBus, "on" | "onCatchUp">;
  readonly log: Log;
  /** Milliseconds after which waiting readers look although no signal came; default 5,000. `Infinity`: never. */
  readonly checkMs?: number | undefined;
}

export const createEventHub = (options: EventHubOptions): EventHub => {
  const { records, signals, log, checkMs = 5_000 } = options;
  /** By run, then tenant: what somebody asks of another tenant's run is nothing to its own. */
  const shared = new Map<string, Map<string, Shared>>();
  const all = (): Shared[] => [...shared.values()].flatMap((of) => [...of.values()]);
  const feedsOf = (runId: string): RunFeed[] =>
    [...(shared.get(runId)?.values() ?? [])].map(({ feed }) => feed);
  const stopped = new AbortController();

  const hasEnded = async ({ tenant, runId }: RunAddress): Promise<boolean> => {
    try {
      const { status } = await records.runs.get({ tenant }, undefined, runId);
      return status !== "pending" && status !== "running";
    } catch (error) {
      if (error instanceof TuttiError && error.code === "RUN_NOT_FOUND") return true;
      throw error;
    }
  };
  const check = async (
    { address, feed }: Shared,
    look = () => hasEnded(address),
  ): Promise<void> => {
    if (await look()) feed.end();
    else feed.stir();
  };
  const checkAll = (): void => {
    for (const one of all()) {
      if (one.feed.isEnded) continue;
      check(one).catch((error: unknown) => {
        log.warn({ runId: one.address.runId, error: messageOf(error) }, "no look at a run");
      });
    }
  };
  const ends = [
    signals.on("run-events", ({ runId }) => {
      for (const feed of feedsOf(runId)) feed.stir();
    }),
    signals.on("run-end", ({ runId }) => {
      for (const feed of feedsOf(runId)) feed.end();
    }),
    signals.onCatchUp(checkAll),
  ];
  if (Number.isFinite(checkMs)) {
    const timer = setInterval(checkAll, checkMs);
    ends.push(() => clearInterval(timer));
  }

  const open = async (address: RunAddress, look?: () => Promise<boolean>): Promise<Shared> => {
    const { tenant, runId } = address;
    const ofRun = shared.get(runId) ?? new Map<string, Shared>();
    const found = ofRun.get(tenant);
    const one = found ?? { address, feed: createRunFeed(runId, records.events), readers: 0 };
    one.readers += 1;
    shared.set(runId, ofRun.set(tenant, one));
    try {
      if (found === undefined || look !== undefined) await check(one, look);
    } catch (error) {
      close(one);
      throw error;
    }
    return one;
  };
  const close = (one: Shared): void => {
    const { tenant, runId } = one.address;
    one.readers -= 1;
    if (one.readers > 0) return;
    const ofRun = shared.get(runId);
    ofRun?.delete(tenant);
    if (ofRun?.size === 0) shared.delete(runId);
  };

  return {
    async *read(address, { after, signal: given }) {
      const signal = AbortSignal.any([given, stopped.signal]);
      const one = await open(address);
      const { feed } = one;
      try {
        let cursor = after ?? (await records.events.last(address.runId));
        while (!signal.aborted) {
          const { changes, isEnded } = feed;
          // While the database is away readers wait as they do for the next event.
          const found = await persist(
            () => feed.after(cursor),
            () => signal.aborted,
          );
          if (signal.aborted) return;
          for (const event of found ?? []) {
            if (signal.aborted) return;
            yield event;
            cursor = event.seq;
          }
          if (found !== undefined) continue;
          // The end was known before the log was read to its end: nothing is missing.
          if (isEnded) return;
          await feed.changed(changes, signal);
        }
      } finally {
        close(one);
      }
    },
    async ended(address, given, look) {
      const signal = AbortSignal.any([given, stopped.signal]);
      const one = await open(address, look);
      const { feed } = one;
      try {
        while (!feed.isEnded && !signal.aborted) await feed.changed(feed.changes, signal);
      } finally {
        close(one);
      }
    },
    stop() {
      stopped.abort();
      for (const end of ends) end();
    },
  };
};
