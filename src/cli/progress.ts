// A view of a run as it goes.
import type { RunEvent, Usage } from "../protocol/index.ts";

export interface Progress {
  show(event: RunEvent): void;
  /** Says that a pause was asked for. */
  pausing(message: string): void;
  /** Leaves the last picture standing; what is printed next comes below it. */
  stop(): void;
  /** Milliseconds shown so far. */
  elapsed(): number;
  spent(): Usage;
}
