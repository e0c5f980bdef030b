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
export { AttemptStopped, type StopReason } from "./attempt-stopped.ts";
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
