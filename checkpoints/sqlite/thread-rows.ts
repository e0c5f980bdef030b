// The rows of threads, and the numbers that threads, values and lists are known by.
import type { Database, Statement } from "better-sqlite3";
import { CheckpointError } from "../errors.ts";
import { MAX_THREAD, MAX_VALUE } from "./value-key.ts";

export interface ThreadRow {
  readonly id: number;
  readonly generation: number;
  readonly token: number;
  readonly touched: number;
  readonly ttl: number | null;
  readonly graph: string | null;
}

// A thread's `touched` is only as fine as this: one row less to write in nearly every step.
const TOUCH_EVERY_MS = 60_000;

const usedUp = (what: string): CheckpointError =>
  new CheckpointError("DATABASE", `The numbers of ${what} in this database are used up.`, {
    hint: "Export it, and import it into a new database: numbers are given anew.",
  });

export class ThreadRows {
  private readonly one: Statement;
  private readonly add: Statement;
  private readonly touch: Statement;
  private readonly token: Statement;
  private readonly ttl: Statement;
  private readonly count: Statement;

  constructor(database: Database) {
    const columns = "id, generation, token, touched, ttl, graph";
    this.one = database.prepare(`SELECT ${columns} FROM cp_threads WHERE thread = ?`);
    this.add = database.prepare(
      "INSERT INTO cp_threads (id, thread, generation, touched, graph) VALUES (?, ?, ?, ?, ?)",
    );
    this.touch = database.prepare("UPDATE cp_threads SET touched = ?, graph = ? WHERE id = ?");
    this.token = database.prepare("UPDATE cp_threads SET token = ?, touched = ? WHERE id = ?");
    this.ttl = database.prepare("UPDATE cp_threads SET ttl = ?, touched = ? WHERE id = ?");
    this.count = database
      .prepare("UPDATE cp_counters SET value = value + ? WHERE name = ? RETURNING value")
      .pluck();
  }

  get(thread: string): ThreadRow | undefined {
    return this.one.get(thread) as ThreadRow | undefined;
  }

  getOrCreate(thread: string): ThreadRow {
    return this.get(thread) ?? this.create(thread, undefined);
  }

  create(thread: string, graph: string | undefined): ThreadRow {
    const id = this.nextGeneration();
    if (id > MAX_THREAD) throw usedUp("threads");
    const touched = Date.now();
    this.add.run(id, thread, id, touched, graph ?? null);
    return { id, generation: id, token: 0, touched, ttl: null, graph: graph ?? null };
  }

  /** Marks a thread as used, if that is not known to the minute. */
  used(row: ThreadRow, graph: string | undefined): void {
    const now = Date.now();
    const isNewGraph = graph !== undefined && graph !== row.graph;
    if (isNewGraph || now - row.touched > TOUCH_EVERY_MS)
      this.touch.run(now, graph ?? row.graph, row.id);
  }

  setToken(row: ThreadRow, token: number): void {
    this.token.run(token, Date.now(), row.id);
  }

  setTtl(row: ThreadRow, ttl: number | undefined): void {
    this.ttl.run(ttl ?? null, Date.now(), row.id);
  }

  /** A number that no thread ever had as its generation. */
  nextGeneration(): number {
    return (this.count.get(1, "thread") as number) - 1;
  }

  /** Reserves numbers for values and lists; returns the first. */
  reserve(count: number): number {
    const end = this.count.get(count, "id") as number;
    if (end > MAX_VALUE) throw usedUp("values");
    return end - count;
  }
}
