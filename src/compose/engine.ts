// What answers for runs and executes them, built over the resources of one process: the deployed graphs,
// the services over runs and threads, and the worker with the loops beside it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import type { BaseStore } from "@langchain/langgraph";
import { care } from "../../checkpoints/index.ts";
import type { Metrics } from "../observability/index.ts";
import type { BudgetLedger, HttpClient } from "../ports/index.ts";
import {
  createCheckAnswers,
  createCronClock,
  createEventHub,
  createGraphCatalog,
  createPlatformLoops,
  createPostgresTurn,
  createRollback,
  createRunService,
  createSweeper,
  createThreadService,
  createWebhookDeliverer,
  createWorker,
  type EventHub,
  type GraphCatalog,
  type Log,
  ownTurn,
  type PlatformLoops,
  readMigrations,
  registerGraphs,
  runGraph,
  type RunGraph,
  type RunService,
  tenantStore,
  threadKey,
  type ThreadService,
} from "../runs/index.ts";
import { webhookOf } from "../server/index.ts";
import type { RunEnding, RunRow, ThreadTtl } from "../storage/index.ts";
import type { GraphModules } from "./graph-modules.ts";
import { graphDefaults } from "./langgraph-extras.ts";
import { version } from "./project.ts";
import type { Resources } from "./resources.ts";
import type { ServerSettings } from "./server-settings.ts";
import { forTenant } from "./tenant-artifacts.ts";

export interface Engine {
  readonly catalog: GraphCatalog;
  readonly hub: EventHub;
  readonly runs: RunService;
  readonly threads: ThreadService;
  /** The long-term store as one tenant sees it. */
  readonly store: (tenant: string) => BaseStore;
}

/** graphs/migrations/<graph>.json, where there are any. Throws CONFIG_INVALID. */
const migrationsIn = (folder: string): ReturnType<typeof readMigrations> => {
  const place = join(folder, "graphs/migrations");
  const names = existsSync(place) ? readdirSync(place) : [];
  const files = names
    .filter((name) => name.endsWith(".json"))
    .map((name): [string, unknown] => [
      basename(name, ".json"),
      JSON.parse(readFileSync(join(place, name), "utf8")),
    ]);
  return readMigrations(Object.fromEntries(files));
};

export const createEngine = async (
  { records, persistence, signals, clock, isAlone }: Resources,
  modules: GraphModules,
  { log, threadTtl }: { log: Log; threadTtl: ThreadTtl | undefined },
): Promise<Engine> => {
  const { saver } = persistence;
  // Before anything that is stored is read.
  await modules.langgraph();
  const catalog = createGraphCatalog({
    config: modules.config,
    importModule: modules.importModule,
    langgraph: modules.langgraph,
    version,
    migrations: migrationsIn(modules.folder),
  });
  await registerGraphs(records.assistants, catalog.ids, graphDefaults(process.env));
  const checkMs = isAlone ? Number.POSITIVE_INFINITY : undefined;
  const hub = createEventHub({ records, signals, log, checkMs });
  const store = (tenant: string): BaseStore => tenantStore(persistence.store, tenant);
  const checkAnswers = createCheckAnswers({ catalog, saver });
  return {
    catalog,
    hub,
    store,
    runs: createRunService({ records, hub, signals, clock, checkAnswers, threadTtl }),
    threads: createThreadService({
      records,
      catalog,
      saver,
      store,
      clock,
      threadTtl,
      care: {
        copyThread: (from, to) => care.copyThread(persistence, from, to),
        pruneThread: async (thread) =>
          void (await care.pruneThread(persistence, thread, { keep: 1 })),
      },
    }),
  };
};

/**
 * The run's calls are its tenant's, what a killed attempt had reserved counts as spent before the next one
 * begins, and how long an attempt took is measured.
 */
const accounted = (budget: BudgetLedger, metrics: WorkSettings["metrics"]): RunGraph =>
  async function* (attempt) {
    const { tenant, threadId, graphId } = attempt.run;
    const begun = performance.now();
    await budget.recover(threadKey(tenant, threadId));
    const events = forTenant(tenant, () => runGraph(attempt));
    try {
      for (;;) {
        const next = await forTenant(tenant, () => events.next());
        if (next.done === true) {
          const seconds = (performance.now() - begun) / 1000;
          metrics?.run({ graph: graphId, status: next.value.status, seconds });
          return next.value;
        }
        yield next.value;
      }
    } finally {
      await events.return(undefined as never);
    }
  };

export interface WorkSettings {
  readonly concurrency: number | undefined;
  readonly server: Pick<ServerSettings, "limits" | "runTimeoutMs" | "webhookSecrets">;
  /** Milliseconds between looks for what has had its time. */
  readonly sweepMs: number | undefined;
  readonly http: Pick<HttpClient, "request">;
  readonly log: Log;
  /** Absent in a process that nobody asks for metrics. */
  readonly metrics?: Pick<Metrics, "run">;
  /** False: only what must run somewhere when the API is all there is. */
  readonly isWorker: boolean;
}

/** The worker of this process and what goes on beside it; not started yet. */
export const createWork = (
  resources: Resources,
  { catalog, runs, threads, store }: Engine,
  settings: WorkSettings,
): PlatformLoops => {
  const { records, persistence, signals, clock, isAlone, wakeUps } = resources;
  const { saver, pool } = persistence;
  const { log, isWorker, server, http } = settings;
  const deliveryOf = (run: RunRow, ending: RunEnding) => webhookOf(run, ending, clock.now());
  const common = { records, log, isEmbedded: isAlone };
  if (!isWorker) return createPlatformLoops(common);
  const worker = createWorker({
    name: `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`,
    records,
    runGraph: accounted(resources.budget, settings.metrics),
    catalog,
    saver,
    store,
    clock,
    log,
    signals,
    wakeUps,
    concurrency: settings.concurrency,
    runTimeoutMs: server.runTimeoutMs,
    limits: server.limits,
    ...(isAlone ? { heartbeatMs: Number.POSITIVE_INFINITY } : {}),
    rollback: createRollback({
      catalog,
      saver,
      rollBack: async (thread, to) => void (await care.rollBack(persistence, thread, to)),
    }),
    deliveryOf,
  });
  return createPlatformLoops({
    ...common,
    sweepMs: settings.sweepMs,
    worker,
    cronClock: createCronClock({ records, runs, signals, clock, log }),
    deliverer: createWebhookDeliverer({
      records,
      http,
      signals,
      secrets: server.webhookSecrets,
      clock,
      log,
    }),
    sweeper: createSweeper({
      records,
      threads,
      clock,
      log,
      turn: pool === undefined ? ownTurn : createPostgresTurn(pool),
      others: { items: () => persistence.store.sweep() },
    }),
  });
};
