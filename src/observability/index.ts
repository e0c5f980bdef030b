// What the running platform says about itself: logs and metrics.
export { createLogger, type Logger, type LogLevel } from "./logger.ts";
export {
  createMetrics,
  type Metrics,
  type QueueState,
  type RequestMeasure,
  type RunMeasure,
} from "./metrics.ts";
