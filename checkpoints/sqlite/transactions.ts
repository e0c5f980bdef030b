// Transactions on a handle that others may use too, and errors in plain words.
import type { Database, Statement } from "better-sqlite3";
import { sqliteError } from "./connect.ts";

export class Transactions {
  private readonly database: Database;
  private readonly begin: Statement;
  private readonly commit: Statement;
  private readonly rollback: Statement;

  constructor(database: Database) {
    this.database = database;
    this.begin = database.prepare("BEGIN IMMEDIATE");
    this.commit = database.prepare("COMMIT");
    this.rollback = database.prepare("ROLLBACK");
  }

  get isOpen(): boolean {
    return this.database.inTransaction;
  }

  // better-sqlite3's transaction() builds a wrapper for each function; this is the hottest path.
  run<T>(work: () => T): T {
    if (this.isOpen) return this.database.transaction(work)(); // inside the caller's
    try {
      this.begin.run();
      const result = work();
      this.commit.run();
      return result;
    } catch (error) {
      if (this.isOpen) this.rollback.run();
      throw sqliteError(error);
    }
  }

  read<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw sqliteError(error);
    }
  }
}
