// Exit codes, documented in docs/cli.md.
import type { TuttiError } from "../errors.ts";
import type { RunEnd } from "../runs/index.ts";

export const EXIT = {
  finished: 0,
  /** The command was refused; nothing has changed. */
  usage: 2,
  waiting: 3,
  failed: 4,
  /** At a limit, or stopped by a person: resume goes on. */
  paused: 5,
} as const;

const BY_STATUS: Readonly<Record<RunEnd["status"], number>> = {
  finished: EXIT.finished,
  waiting: EXIT.waiting,
  failed: EXIT.failed,
  limit: EXIT.paused,
  paused: EXIT.paused,
};

export const exitCodeOf = ({ status }: Pick<RunEnd, "status">): number => BY_STATUS[status];

const REFUSALS = new Set([
  "USAGE",
  "CONFIG_INVALID",
  "INPUT_UNREADABLE",
  "INPUT_TOO_LARGE",
  "OUTPUT_EXISTS",
  "ANSWER_INVALID",
  "THREAD_NOT_FOUND",
  "THREAD_BUSY",
  "THREAD_NOT_PAUSED",
  "GRAPH_CHANGED",
]);

/** True when the error means that nothing was done. */
export const isRefusal = ({ code }: TuttiError): boolean => REFUSALS.has(code);

export const exitCodeOfError = (error: TuttiError): number =>
  isRefusal(error) ? EXIT.usage : EXIT.failed;
