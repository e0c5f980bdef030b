// Steps on SQLite. A transaction runs to its end without giving way, because the handle is shared with the
// checkpoint saver; those that wait at one moment share one commit, and one fsync.
import type { Database, Statement } from "better-sqlite3";
import type { CompiledQuery } from "kysely";
import { databaseError } from "./database-error.ts";
import type { Signal, SignalSink } from "./records.ts";
import type { Answer, Runner, Step } from "./step.ts";
import { JsonText, toStored } from "./stored-text.ts";

interface Waiting {
  readonly work: (signals: Signal[]) => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Runs work within the next commit on the handle; ends when that is durable. */
export type JoinCommit = (work: () => void) => Promise<void>;

type Outcome = { readonly value: unknown } | { readonly error: Error };

// Filters make statements of many shapes: the oldest give way.
const CACHED_STATEMENTS = 400;

const bound = (value: unknown): unknown => {
  if (value instanceof JsonText) return value.text;
  return typeof value === "string" ? toStored(value) : value;
};

export class SqliteRunner implements Runner {
  private readonly database: Database;
  private readonly signals: SignalSink | undefined;
  private readonly statements = new Map<string, Statement>();
  private readonly waiting: Waiting[] = [];
  private readonly join: JoinCommit;

  /** `join`: how to share the commits of others on the handle; without it they are the runner's own. */
  constructor(database: Database, signals: SignalSink | undefined, join?: JoinCommit) {
    this.database = database;
    this.signals = signals;
    this.join = join ?? ((work) => this.alone(work));
  }

  private prepare(text: string): Statement {
    const known = this.statements.get(text);
    if (known !== undefined) return known;
    const statement = this.database.prepare(text);
    const [oldest] = this.statements.keys();
    if (this.statements.size >= CACHED_STATEMENTS && oldest !== undefined)
      this.statements.delete(oldest);
    this.statements.set(text, statement);
    return statement;
  }

  private execute({ sql, parameters }: CompiledQuery): Answer {
    const statement = this.prepare(sql);
    const values = parameters.map(bound);
    if (!statement.reader) return { rows: [], changes: statement.run(...values).changes };
    const rows = statement.all(...values);
    return { rows, changes: rows.length };
  }

  private drive<T>(step: Step<T>, signals: Signal[]): T {
    let next = step.next();
    while (!next.done) {
      if ("signal" in next.value) {
        signals.push(next.value.signal);
        next = step.next({ rows: [], changes: 0 });
      } else next = step.next(this.execute(next.value));
    }
    return next.value;
  }

  /** At once, for callers without promises: in a transaction of its own, or within the one that is open. */
  now<T>(step: () => Step<T>): T {
    const signals: Signal[] = [];
    try {
      const value = this.database.transaction(() => this.drive(step(), signals)).immediate();
      if (signals.length > 0) this.signals?.after(signals);
      return value;
    } catch (error) {
      throw databaseError(error);
    }
  }

  async read<T>(step: () => Step<T>): Promise<T> {
    // An open transaction on the shared handle may still be rolled back.
    while (this.database.inTransaction) await new Promise((resolve) => setImmediate(resolve));
    try {
      return this.drive(step(), []);
    } catch (error) {
      throw databaseError(error);
    }
  }

  write<T>(step: () => Step<T>): Promise<T> {
    return new Promise<unknown>((resolve, reject) => {
      const work = (signals: Signal[]): unknown => this.drive(step(), signals);
      this.waiting.push({ work, resolve, reject });
      if (this.waiting.length === 1) void this.commit();
    }) as Promise<T>;
  }

  /** A commit of its own, when no other transaction is open on the handle. */
  private async alone(work: () => void): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve));
    while (this.database.inTransaction);
    try {
      this.execute(BEGIN);
      work();
      this.execute(COMMIT);
    } catch (error) {
      if (this.database.inTransaction) this.execute(ROLLBACK);
      throw error;
    }
  }

  private async commit(): Promise<void> {
    let waiting: Waiting[] = [];
    let outcomes: Outcome[] = [];
    const signals: Signal[] = [];
    try {
      await this.join(() => {
        waiting = this.waiting.splice(0);
        outcomes = waiting.map(({ work }) => this.attempt(work, signals));
      });
    } catch (error) {
      // A commit that could not even begin has taken nobody along.
      const lost = waiting.length > 0 ? waiting : this.waiting.splice(0);
      for (const { reject } of lost) reject(databaseError(error));
      return;
    }
    waiting.forEach(({ resolve, reject }, index) => {
      const outcome = outcomes[index] as Outcome;
      if ("error" in outcome) reject(outcome.error);
      else resolve(outcome.value);
    });
    if (signals.length > 0) this.signals?.after(signals);
  }

  // One that fails must leave nothing behind, and must not take the others with it.
  private attempt(work: Waiting["work"], signals: Signal[]): Outcome {
    this.execute(SAVEPOINT);
    const own: Signal[] = [];
    try {
      const value = work(own);
      this.execute(RELEASE);
      signals.push(...own);
      return { value };
    } catch (error) {
      if (!this.database.inTransaction) throw error; // SQLite gave up the whole transaction
      this.execute(UNDO);
      this.execute(RELEASE);
      return { error: databaseError(error) };
    }
  }
}

const command = (text: string): CompiledQuery =>
  ({ sql: text, parameters: [] }) as unknown as CompiledQuery;
const BEGIN = command("BEGIN IMMEDIATE");
const COMMIT = command("COMMIT");
const ROLLBACK = command("ROLLBACK");
const SAVEPOINT = command("SAVEPOINT step");
const UNDO = command("ROLLBACK TO step");
const RELEASE = command("RELEASE step");
