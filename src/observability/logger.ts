// Structured logs: one JSON object a line. Secrets that travel in headers never reach them.
import { type DestinationStream, type Logger, pino } from "pino";

export type { Logger };

export type LogLevel = "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";

const SECRET_HEADERS = [
  "authorization",
  "x-api-key",
  "cookie",
  "set-cookie",
  "proxy-authorization",
] as const;

const redacted = SECRET_HEADERS.flatMap((name) => [
  `["${name}"]`,
  `headers["${name}"]`,
  `*.headers["${name}"]`,
]);

/** Writes to standard output unless given a destination. */
export const createLogger = (options: {
  level: LogLevel;
  destination?: DestinationStream;
}): Logger => {
  const settings = {
    level: options.level,
    base: undefined,
    redact: { paths: redacted, censor: "[redacted]" },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination);
};
