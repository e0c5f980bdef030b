// What the commands are handed by compose.
import type { Clock } from "../clock.ts";
import type { GivenFile } from "../orchestrator/index.ts";
import type { ArtifactStore, BudgetLedger } from "../ports/index.ts";
import type { SourceRef } from "../protocol/index.ts";
import type { GraphRegistry, Saver } from "../runs/index.ts";
import type { ThreadLock, ThreadRecords } from "../storage/index.ts";

/** One data folder, opened. */
export interface Platform {
  readonly data: string;
  readonly clock: Clock;
  readonly threads: ThreadRecords;
  readonly budget: BudgetLedger;
  readonly artifacts: ArtifactStore;
  readonly graphs: GraphRegistry;
  readonly saver: Saver;
  copyInput(file: GivenFile): Promise<SourceRef>;
  lock(threadId: string): ThreadLock;
  isLocked(threadId: string): boolean;
  close(): Promise<void>;
}

/** Where commands print and ask. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** A person sits there: prompts and live progress make sense. */
  readonly interactive: boolean;
  readonly columns: () => number;
  /** Colours and cursor movement are understood. */
  readonly ansi: boolean;
}

export interface CliHost {
  readonly version: string;
  /** The data folder when --data is not given. */
  readonly data: string;
  /** Who answers, when --by is not given: the login name. */
  readonly user: string;
  readonly terminal: Terminal;
  /** The folder of the example data. */
  readonly examples: string;
  open(data: string): Promise<Platform>;
  /** Runs this program again in a new process; answers its exit code. */
  again(args: readonly string[]): Promise<number>;
  /** Aborted by the first Ctrl-C (or SIGTERM); a second one ends the process. */
  readonly interrupted: AbortSignal;
}
