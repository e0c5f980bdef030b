// Threads in the API's words.
import { z } from "zod";
import type { JsonObject, ThreadRow, ThreadTtl } from "../../storage/index.ts";
import { isoTime } from "./time.ts";

const Anything = z.record(z.string(), z.unknown());

export const WireThread = z.object({
  thread_id: z.string(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  state_updated_at: z.iso.datetime(),
  status: z.enum(["idle", "busy", "interrupted", "error"]),
  metadata: Anything,
  config: Anything,
  values: z.unknown(),
  interrupts: z.record(z.string(), z.array(Anything)),
  error: Anything.optional(),
  ttl: Anything.optional(),
});

const MINUTE_MS = 60_000;

const wireTtl = ({ strategy, minutes }: ThreadTtl, updatedAt: number): JsonObject => ({
  strategy,
  ttl_minutes: minutes,
  expires_at: isoTime(updatedAt + minutes * MINUTE_MS),
});

export const wireThread = (row: ThreadRow, include: readonly string[] = []): JsonObject => ({
  thread_id: row.id,
  created_at: isoTime(row.createdAt),
  updated_at: isoTime(row.updatedAt),
  state_updated_at: isoTime(row.stateUpdatedAt),
  status: row.status,
  metadata: row.metadata,
  config: row.config,
  values: row.values,
  interrupts: row.interrupts,
  ...(row.error === null ? {} : { error: row.error }),
  ...(include.includes("ttl") && row.ttl !== null ? { ttl: wireTtl(row.ttl, row.updatedAt) } : {}),
});
