// A time limit that also holds when the work under it does not listen to its signal.

export interface TimeLimit {
  /** Aborted when the time is up or the outer signal is. */
  readonly signal: AbortSignal;
  /** The work's result; rejects with a TimeoutError or the outer signal's reason at once. */
  race<T>(work: Promise<T>): Promise<T>;
  /** The time starts anew: for streams, where silence is what is limited. */
  restart(): void;
  stop(): void;
}

export const timeLimit = (milliseconds: number, outer?: AbortSignal): TimeLimit => {
  const controller = new AbortController();
  const expire = (): void => controller.abort(timeout(milliseconds));
  const forward = (): void => controller.abort(outer?.reason);
  let timer = setTimeout(expire, milliseconds);
  if (outer?.aborted === true) forward();
  outer?.addEventListener("abort", forward, { once: true });
  return {
    signal: controller.signal,
    race: (work) => raceWithSignal(work, controller.signal),
    restart() {
      clearTimeout(timer);
      timer = setTimeout(expire, milliseconds);
    },
    stop() {
      clearTimeout(timer);
      outer?.removeEventListener("abort", forward);
    },
  };
};

const timeout = (milliseconds: number): Error =>
  Object.assign(new Error(`no answer for ${milliseconds / 1000} s`), { name: "TimeoutError" });

/** Why it was aborted counts more than the AbortError that the abort itself causes. */
const raceWithSignal = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
