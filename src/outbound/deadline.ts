// The time a request may take, in all and in silence, together with its caller's signal.
import { cancelled, failed } from "./http-error.ts";

export interface Deadline {
  /** Aborted with CANCELLED or HTTP_FAILED as its reason. */
  readonly signal: AbortSignal;
  /** Something came from the other side: the silence starts anew. */
  touch(): void;
  /** The caller is busy with what it got: silence is not the other side's. */
  pause(): void;
  stop(): void;
  /** The work's result; rejects at once when the signal aborts. */
  race<T>(work: Promise<T>): Promise<T>;
}

export interface DeadlineOptions {
  readonly timeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly origin: string;
}

const MOST_MS = 2 ** 31 - 1; // setTimeout takes no more, and fires at once instead

const after = (milliseconds: number, act: () => void): NodeJS.Timeout | undefined =>
  milliseconds === Infinity ? undefined : setTimeout(act, Math.min(milliseconds, MOST_MS));

export const createDeadline = (options: DeadlineOptions): Deadline => {
  const { timeoutMs, idleTimeoutMs, signal, origin } = options;
  const controller = new AbortController();
  const expire = (what: string): void =>
    controller.abort(failed("timeout", `${origin} ${what}`, { timeoutMs, idleTimeoutMs }));
  const silent = (): void => expire(`sent nothing for ${idleTimeoutMs / 1000} s.`);
  const forward = (): void => controller.abort(cancelled());
  const total = after(timeoutMs, () => expire(`took longer than ${timeoutMs / 1000} s.`));
  let idle = after(idleTimeoutMs, silent);
  let stopped = false;
  if (signal?.aborted === true) forward();
  signal?.addEventListener("abort", forward, { once: true });
  return {
    signal: controller.signal,
    touch() {
      clearTimeout(idle);
      if (!stopped) idle = after(idleTimeoutMs, silent);
    },
    pause: () => clearTimeout(idle),
    stop() {
      stopped = true;
      clearTimeout(total);
      clearTimeout(idle);
      signal?.removeEventListener("abort", forward);
    },
    race: (work) =>
      new Promise((resolve, reject) => {
        const onAbort = (): void => reject(controller.signal.reason as Error);
        if (controller.signal.aborted) onAbort();
        controller.signal.addEventListener("abort", onAbort, { once: true });
        void work
          .then(resolve, reject)
          .finally(() => controller.signal.removeEventListener("abort", onAbort));
      }),
  };
};
