// One timer for the next of many due times.
import type { Clock } from "../clock.ts";

/** The longest a timer of JavaScript can be set to. */
const LONGEST = 2 ** 31 - 1;

export interface Timer {
  /** Replaces what was set before. */
  at(time: number, work: () => void): void;
  /** Keeps what was set before if that is earlier. */
  atTheLatest(time: number, work: () => void): void;
  clear(): void;
}

export const createTimer = (clock: Clock): Timer => {
  let timeout: NodeJS.Timeout | undefined;
  let setTo = Number.POSITIVE_INFINITY;
  const timer: Timer = {
    at(time, work) {
      timer.clear();
      setTo = time;
      timeout = setTimeout(
        () => {
          if (clock.now() < time) return timer.at(time, work);
          setTo = Number.POSITIVE_INFINITY;
          work();
        },
        Math.min(Math.max(time - clock.now(), 0), LONGEST),
      );
    },
    atTheLatest(time, work) {
      if (time < setTo) timer.at(time, work);
    },
    clear() {
      clearTimeout(timeout);
      setTo = Number.POSITIVE_INFINITY;
    },
  };
  return timer;
};
