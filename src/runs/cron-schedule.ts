// When a schedule is due: five or six fields of a cron expression, in a time zone.
import { Cron } from "croner";
import { messageOf, TuttiError } from "../errors.ts";

/** `ask` of the schedule. Throws REQUEST_INVALID for a schedule or a time zone that is none. */
const asked = <T>(schedule: string, timezone: string | null, ask: (cron: Cron) => T): T => {
  try {
    const options = { paused: true, mode: "5-or-6-parts", timezone: timezone ?? "UTC" } as const;
    return ask(new Cron(schedule, options));
  } catch (error) {
    throw new TuttiError(
      "REQUEST_INVALID",
      `not a schedule: "${schedule}"${timezone === null ? "" : ` in ${timezone}`}: ${messageOf(error)}`,
      {
        hint: "five or six fields, such as `0 7 * * 1-5`, and an IANA time zone, such as Europe/Berlin",
        cause: error,
      },
    );
  }
};

/**
 * The next time after `after`, both in milliseconds since the epoch; null: never again. Throws
 * REQUEST_INVALID for a schedule or a time zone that is none.
 */
export const cronNext = (schedule: string, timezone: string | null, after: number): number | null =>
  asked(schedule, timezone, (cron) => cron.nextRun(new Date(after))?.getTime() ?? null);

/** The newest time of the schedule that is not after `now`, and not before `first`, which is one. Throws like `cronNext`. */
export const cronLatest = (
  schedule: string,
  timezone: string | null,
  first: number,
  now: number,
): number => {
  const [latest] = asked(schedule, timezone, (cron) => cron.previousRuns(1, new Date(now + 1_000)));
  const time = latest?.getTime() ?? first;
  return time > now ? first : Math.max(first, time);
};
