// Wake-ups through pg-boss: a job says "a run may be waiting", is written in the transaction that makes the
// run ready, and is handled by looking for runs, whichever they are. It may be lost or doubled.
import { setTimeout as wait } from "node:timers/promises";
import { PgBoss } from "pg-boss";
import type { Clock } from "../clock.ts";
import { messageOf, TuttiError } from "../errors.ts";
import type { SqlExecutor } from "../storage/index.ts";
import type { Log } from "./log.ts";
import type { PostgresListener } from "./postgres-listener.ts";
import type { SignalBus } from "./signals.ts";
import type { WakeUps } from "./wake-ups.ts";

const QUEUE = "runs";
const DEFAULT_SCHEMA = "tutti_queue";
/** Jobs say all the same: as many as there are make one look. */
const BATCH = 100;
/** Seconds a handled job is kept. */
const KEPT_S = 60;
const START_TRIES = 5;

export interface PostgresQueueOptions {
  readonly executor: SqlExecutor;
  /** Absent: jobs are found by polling. */
  readonly listener: PostgresListener | undefined;
  readonly log: Log;
  readonly clock: Clock;
  /** Tidies up what is handled; at least one process has to. */
  readonly isWorker: boolean;
  readonly schema?: string | undefined;
}

export interface PostgresQueue {
  /** One wake-up for each time, in the transaction of the executor. */
  enqueue(executor: SqlExecutor, dueAt: readonly number[]): Promise<void>;
  wakeUps(signals: Pick<SignalBus, "onCatchUp">): WakeUps;
  stop(): Promise<void>;
}

const createBoss = ({
  executor,
  listener,
  log,
  isWorker,
  schema,
}: PostgresQueueOptions): PgBoss => {
  const boss = new PgBoss({
    schema: schema ?? DEFAULT_SCHEMA,
    db: {
      executeSql: (text, values) => executor.executeSql(text, values),
      ...(listener === undefined
        ? {}
        : { listen: (...given: Parameters<typeof listener.listen>) => listener.listen(...given) }),
    },
    useListenNotify: listener !== undefined,
    schedule: false,
    supervise: isWorker,
    superviseIntervalSeconds: 30,
    reindex: isWorker,
  });
  // Without a listener an error would end the process; the next look makes up for it.
  // What it hands over need not be an Error.
  boss.on("error", ({ message }) => log.warn({ error: message }, "pg-boss"));
  boss.on("warning", ({ message }) => log.info({ warning: message }, "pg-boss"));
  return boss;
};

/** Of processes that start at once on an empty database one makes the tables; the others look again. */
const started = async (options: PostgresQueueOptions): Promise<PgBoss> => {
  for (let tries = 1; ; tries += 1) {
    const boss = createBoss(options);
    try {
      await boss.start();
      await boss.createQueue(QUEUE, { notify: true, partition: true, deleteAfterSeconds: KEPT_S });
      return boss;
    } catch (error) {
      await boss.stop({ graceful: false, close: false });
      if (tries === START_TRIES)
        throw new TuttiError("DATABASE", `the queue could not be set up: ${messageOf(error)}`, {
          cause: error,
          hint: "the database user must be allowed to create a schema",
        });
      await wait(100 * tries);
    }
  }
};

export const createPostgresQueue = async (
  options: PostgresQueueOptions,
): Promise<PostgresQueue> => {
  const { log, clock } = options;
  const boss = await started(options);

  const wakeUps = (signals: Pick<SignalBus, "onCatchUp">): WakeUps => {
    let unsubscribe: (() => void) | undefined;
    return {
      async start(claim, room) {
        const look = async (): Promise<void> => {
          if ((await claim()) === "empty") return;
          // A full worker takes no job that an idle one could have: it passes this one on.
          await boss.send(QUEUE, {});
          await room();
        };
        unsubscribe = signals.onCatchUp(() => void claim());
        await boss.work(
          QUEUE,
          { batchSize: BATCH, pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 1 },
          look,
        );
        await claim();
      },
      async stop() {
        unsubscribe?.();
        try {
          await boss.offWork(QUEUE, { wait: true });
        } catch (error) {
          log.warn({ error: messageOf(error) }, "pg-boss did not stop its work");
        }
      },
    };
  };

  return {
    async enqueue(executor, dueAt) {
      const now = clock.now();
      const jobs = dueAt.map((time) => (time > now ? { startAfter: new Date(time) } : {}));
      await boss.insert(QUEUE, jobs, { db: executor });
    },
    wakeUps,
    async stop() {
      await boss.stop({ graceful: false, close: false });
    },
  };
};
