// What an operator watches, in Prometheus' text format: runs, queue, requests, streams, the process itself.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

export interface RequestMeasure {
  readonly method: string;
  /** The route's pattern, never the path: ids would make a series each. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

export interface RunMeasure {
  readonly graph: string;
  readonly status: string;
  readonly seconds: number;
}

export interface QueueState {
  /** Runs by status, as the records count them. */
  readonly runs: Readonly<Record<string, number>>;
  /** Seconds that the run which is due longest has been waiting; 0 when none is. */
  readonly oldestDueSeconds: number;
}

export interface Metrics {
  readonly contentType: string;
  request(measure: RequestMeasure): void;
  /** Called by whoever executed the run. */
  run(measure: RunMeasure): void;
  /** +1 when an event stream opens, -1 when it closes. */
  stream(change: 1 | -1): void;
  text(state: QueueState): Promise<string>;
}

const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];
const RUN_SECONDS = [0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1_800, 7_200];
/** A finer look at the event loop's delay would wake the process hundreds of times a second. */
const EVENT_LOOP_PRECISION_MS = 50;

export const createMetrics = (): Metrics => {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({
    register: registry,
    eventLoopMonitoringPrecision: EVENT_LOOP_PRECISION_MS,
  });
  const requests = new Histogram({
    name: "tutti_http_request_duration_seconds",
    help: "Time to the end of the answer; streams excluded",
    labelNames: ["method", "route", "status"] as const,
    buckets: REQUEST_SECONDS,
    registers,
  });
  const runSeconds = new Histogram({
    name: "tutti_run_duration_seconds",
    help: "Time from the start of an attempt to the end of the run",
    labelNames: ["graph", "status"] as const,
    buckets: RUN_SECONDS,
    registers,
  });
  const ended = new Counter({
    name: "tutti_runs_ended_total",
    help: "Runs that this process brought to an end",
    labelNames: ["graph", "status"] as const,
    registers,
  });
  const runs = new Gauge({
    name: "tutti_runs",
    help: "Runs on record by status",
    labelNames: ["status"] as const,
    registers,
  });
  const depth = new Gauge({
    name: "tutti_queue_depth",
    help: "Runs that wait for a worker",
    registers,
  });
  const oldest = new Gauge({
    name: "tutti_queue_oldest_due_seconds",
    help: "How long the run that is due longest has been waiting",
    registers,
  });
  const streams = new Gauge({
    name: "tutti_streams_open",
    help: "Event streams that clients hold open",
    registers,
  });
  return {
    contentType: registry.contentType,
    request: ({ method, route, status, seconds }) =>
      requests.observe({ method, route, status }, seconds),
    run: ({ graph, status, seconds }) => {
      runSeconds.observe({ graph, status }, seconds);
      ended.inc({ graph, status });
    },
    stream: (change) => streams.inc(change),
    text: async (state) => {
      runs.reset();
      for (const [status, count] of Object.entries(state.runs)) runs.set({ status }, count);
      depth.set(state.runs["pending"] ?? 0);
      oldest.set(state.oldestDueSeconds);
      return await registry.metrics();
    },
  };
};
