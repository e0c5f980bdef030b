// What the commands are handed by compose.
import type { Clock } from "../clock.ts";
import type { ArtifactStore, BudgetLedger } from "../ports/index.ts";
import type { SourceRef } from "../protocol/index.ts";
import type { GraphRegistry, Saver } from "../runs/index.ts";
import type { ThreadLock, ThreadRecords } from "../storage/index.ts";
import type { DataCare } from "./data-care.ts";

/** One data folder, opened. */
export interface Platform {
  /** Absolute path. */
  readonly data: string;
  readonly clock: Clock;
  readonly threads: ThreadRecords;
  readonly budget: BudgetLedger;
  readonly artifacts: ArtifactStore;
  readonly graphs: GraphRegistry;
  readonly saver: Saver;
  /** Copies files into the store and reads each once. Throws INPUT_UNREADABLE, INPUT_TOO_LARGE. */
  takeIn(paths: readonly string[]): Promise<SourceRef[]>;
  lock(threadId: string): ThreadLock;
  isLocked(threadId: string): boolean;
  close(): Promise<void>;
}

/** Options that every command takes. */
export interface Common {
  readonly data?: string;
  readonly by?: string;
  readonly json?: boolean;
}

/** Where commands print and ask. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** A person sits there and can be asked. */
  readonly interactive: boolean;
  readonly columns: () => number;
  readonly rows: () => number;
  /** What was written can be drawn over: progress may live. */
  readonly movable: boolean;
  /** Colours are understood and wanted. */
  readonly ansi: boolean;
}

export interface CliHost {
  readonly version: string;
  /** The data folder when --data is not given. */
  readonly data: string;
  /** Who decides, when --by is not given: the login name. */
  readonly user: string;
  readonly terminal: Terminal;
  /** The folder of the example data. */
  readonly examples: string;
  open(data: string): Promise<Platform>;
  /** The database of a data folder, or the one a URL names. Throws USAGE, DATABASE. */
  openCare(data: string, url: string | undefined): Promise<DataCare>;
  /** Runs this program again in a new process; answers its exit code. */
  again(args: readonly string[]): Promise<number>;
  /**
   * From this call on the first Ctrl-C (or SIGTERM) aborts the signal, and a later one ends the
   * process; before it, they end the process.
   */
  interruption(): AbortSignal;
}

/** A command: what was given on the command line in, the exit code out. */
export type Command<Given> = (host: CliHost, given: Given) => Promise<number>;
