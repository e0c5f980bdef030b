// The parts of a server that execute runs, in one process on one database, with a graph that the test
// writes as a generator: it says when a node works, waits, fails or hangs.
import { open } from "../../checkpoints/index.ts";
import { type Clock, systemClock } from "../../src/clock.ts";
import {
  createEmbeddedWakeUps,
  createEventHub,
  createRunService,
  createSignalBus,
  createWorker,
  type EventHub,
  type RunRequest,
  type RunService,
  type SignalBus,
  type WakeUps,
  type Worker,
  type WorkerOptions,
} from "../../src/runs/index.ts";
import type { Attempt, RunEvent, RunGraph } from "../../src/runs/run-graph.ts";
import {
  type DeliveryOf,
  DEFAULT_TENANT,
  type OpenRecords,
  openSqliteRecords,
  type RunEnding,
  type ThreadSummary,
} from "../../src/storage/index.ts";

export const scope = { tenant: DEFAULT_TENANT };

export const idle: ThreadSummary = { status: "idle", values: {}, interrupts: {}, error: null };

export type Ending = Omit<RunEnding, "delivery">;
export const success = (values: ThreadSummary["values"] = {}): Ending => ({
  status: "success",
  error: null,
  thread: { ...idle, values },
});

export const event = (data: unknown, name = "custom"): RunEvent => ({
  event: name,
  data: JSON.stringify(data),
});

/** A graph of one node that works at once. */
export const succeed: RunGraph = async function* () {
  yield event("step");
  return success();
};

/** A door that a test opens. */
export const door = (): { readonly opened: Promise<void>; open(): void } => {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
};

/** As a graph does that is stopped: ends when its signal is aborted. */
export const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

export const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

export const request = (threadId: string | null, more: Partial<RunRequest> = {}): RunRequest => ({
  assistantId: "agent",
  threadId,
  input: {},
  command: null,
  config: {},
  context: null,
  metadata: {},
  streamModes: ["custom"],
  streamSubgraphs: false,
  streamResumable: false,
  interruptBefore: null,
  interruptAfter: null,
  checkpoint: null,
  multitaskStrategy: "enqueue",
  ifNotExists: "create",
  onCompletion: "delete",
  onDisconnect: "continue",
  afterSeconds: 0,
  durability: null,
  webhook: null,
  feedbackKeys: null,
  priority: 0,
  user: null,
  ...more,
});

export interface TestPlatform {
  readonly records: OpenRecords;
  readonly signals: SignalBus;
  readonly hub: EventHub;
  readonly service: RunService;
  worker(name: string, more?: Partial<WorkerOptions>): Worker;
  close(): Promise<void>;
}

/** What `runGraph` is given as `deployed` matters to graphs only; these are generators. */
const catalog = { load: () => Promise.resolve({} as Attempt["deployed"]) };

export const createTestPlatform = async (
  runGraph: RunGraph,
  { clock = systemClock }: { clock?: Clock } = {},
): Promise<TestPlatform> => {
  const { saver, store, database, close } = await open("memory:");
  if (database === undefined) throw new Error("SQLite has a handle");
  const signals = createSignalBus();
  const deliveryOf: DeliveryOf = ({ id, tenant, webhook }, { status }) => ({
    id,
    tenant,
    url: webhook ?? "",
    body: JSON.stringify({ status }),
  });
  const records = openSqliteRecords(database, { clock, signals: signals.sink, deliveryOf });
  await records.assistants.register("00000000-0000-4000-8000-000000000001", {
    graphId: "agent",
    name: "agent",
    description: null,
    config: {},
    context: null,
    metadata: {},
  });
  const hub = createEventHub({ records, signals, log: silent, checkMs: Number.POSITIVE_INFINITY });
  const service = createRunService({
    records,
    hub,
    signals,
    clock,
    checkAnswers: (_scope, _thread, { command }) => Promise.resolve({ command, place: "" }),
  });
  const workers: Worker[] = [];
  const wakeUps = (): WakeUps => createEmbeddedWakeUps({ records, signals, clock, log: silent });
  return {
    records,
    signals,
    hub,
    service,
    worker(name, more = {}) {
      const worker = createWorker({
        name,
        records,
        runGraph,
        catalog,
        saver,
        store: () => store,
        clock,
        log: silent,
        signals,
        wakeUps: wakeUps(),
        heartbeatMs: Number.POSITIVE_INFINITY,
        rollback: () => Promise.resolve(idle),
        deliveryOf,
        ...more,
      });
      workers.push(worker);
      return worker;
    },
    async close() {
      hub.stop();
      await Promise.all(workers.map((worker) => worker.stop({ graceMs: 0, stepMs: 0 })));
      await close();
    },
  };
};

/** All events of a stream. */
export const collect = async <T>(stream: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const one of stream) found.push(one);
  return found;
};

export const never = new AbortController().signal;
