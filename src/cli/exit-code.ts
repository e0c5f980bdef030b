// Exit codes, documented in docs/cli.md.
import type { TuttiError } from "../errors.ts";
import type { RunEnd } from "../runs/index.ts";

export const EXIT = {
  finished: 0,
  usage: 2,
  waiting: 3,
  failed: 4,
  /** At a limit, or stopped by a person: resume goes on. */
  paused: 5,
} as const;

export const exitCodeOf = (end: Pick<RunEnd, "status">): number => {
  switch (end.status) {
    case "finished":
      return EXIT.finished;
    case "waiting":
      return EXIT.waiting;
    case "failed":
      return EXIT.failed;
    case "limit":
    case "paused":
      return EXIT.paused;
  }
};

const USAGE_CODES = new Set([
  "USAGE",
  "CONFIG_INVALID",
  "INPUT_UNREADABLE",
  "INPUT_TOO_LARGE",
  "OUTPUT_EXISTS",
  "ANSWER_INVALID",
  "THREAD_NOT_FOUND",
  "THREAD_NOT_PAUSED",
]);

export const exitCodeOfError = (error: TuttiError): number =>
  USAGE_CODES.has(error.code) ? EXIT.usage : EXIT.failed;
