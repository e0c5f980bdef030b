// Care for the database of checkpoints and memory, as `tutti db` offers it.

export interface Damage {
  readonly thread: string;
  readonly checkpoint: string | undefined;
  readonly problem: string;
}

export interface DataCare {
  /** Counts, bytes and schema version by name. */
  stats(): Promise<Readonly<Record<string, number>>>;
  /** Reads everything; what cannot be read is named and does not stop the rest. */
  verify(): Promise<{
    threads: number;
    checkpoints: number;
    damages: readonly Damage[];
    /** What the database's own check found. */
    database: readonly string[];
  }>;
  /** Keeps the newest `keep` checkpoints of each thread; with `olderThan` only older ones go. */
  prune(options: { keep: number; olderThan?: Date }): Promise<{ checkpoints: number }>;
  exportTo(file: string): Promise<Moved>;
  /** From an export, or from another database by its URL. */
  importFrom(fileOrUrl: string): Promise<Moved>;
  /** A copy of the whole database, made while others work with it. */
  backup(file: string): Promise<void>;
  close(): Promise<void>;
}

export interface Moved {
  readonly threads: number;
  readonly checkpoints: number;
  readonly items: number;
}
