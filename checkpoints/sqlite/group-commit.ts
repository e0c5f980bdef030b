// Everything that waits to be committed, of all threads, goes into one transaction: one fsync for
// many steps, and for what others on the same handle have to write at that moment.
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

/** Work of others. It runs after the batches; what it throws undoes the whole transaction. */
interface Guest {
  readonly work: () => void;
  readonly resolve: () => void;
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
  private guests: Guest[] = [];
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
      this.schedule();
    });
  }

  /** Runs the work within the next commit; ends when that is durable. Throws what the commit throws. */
  join(work: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.guests.push({ work, resolve, reject });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(this.onTurn);
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
    // within a transaction of somebody else's, which may be rolled back, guests wait for their turn
    const guests = this.transactions.isOpen ? [] : this.guests.splice(0);
    if (waiting.length === 0 && guests.length === 0) return;
    this.waiting = [];
    let outcomes: readonly Settled[];
    try {
      outcomes = this.settle(waiting, guests);
    } catch (error) {
      for (const { reject } of [...waiting, ...guests]) reject(error as Error);
      return;
    }
    for (const { resolve } of guests) resolve();
    waiting.forEach(({ resolve, reject }, i) => {
      const outcome = outcomes[i] as Settled;
      if (outcome instanceof Error) reject(outcome);
      else resolve(outcome);
    });
  }

  // Refusals are rare: at first nothing is prepared for one. When there is one, all is undone and
  // written again, with a savepoint before each batch.
  private settle(waiting: readonly Waiting[], guests: readonly Guest[]): Settled[] {
    const both = (apply: (batch: Batch) => Settled): Settled[] =>
      this.transactions.run(() => {
        const outcomes = this.applyEach(waiting, apply);
        for (const { work } of guests) work();
        return outcomes;
      });
    try {
      return both((batch) => this.writer.apply(batch));
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
    return both((batch) => this.undoable(batch));
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
