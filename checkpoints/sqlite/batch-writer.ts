// Writes the records of one batch, after the checks of who may write. Runs inside a transaction.
import type { Database, Statement } from "better-sqlite3";
import { conflict, newerOwner, takeAnswer, type Pause, type Taken } from "../core/answers.ts";
import type { Answer, Batch, Outcome, WriteRow } from "../core/backend.ts";
import type { ThreadRow, ThreadRows } from "./thread-rows.ts";
import { keyOf } from "./value-key.ts";

/** Thrown when a batch turns out, half-way, to rest on what is gone: undo it. */
export const MOVED = new Error("moved");

export class BatchWriter {
  private readonly threads: ThreadRows;
  private readonly addShape: Statement;
  private readonly addValue: Statement;
  private readonly addSegment: Statement;
  private readonly putHead: Statement;
  private readonly addWrite: Statement;
  private readonly lastWrite: Statement;
  private readonly pauses: Statement;
  private readonly answers: Statement;
  private readonly putAnswer: Statement;

  constructor(database: Database, threads: ThreadRows) {
    const sql = (text: string): Statement => database.prepare(text);
    this.threads = threads;
    this.addShape = sql("INSERT OR IGNORE INTO cp_shapes VALUES (?, ?)");
    this.addValue = sql(`INSERT INTO cp_values (id, data) VALUES (${keyOf("?", "?")}, ?)`);
    this.addSegment = sql("INSERT OR IGNORE INTO cp_lists VALUES (?, ?, ?, ?, ?)");
    this.putHead = sql("INSERT OR REPLACE INTO cp_records VALUES (?, ?, ?, 0, NULL, ?)");
    this.addWrite = sql("INSERT OR IGNORE INTO cp_records VALUES (?, ?, ?, ?, ?, ?)");
    this.lastWrite = sql(
      "SELECT max(n) FROM cp_records WHERE thread = ? AND ns = ? AND checkpoint = ?",
    ).pluck();
    this.pauses = sql(
      `SELECT n, pause FROM cp_records
       WHERE thread = ? AND ns = '' AND checkpoint = ? AND pause IS NOT NULL ORDER BY n`,
    );
    this.answers = sql("SELECT key, at, by FROM cp_answers WHERE thread = ? AND checkpoint = ?");
    this.putAnswer = sql("INSERT OR REPLACE INTO cp_answers VALUES (?, ?, ?, ?, ?)");
  }

  /** @throws MOVED, or CheckpointError CHECKPOINT_CONFLICT; both may leave something to be undone. */
  apply(batch: Batch): Outcome {
    const thread = this.owned(batch);
    if (thread === undefined) return "moved";
    const { id: tid, generation } = thread;
    const { answer } = batch;
    if (answer !== undefined) this.take(tid, batch.thread, answer.checkpoint, answer.answer);
    for (const { key, text } of batch.shapes) this.addShape.run(key, text);
    for (const [id, data] of batch.values) this.addValue.run(tid, id, data);
    for (const { list, position, base, items } of batch.lists) {
      if (this.addSegment.run(tid, list, position, base ?? null, items).changes === 0) throw MOVED;
    }
    for (const write of batch.writes) this.write(tid, write);
    for (const { ns, id, head } of batch.checkpoints) this.putHead.run(tid, ns, id, head);
    return { generation };
  }

  // Most checkpoints have one record of writes: asking for the last one first would cost more.
  private write(tid: number, { ns, checkpoint, data, pause }: WriteRow): void {
    if (this.addWrite.run(tid, ns, checkpoint, 1, pause ?? null, data).changes === 1) return;
    const last = this.lastWrite.get(tid, ns, checkpoint) as number;
    this.addWrite.run(tid, ns, checkpoint, last + 1, pause ?? null, data);
  }

  // The thread's row, after the checks of fence and generation; undefined when the thread has moved.
  private owned(batch: Batch): ThreadRow | undefined {
    const row = this.threads.get(batch.thread);
    if (batch.fence !== undefined) {
      const root = batch.root === batch.thread ? row : this.threads.get(batch.root);
      if (root === undefined)
        throw conflict(`Thread ${batch.root} was deleted while a run was writing to it.`);
      if (root.token > batch.fence) throw newerOwner(batch.root, root.token, batch.fence);
    }
    if (batch.generation !== row?.generation && batch.generation !== undefined) return undefined;
    if (row === undefined) return this.threads.create(batch.thread, batch.graph);
    this.threads.used(row, batch.graph);
    return row;
  }

  /** @throws CheckpointError CHECKPOINT_CONFLICT when another answer was first. */
  take(tid: number, thread: string, checkpoint: Buffer, answer: Answer): void {
    const pauses = this.pauses.all(tid, checkpoint) as Pause[];
    const rows = this.answers.all(tid, checkpoint) as ({ key: string } & Taken)[];
    const taken = takeAnswer(pauses, new Map(rows.map((row) => [row.key, row])), answer);
    if (taken === undefined) throw conflict(`The pause of thread ${thread} was answered already.`);
    for (const key of taken.keys) this.putAnswer.run(tid, checkpoint, key, taken.at, answer.by);
  }
}
