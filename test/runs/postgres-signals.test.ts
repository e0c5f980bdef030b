// Processes on one PostgreSQL tell each other what happened, and hear it again after they were cut off.
import { Pool } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createPostgresListener } from "../../src/runs/postgres-listener.ts";
import { createPostgresQueue, type PostgresQueue } from "../../src/runs/postgres-queue.ts";
import {
  createPostgresSignalBus,
  type PostgresSignalBus,
  type PostgresSignalsOptions,
} from "../../src/runs/postgres-signals.ts";
import { systemClock } from "../../src/clock.ts";
import type { Signal, SqlExecutor } from "../../src/storage/index.ts";
import { startPostgres } from "../fixtures/postgres.ts";
import { door, silent } from "./platform.ts";

const server = await startPostgres();

const executorOf = (pool: Pick<Pool, "query">): SqlExecutor => ({
  executeSql: (text, values) => pool.query(text, values),
});

describe.skipIf("why" in server)("signals over PostgreSQL", () => {
  if ("why" in server) return;
  const { url } = server;
  let pool: Pool;
  const ends: (() => Promise<void>)[] = [];
  beforeAll(() => {
    pool = new Pool({ connectionString: url });
    pool.on("error", () => undefined);
  });
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end();
  });
  afterAll(async () => {
    await pool.end();
    await server.stop();
  });

  const listenerOf = () => {
    const listener = createPostgresListener({ connectionString: url, log: silent });
    ends.push(() => listener.stop());
    return listener;
  };
  const bus = async (more: Partial<PostgresSignalsOptions> = {}): Promise<PostgresSignalBus> => {
    const made = await createPostgresSignalBus({
      executor: executorOf(pool),
      listener: listenerOf(),
      enqueue: () => Promise.resolve(),
      log: silent,
      ...more,
    });
    ends.push(() => made.stop());
    return made;
  };
  const next = (from: PostgresSignalBus, kind: Signal["kind"]) =>
    new Promise<Signal>((resolve) => {
      const stop = from.on(kind, (signal) => {
        stop();
        resolve(signal);
      });
    });
  const caughtUp = (from: PostgresSignalBus) =>
    new Promise<void>((resolve) => {
      const stop = from.onCatchUp(() => {
        stop();
        resolve();
      });
    });
  const inTransaction = async (
    end: "COMMIT" | "ROLLBACK",
    work: (executor: SqlExecutor) => Promise<void>,
  ): Promise<void> => {
    const client = await pool.connect();
    await client.query("BEGIN");
    await work({ executeSql: (text, values) => client.query(text, values) });
    await client.query(end);
    client.release();
  };

  it("reach every process, the sender only once, of many about one run the newest", async () => {
    const [a, b] = [await bus(), await bus()];
    const own: Signal[] = [];
    const others: Signal[] = [];
    a.on("run-events", (signal) => own.push(signal));
    b.on("run-events", (signal) => others.push(signal));
    const ended = next(b, "run-end");
    const events = [1, 2, 3].map((seq): Signal => ({ kind: "run-events", runId: "r", seq }));
    a.sink.after(events);
    a.sink.after([{ kind: "run-end", runId: "r", threadId: "t" }]);
    expect(own).toEqual(events);
    expect(await ended).toEqual({ kind: "run-end", runId: "r", threadId: "t" });
    expect(others).toEqual([{ kind: "run-events", runId: "r", seq: 3 }]);
    expect(own).toHaveLength(3);
  });

  it("are cut into messages that PostgreSQL takes", async () => {
    const [a, b] = [await bus(), await bus()];
    const heard = new Set<string>();
    const all = door();
    b.on("run-end", ({ runId }) => {
      heard.add(runId);
      if (heard.size === 500) all.open();
    });
    a.sink.after(
      Array.from({ length: 500 }, (_, i): Signal => ({
        kind: "run-end",
        runId: `run ${i} ${"ü".repeat(20)}`,
        threadId: "t",
      })),
    );
    await all.opened;
  });

  it("to cancel are sent if and only if their transaction commits", async () => {
    const [a, b] = [await bus(), await bus()];
    const heard = next(b, "run-cancel");
    const cancel = (runId: string): Signal => ({ kind: "run-cancel", runId, action: "interrupt" });
    await inTransaction(
      "ROLLBACK",
      (inside) => a.sink.within?.(inside, [cancel("no")]) as Promise<void>,
    );
    await inTransaction(
      "COMMIT",
      (inside) => a.sink.within?.(inside, [cancel("yes")]) as Promise<void>,
    );
    expect(await heard).toEqual(cancel("yes"));
  });

  it("flow again after the connection was cut, and whoever waits is told to look", async () => {
    const [a, b] = [await bus(), await bus()];
    const looks = caughtUp(b);
    await pool.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tutti-listen' AND datname = current_database()",
    );
    await looks;
    const heard = next(b, "cron-changed");
    a.sink.after([{ kind: "cron-changed" }]);
    expect(await heard).toEqual({ kind: "cron-changed" });
  });

  it("give way to polling where notifications do not arrive", async () => {
    const deaf = {
      listen: (_channel: string, _notify: unknown, onReconnect: () => void) => {
        onReconnect();
        return Promise.resolve({ close: () => Promise.resolve() });
      },
      stop: () => Promise.resolve(),
    };
    const behindPooler = await bus({ listener: deaf, probeMs: 10, pollMs: 5 });
    await caughtUp(behindPooler);
    await caughtUp(behindPooler);
    expect(behindPooler.isListening).toBe(false);
    const without = await bus({ listener: undefined, pollMs: 5 });
    await caughtUp(without);
    expect((await bus()).isListening).toBe(false); // not before the proof has come
  });

  const queue = async (schema: string, isWorker = true): Promise<PostgresQueue> => {
    const made = await createPostgresQueue({
      executor: executorOf(pool),
      listener: listenerOf(),
      log: silent,
      clock: systemClock,
      isWorker,
      schema,
    });
    ends.push(() => made.stop());
    return made;
  };

  it("wake a worker when, and only when, the transaction commits", async () => {
    const [api, worker] = [await queue("q1", false), await queue("q1")];
    let looks = 0;
    let looked = door();
    const wakeUps = worker.wakeUps({ onCatchUp: () => () => undefined });
    await wakeUps.start(
      () => {
        looks += 1;
        looked.open();
        return Promise.resolve("empty");
      },
      () => Promise.resolve(),
    );
    ends.push(() => wakeUps.stop());
    await looked.opened;
    const before = looks;
    await inTransaction("ROLLBACK", (inside) => api.enqueue(inside, [0]));
    looked = door();
    await inTransaction("COMMIT", (inside) => api.enqueue(inside, [0]));
    await looked.opened;
    expect(looks).toBe(before + 1);
  });

  it("wake another worker when the first has no room", async () => {
    const [full, idle] = [await queue("q2"), await queue("q2")];
    const woken = door();
    const room = door();
    const asked = door();
    const fullUps = full.wakeUps({ onCatchUp: () => () => undefined });
    let isFirst = true;
    await fullUps.start(
      () => {
        if (!isFirst) asked.open();
        isFirst = false;
        return Promise.resolve("full");
      },
      () => room.opened,
    );
    await inTransaction("COMMIT", (inside) => full.enqueue(inside, [0]));
    await asked.opened;
    const idleUps = idle.wakeUps({ onCatchUp: () => () => undefined });
    let looks = 0;
    await idleUps.start(
      () => {
        looks += 1;
        if (looks === 2) woken.open(); // the first look is the one at its start
        return Promise.resolve("empty");
      },
      () => Promise.resolve(),
    );
    await woken.opened;
    room.open();
    await Promise.all([fullUps.stop(), idleUps.stop()]);
  });

  it("need tables that processes which start together make only once", async () => {
    await Promise.all([1, 2, 3, 4].map(() => queue("q3")));
    const { rows } = await pool.query(
      "SELECT count(*)::int AS n FROM q3.queue WHERE name = 'runs'",
    );
    expect(rows).toEqual([{ n: 1 }]);
  });
});
