// Limits per caller: a token bucket of requests, and how many streams are open at once.
import type { Clock } from "../../clock.ts";
import { TuttiError } from "../../errors.ts";
import { DEFAULTS, type RateLimit, type ServerOptions } from "../options.ts";

export interface Limits {
  readonly maxBodyBytes: number;
  readonly maxFileBytes: number;
  readonly heartbeatMs: number;
  /** Takes one request from the caller's bucket; throws RATE_LIMITED. */
  request(caller: string): void;
  /** Counts an open stream; the answer ends it, once. Throws RATE_LIMITED. */
  stream(caller: string): () => void;
}

interface Bucket {
  tokens: number;
  at: number;
}

const limited = (what: string, retryAfterSeconds: number): TuttiError =>
  new TuttiError("RATE_LIMITED", what, {
    hint: `try again in ${Math.ceil(retryAfterSeconds)} s`,
    retryable: true,
    data: { retryAfterSeconds },
  });

/** Buckets that are full again say nothing: they are dropped when there are this many. */
const MAX_BUCKETS = 10_000;

const createBuckets = (
  { burst, perSecond }: RateLimit,
  clock: Clock,
): ((caller: string) => void) => {
  const buckets = new Map<string, Bucket>();
  const filled = (bucket: Bucket, now: number): number =>
    Math.min(burst, bucket.tokens + ((now - bucket.at) / 1_000) * perSecond);
  return (caller) => {
    const now = clock.now();
    if (buckets.size >= MAX_BUCKETS)
      for (const [key, bucket] of buckets) if (filled(bucket, now) >= burst) buckets.delete(key);
    const bucket = buckets.get(caller);
    const tokens = bucket === undefined ? burst : filled(bucket, now);
    if (tokens < 1) throw limited("too many requests", (1 - tokens) / perSecond);
    buckets.set(caller, { tokens: tokens - 1, at: now });
  };
};

const STREAMS_RETRY_SECONDS = 5;

export const createLimits = (options: ServerOptions, clock: Clock): Limits => {
  const open = new Map<string, number>();
  const most = options.maxStreams ?? DEFAULTS.maxStreams;
  return {
    maxBodyBytes: options.maxBodyBytes ?? DEFAULTS.maxBodyBytes,
    maxFileBytes: options.maxFileBytes ?? DEFAULTS.maxFileBytes,
    heartbeatMs: options.heartbeatMs ?? DEFAULTS.heartbeatMs,
    request:
      options.rateLimit === undefined ? () => undefined : createBuckets(options.rateLimit, clock),
    stream: (caller) => {
      const count = open.get(caller) ?? 0;
      if (count >= most) throw limited(`too many open streams (${most})`, STREAMS_RETRY_SECONDS);
      open.set(caller, count + 1);
      let isOpen = true;
      return () => {
        if (!isOpen) return;
        isOpen = false;
        const left = (open.get(caller) ?? 1) - 1;
        if (left === 0) open.delete(caller);
        else open.set(caller, left);
      };
    },
  };
};
