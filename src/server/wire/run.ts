// Runs in the API's words. What a run was asked for is kept as a RunRequest, in our names.
import { z } from "zod";
import type { Json, JsonObject, RunRow } from "../../storage/index.ts";
import { isoTime } from "./time.ts";

const Anything = z.record(z.string(), z.unknown());

export const WireRun = z.object({
  run_id: z.string(),
  thread_id: z.string(),
  assistant_id: z.string(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  status: z.enum(["pending", "running", "error", "success", "timeout", "interrupted"]),
  metadata: Anything,
  kwargs: Anything,
  multitask_strategy: z.enum(["reject", "enqueue", "interrupt", "rollback"]),
  cancel_reason: z.string().optional(),
});

/** Our name of each part of a request, and the API's. */
const KWARGS: Readonly<Record<string, string>> = {
  input: "input",
  command: "command",
  config: "config",
  context: "context",
  streamModes: "stream_mode",
  streamSubgraphs: "subgraphs",
  streamResumable: "resumable",
  interruptBefore: "interrupt_before",
  interruptAfter: "interrupt_after",
  checkpoint: "checkpoint",
  webhook: "webhook",
  feedbackKeys: "feedback_keys",
  durability: "durability",
  onDisconnect: "on_disconnect",
  onCompletion: "on_completion",
};

/** Keys of `configurable` that say who asked: nothing a reader of the run is shown. */
const isPrivateKey = (key: string): boolean =>
  key.startsWith("__") || key.startsWith("langgraph_auth_");

const shownConfig = (config: Json | undefined): Json | undefined => {
  if (typeof config !== "object" || config === null || !("configurable" in config)) return config;
  const { configurable } = config;
  if (typeof configurable !== "object" || configurable === null) return config;
  return {
    ...config,
    configurable: Object.fromEntries(
      Object.entries(configurable).filter(([key]) => !isPrivateKey(key)),
    ),
  };
};

export const wireKwargs = (kwargs: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(KWARGS).flatMap(([ours, wire]): [string, Json][] => {
      const value = ours === "config" ? shownConfig(kwargs[ours]) : kwargs[ours];
      return value === undefined ? [] : [[wire, value]];
    }),
  );

export const wireRun = (row: RunRow): JsonObject => ({
  run_id: row.id,
  thread_id: row.threadId,
  assistant_id: row.assistantId,
  created_at: isoTime(row.createdAt),
  updated_at: isoTime(row.updatedAt),
  status: row.status,
  metadata: row.metadata,
  kwargs: { ...wireKwargs(row.kwargs), temporary: row.isStateless },
  multitask_strategy: row.multitaskStrategy,
  ...(row.cancelReason === null ? {} : { cancel_reason: row.cancelReason }),
});
