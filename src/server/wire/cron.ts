// Crons in the API's words.
import { z } from "zod";
import type { CronRow, JsonObject } from "../../storage/index.ts";
import { wireKwargs } from "./run.ts";
import { isoTime, isoTimeOrNull } from "./time.ts";

const Anything = z.record(z.string(), z.unknown());

export const WireCron = z.object({
  cron_id: z.string(),
  assistant_id: z.string(),
  thread_id: z.string().nullable(),
  user_id: z.string().nullable(),
  schedule: z.string(),
  timezone: z.string().nullable(),
  payload: Anything,
  metadata: Anything,
  enabled: z.boolean(),
  on_run_completed: z.enum(["delete", "keep"]),
  next_run_date: z.iso.datetime().nullable(),
  end_time: z.iso.datetime().nullable(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});

export const wireCron = (row: CronRow): JsonObject => ({
  cron_id: row.id,
  assistant_id: row.assistantId,
  thread_id: row.threadId,
  user_id: row.userId,
  schedule: row.schedule,
  timezone: row.timezone,
  payload: { assistant_id: row.assistantId, ...wireKwargs(row.payload) },
  metadata: row.metadata,
  enabled: row.enabled,
  on_run_completed: row.onRunCompleted,
  next_run_date: isoTimeOrNull(row.nextRunAt),
  end_time: isoTimeOrNull(row.endTime),
  created_at: isoTime(row.createdAt),
  updated_at: isoTime(row.updatedAt),
});
