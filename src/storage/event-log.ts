// The events of runs, numbered by the attempt that holds the run.
import type { EventLog, LoggedEvent } from "./records.ts";
import { RUNNING } from "./run-rows.ts";
import { locked, type Sql } from "./sql.ts";
import { all, one, run, type Runner, type Step, tell } from "./step.ts";
import { fromStored } from "./stored-text.ts";

const ROWS_AT_ONCE = 200;

function* append(
  using: Sql,
  runId: string,
  token: number,
  events: readonly Omit<LoggedEvent, "seq">[],
): Step<number | undefined> {
  const { db } = using;
  // The lock keeps a new attempt from starting, and from numbering, in between.
  const held = db
    .selectFrom("runs")
    .select("runs.id")
    .where("runs.id", "=", runId)
    .where("runs.token", "=", token)
    .where("runs.status", "=", RUNNING);
  if ((yield* one(locked(using, held))) === undefined) return undefined;
  const before = yield* last(using, runId);
  for (let start = 0; start < events.length; start += ROWS_AT_ONCE) {
    const rows = events.slice(start, start + ROWS_AT_ONCE).map(({ event, data }, index) => ({
      run_id: runId,
      seq: before + start + index + 1,
      event,
      data,
    }));
    yield* run(db.insertInto("run_events").values(rows));
  }
  const seq = before + events.length;
  if (events.length > 0) yield* tell({ kind: "run-events", runId, seq });
  return seq;
}

function* read({ db }: Sql, runId: string, after: number, limit: number): Step<LoggedEvent[]> {
  const rows = yield* all(
    db
      .selectFrom("run_events")
      .select(["seq", "event", "data"])
      .where("run_id", "=", runId)
      .where("seq", ">", after)
      .orderBy("seq")
      .limit(limit),
  );
  return rows.map(({ seq, event, data }) => ({
    seq,
    event: fromStored(event),
    data: fromStored(data),
  }));
}

function* last({ db }: Sql, runId: string): Step<number> {
  const row = yield* one(
    db
      .selectFrom("run_events")
      .select("seq")
      .where("run_id", "=", runId)
      .orderBy("seq", "desc")
      .limit(1),
  );
  return row?.seq ?? 0;
}

function* ended({ db }: Sql, kept: number, before: number, limit: number) {
  return yield* all(
    db
      .selectFrom("runs")
      .select("id")
      .where("log_kept", "=", kept)
      .where("ended_at", "<", before)
      .orderBy("ended_at")
      .limit(limit),
  );
}

function* dropOne({ db }: Sql, runId: string): Step<number> {
  yield* run(db.deleteFrom("run_events").where("run_id", "=", runId));
  return yield* run(
    db.updateTable("runs").set({ log_kept: 0 }).where("id", "=", runId).where("log_kept", ">", 0),
  );
}

export const createEventLog = (using: Sql, runner: Runner): EventLog => ({
  append: (runId, token, events) => runner.write(() => append(using, runId, token, events)),
  read: (runId, after, limit) => runner.read(() => read(using, runId, after, limit)),
  last: (runId) => runner.read(() => last(using, runId)),
  drop: async (endedBefore, limit, resumableEndedBefore = endedBefore) => {
    const runs = await runner.read(function* () {
      const plain = yield* ended(using, 1, endedBefore, limit);
      return [...plain, ...(yield* ended(using, 2, resumableEndedBefore, limit - plain.length))];
    });
    let dropped = 0;
    for (const { id } of runs) dropped += await runner.write(() => dropOne(using, id));
    return dropped;
  },
});
