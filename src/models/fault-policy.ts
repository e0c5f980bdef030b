// When a failed model call is tried again, and how long to wait. Ours is the only retry: those of
// the SDKs are switched off, since they know neither the budget nor the person who waits.
import { halfJitterGenerator } from "cockatiel";
import { systemClock, type Clock } from "../clock.ts";
import { TuttiError } from "../errors.ts";
import type { FaultPolicy } from "../ports/index.ts";
import { cancelled, classifyError } from "./classify-error.ts";

export interface FaultPolicyOptions {
  /** Attempts in all; default 4. */
  readonly maxAttempts?: number;
  /** Milliseconds before the second attempt, doubled each time, less up to half of it at random; default 1000. */
  readonly firstDelay?: number;
  /** Longest wait in milliseconds, also when the server asks for more; default 60,000. */
  readonly maxDelay?: number;
  readonly clock?: Clock;
  readonly sleep?: FaultPolicy["sleep"];
}

export const createFaultPolicy = (options: FaultPolicyOptions = {}): FaultPolicy => {
  const { maxAttempts = 4, firstDelay = 1000, maxDelay = 60_000, clock = systemClock } = options;
  const backOff = {
    generator: halfJitterGenerator,
    initialDelay: firstDelay,
    maxDelay,
    exponent: 2,
  };
  return {
    classify: (error, model, signal) => classifyError(error, model, () => clock.now(), signal),
    delay(error, attempt) {
      if (error.data["transient"] !== true || attempt >= maxAttempts) return undefined;
      const [delay] = halfJitterGenerator(attempt - 1, backOff);
      const asked = error.data["retryAfterMs"];
      return Math.min(maxDelay, Math.max(delay, typeof asked === "number" ? asked : 0));
    },
    giveUp: (error, attempts) =>
      attempts === 1
        ? error
        : new TuttiError(error.code, `${error.message} (tried ${attempts} times)`, {
            ...(error.hint === undefined ? {} : { hint: error.hint }),
            retryable: error.retryable,
            cause: error.cause,
            data: { ...error.data, attempts },
          }),
    sleep: options.sleep ?? sleep,
  };
};

const sleep = (milliseconds: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(cancelled(signal.reason));
      return;
    }
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(cancelled(signal?.reason));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
