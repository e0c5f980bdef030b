// Sends what is in the outbox: signed, at least once, again and again for about a day.
import type { Clock } from "../clock.ts";
import { messageOf, TuttiError } from "../errors.ts";
import { signWebhook } from "../outbound/index.ts";
import type { HttpClient } from "../ports/index.ts";
import type { DeliveryRow, Records } from "../storage/index.ts";
import type { Log } from "./log.ts";
import type { SignalBus } from "./signals.ts";
import { createTimer } from "./timer.ts";

export interface WebhookDelivererOptions {
  readonly records: Pick<Records, "outbox">;
  readonly http: Pick<HttpClient, "request">;
  readonly signals: Pick<SignalBus, "on" | "onCatchUp">;
  /** Sign with the new and the old one while one replaces the other. */
  readonly secrets: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  /** Between 0 and 1; default `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Milliseconds after which the outbox is looked at although no signal came; default: a minute. */
  readonly checkMs?: number | undefined;
}

export interface WebhookDeliverer {
  start(): Promise<void>;
  /** Sends what is due now. */
  deliver(): Promise<void>;
  stop(): Promise<void>;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** From one try to the next: ten tries in about a day. */
const DELAYS = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
] as const;
const JITTER = 0.2;

const BATCH = 10;
const TIMEOUT_MS = 20 * SECOND;
/** Longer than a try takes, so that nobody else sends it meanwhile. */
const LEASE_MS = MINUTE;
const MAX_ANSWER_BYTES = 64 * 1024;
const GONE = 410;

/** Why a delivery failed, and whether another try is of no use. */
interface Failure {
  readonly why: string;
  readonly isFinal: boolean;
}

export const createWebhookDeliverer = (options: WebhookDelivererOptions): WebhookDeliverer => {
  const { records, http, signals, clock, log, checkMs = MINUTE, random = Math.random } = options;
  const { outbox } = records;
  const timer = createTimer(clock);
  const stopped = new AbortController();
  const ends: (() => void)[] = [];

  const send = async ({ id, url, body }: DeliveryRow): Promise<Failure | undefined> => {
    const seconds = Math.floor(clock.now() / SECOND);
    try {
      const { status } = await http.request({
        url,
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...signWebhook(options.secrets, id, seconds, body),
        },
        body,
        purpose: "webhook",
        timeoutMs: TIMEOUT_MS,
        maxBytes: MAX_ANSWER_BYTES,
        redirects: 0,
        signal: stopped.signal,
      });
      if (status >= 200 && status < 300) return undefined;
      return { why: `the receiver answered ${status}`, isFinal: status === GONE };
    } catch (error) {
      const isFinal = error instanceof TuttiError && error.code === "HTTP_REFUSED";
      return { why: messageOf(error), isFinal };
    }
  };
  const deliverOne = async (delivery: DeliveryRow): Promise<void> => {
    const { id, tenant, attempts } = delivery;
    const failure = await send(delivery);
    // Nobody knows whether it arrived: its lease ends, and another process sends it again.
    if (stopped.signal.aborted) return;
    if (failure === undefined) return await outbox.delivered(id);
    const delay = failure.isFinal ? undefined : DELAYS[attempts - 1];
    const given = { delivery: id, tenant, attempts, why: failure.why };
    if (delay === undefined) {
      log.error(given, "a webhook is given up");
      return await outbox.failed(id, failure.why, null);
    }
    log.warn(given, "a webhook was not delivered");
    const wait = delay * (1 + JITTER * (2 * random() - 1));
    await outbox.failed(id, failure.why, clock.now() + Math.round(wait));
  };
  const deliverAll = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const due = await outbox.take(BATCH, LEASE_MS);
      await Promise.all(due.map(deliverOne));
      if (due.length < BATCH) return;
    }
  };
  let delivering: Promise<void> | undefined;
  let again = false;
  const look = async (): Promise<void> => {
    try {
      while (again) {
        again = false;
        await deliverAll();
      }
      const next = await outbox.nextDue();
      if (!stopped.signal.aborted)
        timer.at(Math.min(next ?? Infinity, clock.now() + checkMs), wake);
    } catch (error) {
      log.warn({ error: messageOf(error) }, "the outbox could not be looked at");
      if (!stopped.signal.aborted) timer.at(clock.now() + SECOND, wake);
    } finally {
      delivering = undefined;
    }
  };
  const deliver = (): Promise<void> => {
    again = true;
    delivering ??= look();
    return delivering;
  };
  const wake = (): void => void deliver();

  return {
    start() {
      ends.push(signals.on("delivery-due", wake), signals.onCatchUp(wake));
      wake();
      return Promise.resolve();
    },
    deliver,
    async stop() {
      stopped.abort();
      timer.clear();
      for (const end of ends.splice(0)) end();
      await delivering;
    },
  };
};
