// What the commands are handed by compose.
import type { Clock } from "../clock.ts";
import type { ArtifactStore, BudgetLedger } from "../ports/index.ts";
import type { SourceRef } from "../protocol/index.ts";
import type { ExecutableGraph, Saver } from "../runs/index.ts";
import type { NewThread, ThreadChange, ThreadLock, ThreadRecord } from "../storage/index.ts";
import type { DataCare } from "./data-care.ts";
import type { Keys, ServeRequest, WorkerRequest } from "./server-host.ts";

/** The threads a command works with, here or on a server. */
export interface ThreadList {
  create(thread: NewThread): Promise<ThreadRecord>;
  update(id: string, change: ThreadChange): Promise<ThreadRecord>;
  /** By id or by the beginning of one. Throws THREAD_NOT_FOUND; USAGE when several begin so. */
  find(idOrPrefix: string): Promise<ThreadRecord>;
  /** The most recently changed first. */
  list(limit: number): Promise<ThreadRecord[]>;
}

/** What the commands work with: a data folder, opened, or a server. */
export interface Platform {
  /** Absolute path: where files to be reviewed are laid out. */
  readonly data: string;
  readonly clock: Clock;
  readonly threads: ThreadList;
  readonly budget: Pick<BudgetLedger, "totals" | "recover">;
  readonly artifacts: Pick<ArtifactStore, "get">;
  readonly graphs: { load(id: string): Promise<ExecutableGraph> };
  readonly saver: Saver | undefined;
  /** Copies files into the store and reads each once. Throws INPUT_UNREADABLE, INPUT_TOO_LARGE. */
  takeIn(paths: readonly string[]): Promise<SourceRef[]>;
  lock(threadId: string): ThreadLock;
  isLocked(threadId: string): Promise<boolean>;
  close(): Promise<void>;
}

/** Where a command works. */
export interface Place {
  readonly data?: string;
  /** Address of a server. */
  readonly server?: string;
  /** Its API key. */
  readonly key?: string;
}

/** Options that every command takes. */
export interface Common extends Place {
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
  /** The folder of the policies when none is given. Throws CONFIG_INVALID. */
  policies(): string;
  /** The folder of the example data. */
  readonly examples: string;
  /** A data folder (through the server that owns it, while one does), or a server. */
  open(place: Place): Promise<Platform>;
  /** The database of a data folder, or the one a URL names. Throws USAGE, DATABASE. */
  openCare(data: string, url: string | undefined): Promise<DataCare>;
  /** Runs the API until the signal. Throws CONFIG_INVALID, USAGE, DATABASE. */
  serve(request: ServeRequest, signal: AbortSignal): Promise<void>;
  /** Works on runs until the signal. */
  work(request: WorkerRequest, signal: AbortSignal): Promise<void>;
  /** API keys, in the data folder or in PostgreSQL where DATABASE_URL names it. */
  openKeys(data: string): Promise<Keys>;
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
