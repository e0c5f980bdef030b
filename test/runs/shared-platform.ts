// The parts of a process of a server on PostgreSQL: what an API and a worker have in common.
import { Pool } from "pg";
import { care, open, type Persistence } from "../../checkpoints/index.ts";
import { systemClock } from "../../src/clock.ts";
import {
  createCheckAnswers,
  createEventHub,
  createPlatformLoops,
  createPostgresListener,
  createPostgresQueue,
  createPostgresSignalBus,
  createRollback,
  createRunService,
  createWorker,
  type DeployedGraph,
  type EventHub,
  type Log,
  ownLanggraph,
  type PlatformLoops,
  type RunGraph,
  runGraph,
  type RunService,
  tenantStore,
} from "../../src/runs/index.ts";
import { openPostgresRecords, type PostgresRecords } from "../../src/storage/index.ts";

export interface SharedPlatform {
  readonly pool: Pool;
  readonly persistence: Persistence;
  readonly records: PostgresRecords;
  readonly hub: EventHub;
  readonly service: RunService;
  /** Takes runs; short leases, so that tests need not wait. */
  work(name: string, runGraph?: RunGraph): Promise<PlatformLoops>;
  close(): Promise<void>;
}

export const openSharedPlatform = async (
  url: string,
  graph: DeployedGraph["graph"],
  { log, isWorker }: { log: Log; isWorker: boolean },
): Promise<SharedPlatform> => {
  const pool = new Pool({ connectionString: url, max: 10 });
  pool.on("error", () => undefined);
  const persistence = await open(url);
  const { saver } = persistence;
  const executor = {
    executeSql: (text: string, values?: unknown[]) => pool.query(text, values),
  };
  const clock = systemClock;
  const listener = createPostgresListener({ connectionString: url, log });
  const queue = await createPostgresQueue({ executor, listener, log, clock, isWorker });
  const signals = await createPostgresSignalBus({
    executor,
    listener,
    log,
    enqueue: (inside, dueAt) => queue.enqueue(inside, dueAt),
  });
  // As on a server: what the queue asks within a transaction must not wait for the connections that those hold.
  const records = await openPostgresRecords(url, { signals: signals.sink });
  await records.assistants.register("00000000-0000-4000-8000-000000000001", {
    graphId: "agent",
    name: "agent",
    description: null,
    config: {},
    context: null,
    metadata: {},
  });
  const deployed: DeployedGraph = {
    id: "agent",
    graph,
    langgraph: ownLanggraph,
    topology: "t",
    version: "1",
    hasEffects: false,
    renamed: {},
  };
  const catalog = { load: () => Promise.resolve(deployed) };
  const hub = createEventHub({ records, signals, log });
  const service = createRunService({
    records,
    hub,
    signals,
    clock,
    checkAnswers: createCheckAnswers({ catalog, saver }),
  });
  const deliveryOf = ({ id, tenant }: { id: string; tenant: string }) => ({
    id,
    tenant,
    url: "",
    body: "",
  });
  return {
    pool,
    persistence,
    records,
    hub,
    service,
    async work(name, execute = runGraph) {
      const worker = createWorker({
        name,
        records,
        runGraph: execute,
        catalog,
        saver,
        store: (tenant) => tenantStore(persistence.store, tenant),
        clock,
        log,
        signals,
        wakeUps: queue.wakeUps(signals),
        leaseMs: 1_500,
        heartbeatMs: 300,
        rollback: createRollback({
          catalog,
          saver,
          rollBack: async (thread, to) => {
            await care.rollBack(persistence, thread, to);
          },
        }),
        deliveryOf,
      });
      const loops = createPlatformLoops({
        records,
        log,
        isEmbedded: false,
        worker,
        reapMs: 300,
      });
      await loops.start();
      return loops;
    },
    async close() {
      hub.stop();
      await queue.stop();
      await signals.stop();
      await listener.stop();
      await persistence.close();
      await records.close();
      await pool.end();
    },
  };
};
