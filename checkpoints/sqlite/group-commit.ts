// Everything that waits to be committed, of all threads, goes into one transaction: one fsync for
// many steps.
import type { Database, Statement } from "better-sqlite3";
import type { Batch, Outcome } from "../core/backend.ts";
import { CheckpointError } from "../errors.ts";
import { MOVED, type BatchWriter } from "./batch-writer.ts";
import type { Transactions } from "./transactions.ts";

interface Waiting {
  readonly batch: Batch;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
}

type Settled = Outcome | Error;

const isRefusal = (error: unknown): boolean =>
  error === MOVED || (error instanceof CheckpointError && error.code === "CHECKPOINT_CONFLICT");

export class GroupCommit {
  private readonly transactions: Transactions;
  private readonly writer: BatchWriter;
  private readonly savepoint: Statement;
  private readonly undo: Statement;
  private readonly release: Statement;
  private waiting: Waiting[] = [];
  private isScheduled = false;

  constructor(database: Database, transactions: Transactions, writer: BatchWriter) {
    this.transactions = transactions;
    this.writer = writer;
    this.savepoint = database.prepare("SAVEPOINT batch");
    this.undo = database.prepare("ROLLBACK TO batch");
    this.release = database.prepare("RELEASE batch");
  }

  commit(batch: Batch): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ batch, resolve, reject });
      if (this.isScheduled) return;
      this.isScheduled = true;
      setImmediate(this.onTurn);
    });
  }

  /** Commits a batch, and what waits before it, at once. @throws CheckpointError */
  commitNow(batch: Batch): Outcome {
    this.flush();
    try {
      return this.transactions.run(() => this.writer.apply(batch));
    } catch (error) {
      if (error === MOVED) return "moved";
      throw error;
    }
  }

  private readonly onTurn = (): void => {
    // someone's own transaction is open on the shared handle: it may still be rolled back
    if (this.transactions.isOpen) {
      setImmediate(this.onTurn);
      return;
    }
    this.isScheduled = false;
    this.flush();
  };

  /** Commits what waits. */
  flush(): void {
    const { waiting } = this;
    if (waiting.length === 0) return;
    this.waiting = [];
    let outcomes: readonly Settled[];
    try {
      outcomes = this.settle(waiting);
    } catch (error) {
      for (const { reject } of waiting) reject(error as Error);
      return;
    }
    waiting.forEach(({ resolve, reject }, i) => {
      const outcome = outcomes[i] as Settled;
      if (outcome instanceof Error) reject(outcome);
      else resolve(outcome);
    });
  }

  // Refusals are rare: at first nothing is prepared for one. When there is one, all is undone and
  // written again, with a savepoint before each batch.
  private settle(waiting: readonly Waiting[]): Settled[] {
    try {
      return this.transactions.run(() =>
        this.applyEach(waiting, (batch) => this.writer.apply(batch)),
      );
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
    return this.transactions.run(() => this.applyEach(waiting, (batch) => this.undoable(batch)));
  }

  // A refused batch must not take other threads' with it. What follows it on its own thread may rest
  // on its values, and is built anew.
  private applyEach(waiting: readonly Waiting[], apply: (batch: Batch) => Settled): Settled[] {
    const broken = new Set<string>();
    return waiting.map(({ batch }) => {
      const outcome = broken.has(batch.thread) ? "moved" : apply(batch);
      if (outcome === "moved" || outcome instanceof Error) broken.add(batch.thread);
      return outcome;
    });
  }

  private undoable(batch: Batch): Settled {
    this.savepoint.run();
    try {
      const outcome = this.writer.apply(batch);
      this.release.run();
      return outcome;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.undo.run();
      this.release.run();
      return error === MOVED ? "moved" : (error as Error);
    }
  }
}
