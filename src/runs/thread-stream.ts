// The events of a thread: of one run after the other, as they are executed.
import { TuttiError } from "../errors.ts";
import type { LoggedEvent, Records, RunRow, Scope } from "../storage/index.ts";
import type { RunService, StreamOptions } from "./run-service.ts";
import type { SignalBus } from "./signals.ts";

/** Runs that are looked at: more than ever wait on one thread. */
const WINDOW = 100;

export interface ThreadStreamOptions {
  readonly records: Pick<Records, "runs" | "events">;
  readonly signals: Pick<SignalBus, "on" | "onCatchUp">;
  /** Milliseconds after which a silent thread is looked at although no signal came; default 5,000. */
  readonly checkMs?: number | undefined;
}

type Stream = (
  scope: Scope,
  threadId: string | undefined,
  runId: string,
  options: StreamOptions,
) => AsyncIterable<LoggedEvent>;

/** Wakes when something may have happened on the thread; a wake-up between two waits is not lost. */
const watch = (options: ThreadStreamOptions, threadId: string, signal: AbortSignal) => {
  const { signals, checkMs = 5_000 } = options;
  let isStirred = false;
  let wake: (() => void) | undefined;
  /** Runs that wait on the thread: their first event says that they began. */
  const pending = new Set<string>();
  const stir = (): void => {
    isStirred = true;
    wake?.();
  };
  const ends = [
    signals.on("run-ready", (ready) => {
      if (ready.threadId === threadId) stir();
    }),
    signals.on("run-end", (end) => {
      if (end.threadId === threadId) stir();
    }),
    signals.on("run-events", ({ runId }) => {
      if (pending.has(runId)) stir();
    }),
    signals.onCatchUp(stir),
  ];
  if (Number.isFinite(checkMs)) {
    const timer = setInterval(stir, checkMs);
    ends.push(() => clearInterval(timer));
  }
  signal.addEventListener("abort", stir, { once: true });
  return {
    pending,
    async next(): Promise<void> {
      if (!isStirred) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      isStirred = false;
    },
    close(): void {
      signal.removeEventListener("abort", stir);
      for (const end of ends) end();
    },
  };
};

const parseAfter = (after: string): { runId: string; seq: number } => {
  const [runId = "", seq = ""] = after.split(":");
  if (!/^\d+$/.test(seq) || runId === "")
    throw new TuttiError("REQUEST_INVALID", `not an event of a thread: ${after}`, {
      hint: "give back the id of an event as it came",
    });
  return { runId, seq: Number(seq) };
};

export const createThreadStream = (
  options: ThreadStreamOptions,
  stream: Stream,
): RunService["threadStream"] => {
  /** Oldest first. A thread that is not there (yet) has no runs. */
  const runsOf = async (scope: Scope, threadId: string): Promise<RunRow[]> => {
    try {
      const rows = await options.records.runs.list(scope, threadId, { limit: WINDOW, offset: 0 });
      return rows.toReversed();
    } catch (error) {
      if (error instanceof TuttiError && error.code === "THREAD_NOT_FOUND") return [];
      throw error;
    }
  };
  return async function* (scope, threadId, { after, signal }) {
    const from = after === undefined ? undefined : parseAfter(after);
    const watching = watch(options, threadId, signal);
    try {
      const first = await runsOf(scope, threadId);
      const start = first.findIndex(({ id }) => id === from?.runId);
      const isPast = ({ status }: RunRow): boolean => status !== "pending" && status !== "running";
      const known = start === -1 ? first.filter(isPast) : first.slice(0, start);
      const seen = new Set(known.map(({ id }) => id));
      let isFirst = true;
      while (!signal.aborted) {
        const rows = await runsOf(scope, threadId);
        const fresh = rows.filter(({ id }) => !seen.has(id));
        const run = fresh.find(({ status }) => status !== "pending");
        watching.pending.clear();
        for (const { id } of fresh) watching.pending.add(id);
        if (run === undefined) {
          isFirst = false;
          await watching.next();
          continue;
        }
        seen.add(run.id);
        const isFrom = run.id === from?.runId;
        // The last thing seen was the run's end, which is no part of its log.
        if (isFrom && isPast(run) && (await options.records.events.last(run.id)) < from.seq)
          continue;
        const cursor = isFrom ? from.seq : isFirst && start === -1 ? undefined : 0;
        isFirst = false;
        let last = cursor ?? 0;
        for await (const event of stream(scope, threadId, run.id, { after: cursor, signal })) {
          last = event.seq;
          yield { ...event, runId: run.id };
        }
        if (!signal.aborted) yield { seq: last + 1, event: "end", data: "{}", runId: run.id };
      }
    } finally {
      watching.close();
    }
  };
};
