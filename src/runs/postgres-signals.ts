// Signals between the processes of one PostgreSQL. A request to cancel is sent within its transaction;
// everything else right after the commit, many at a time: a transaction that notifies holds up the commits
// of all others (docs/decisions/2026-11-22-signals-after-the-commit.md).
import { randomUUID } from "node:crypto";
import { messageOf } from "../errors.ts";
import type { Signal, SqlExecutor } from "../storage/index.ts";
import type { Log } from "./log.ts";
import type { PostgresListener } from "./postgres-listener.ts";
import { createDispatcher, type SignalBus } from "./signals.ts";

const CHANNEL = "tutti_signals";
/** PostgreSQL takes payloads below 8,000 bytes. */
const MAX_PAYLOAD = 7_500;
const PROBE = "probe ";

export interface PostgresSignalsOptions {
  readonly executor: SqlExecutor;
  /** Absent: the connection goes through a transaction pooler, where LISTEN does not work. */
  readonly listener: PostgresListener | undefined;
  /** Puts wake-ups of workers into the transaction. */
  readonly enqueue: (executor: SqlExecutor, dueAt: readonly number[]) => Promise<void>;
  readonly log: Log;
  /** Milliseconds between looks at the rows where notifications do not arrive; default 500. */
  readonly pollMs?: number | undefined;
  /** Milliseconds a notification to ourselves may take, before they are taken not to arrive; default 2,000. */
  readonly probeMs?: number | undefined;
}

export interface PostgresSignalBus extends SignalBus {
  /** Whether notifications arrive; else the rows are looked at every `pollMs`. */
  readonly isListening: boolean;
}

interface Message {
  readonly from: string;
  readonly signals: readonly Signal[];
}

/** One signal a run where only the newest matters, in messages that are small enough. */
const messagesOf = (from: string, signals: readonly Signal[]): string[] => {
  const newest = new Map<string, Signal>();
  for (const signal of signals) {
    const { kind } = signal;
    newest.set("runId" in signal ? `${kind} ${signal.runId}` : kind, signal);
  }
  const messages: string[] = [];
  let batch: Signal[] = [];
  const text = (): string => JSON.stringify({ from, signals: batch } satisfies Message);
  for (const signal of newest.values()) {
    batch.push(signal);
    if (Buffer.byteLength(text()) < MAX_PAYLOAD) continue;
    batch.pop();
    messages.push(text());
    batch = [signal];
  }
  messages.push(text());
  return messages;
};

const notify = async (executor: SqlExecutor, payloads: readonly string[]): Promise<void> => {
  await executor.executeSql("SELECT pg_notify($1, message) FROM unnest($2::text[]) AS message", [
    CHANNEL,
    payloads,
  ]);
};

export const createPostgresSignalBus = async (
  options: PostgresSignalsOptions,
): Promise<PostgresSignalBus> => {
  const { executor, listener, log, pollMs = 500, probeMs = 2_000 } = options;
  const { dispatch, catchUp, on, onCatchUp } = createDispatcher();
  const self = randomUUID();
  let waiting: Signal[] = [];
  let sending: Promise<void> | undefined;
  let polling: NodeJS.Timeout | undefined;
  let probe: NodeJS.Timeout | undefined;
  let isListening = false;

  const send = async (): Promise<void> => {
    // What is committed in the same moment goes together.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const signals = waiting.splice(0);
      try {
        await notify(executor, messagesOf(self, signals));
      } catch (error) {
        // Hints only: readers and workers look at the rows from time to time.
        log.warn({ error: messageOf(error), signals: signals.length }, "signals were not sent");
      }
    }
    sending = undefined;
  };

  const listens = (works: boolean): void => {
    clearTimeout(probe);
    clearInterval(polling);
    if (isListening !== works)
      log.info({ works }, works ? "notifications arrive" : "notifications do not arrive: polling");
    isListening = works;
    polling = works ? undefined : setInterval(catchUp, pollMs);
  };
  /** Through a pooler LISTEN succeeds and nothing ever comes: only a notification is proof. */
  const tryOut = (): void => {
    clearTimeout(probe);
    probe = setTimeout(() => listens(false), probeMs);
    notify(executor, [PROBE + self]).catch((error: unknown) => {
      log.warn({ error: messageOf(error) }, "notifications could not be tried out");
    });
  };
  const receive = (payload: string): void => {
    if (payload.startsWith(PROBE)) {
      if (payload === PROBE + self) listens(true);
      return;
    }
    const { from, signals } = JSON.parse(payload) as Message;
    if (from === self) return;
    for (const signal of signals) dispatch(signal);
  };
  const onReconnect = (): void => {
    tryOut();
    catchUp();
  };
  const listening = await listener?.listen(CHANNEL, receive, onReconnect);
  if (listener === undefined) listens(false);

  return {
    get isListening() {
      return isListening;
    },
    on,
    onCatchUp,
    sink: {
      async within(inside, signals) {
        const dueAt = signals.flatMap((one) => (one.kind === "run-ready" ? [one.dueAt] : []));
        if (dueAt.length > 0) await options.enqueue(inside, dueAt);
        const cancels = signals.filter(({ kind }) => kind === "run-cancel");
        if (cancels.length > 0) await notify(inside, messagesOf(self, cancels));
      },
      after(signals) {
        for (const signal of signals) dispatch(signal);
        waiting.push(...signals.filter(({ kind }) => kind !== "run-cancel"));
        if (waiting.length > 0) sending ??= send();
      },
    },
    async stop() {
      clearTimeout(probe);
      clearInterval(polling);
      await sending;
      await listening?.close();
    },
  };
};
