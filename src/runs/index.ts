// Running graphs: loading them, executing threads, reading where they stand.
export { type ExecutableGraph, type Saver, threadConfig } from "./executable-graph.ts";
export {
  answer,
  type Answers,
  endOf,
  type Execution,
  proceed,
  type RunEnd,
  start,
  stateOf,
} from "./execute.ts";
export { createGraphRegistry, type GraphRegistry } from "./graph-registry.ts";
export { type OpenQuestion, openQuestions } from "./open-questions.ts";
export { checkOut, deliver } from "./deliver.ts";
export type { DeployedGraph, GraphCatalog } from "./graph-catalog.ts";
export {
  type Durability,
  type RunCommand,
  type RunRequest,
  type RunResult,
  type RunSelection,
  type RunService,
  STREAM_MODES,
  type StreamMode,
  type StreamOptions,
} from "./run-service.ts";
export type { CheckpointRef, StateUpdate, ThreadService, WireState } from "./thread-service.ts";
export {
  type CheckAnswers,
  createRunService,
  type RunServiceOptions,
} from "./create-run-service.ts";
export { createEventHub, type EventHub, type EventHubOptions } from "./event-hub.ts";
export type { Log } from "./log.ts";
export { createSignalBus, type SignalBus } from "./signals.ts";
export { createEmbeddedWakeUps, type WakeUps } from "./wake-ups.ts";
export { createWorker, type Worker, type WorkerOptions } from "./worker.ts";
export { tenantOfKey, threadKey } from "./thread-key.ts";
export { createPostgresListener, type PostgresListener } from "./postgres-listener.ts";
export { createPostgresQueue, type PostgresQueue } from "./postgres-queue.ts";
export { createPostgresSignalBus, type PostgresSignalBus } from "./postgres-signals.ts";
export { type RunGraph, runGraph } from "./run-graph.ts";
export type { FencedSaver } from "./fenced-saver.ts";
export { type LanggraphCopy, ownLanggraph } from "./langgraph-copy.ts";
export { createGraphCatalog, type GraphCatalogOptions } from "./create-graph-catalog.ts";
export { type Migrations, readMigrations } from "./graph-migrations.ts";
export { createCheckAnswers } from "./check-answers.ts";
export {
  createThreadService,
  type ThreadCare,
  type ThreadServiceOptions,
} from "./create-thread-service.ts";
export { createRollback } from "./rollback.ts";
export { tenantStore } from "./tenant-store.ts";
export { createCronClock, type CronClock } from "./cron-clock.ts";
export { cronNext } from "./cron-schedule.ts";
export { createWebhookDeliverer, type WebhookDeliverer } from "./deliver-webhooks.ts";
export { createPlatformLoops, type PlatformLoops } from "./platform-loops.ts";
export { createSweeper, type Sweeper } from "./sweeper.ts";
export { createPostgresTurn, ownTurn, type Turn } from "./turn.ts";
export { type GraphDefaults, registerGraphs } from "./system-assistants.ts";
