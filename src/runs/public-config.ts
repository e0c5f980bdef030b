// Configs as clients see them: the public thread id, and nothing of the platform's own.
import type { JsonObject } from "../storage/index.ts";
import { threadIdOf } from "./thread-key.ts";

type Fields = Readonly<Record<string, unknown>>;

const OURS = new Set(["fence", "answer", "graph", "started_at"]);

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;

/** `{thread_id, checkpoint_ns, …}` of a config; undefined where there is none. */
export const configurableOf = (config: unknown): Fields | undefined => {
  const configurable = isFields(config) ? config["configurable"] : undefined;
  return isFields(configurable) ? configurable : undefined;
};

/** Fields of a configurable, or of metadata made from one. */
export const publicFields = (fields: Fields, tenant: string): Record<string, unknown> => {
  const shown: Record<string, unknown> = Object.fromEntries(
    Object.entries(fields).filter(([key]) => !key.startsWith("__") && !OURS.has(key)),
  );
  const thread = shown["thread_id"];
  if (typeof thread === "string") shown["thread_id"] = threadIdOf(tenant, thread);
  return shown;
};

/** A whole config without callbacks and internals. */
export const publicConfig = (config: unknown, tenant: string): unknown => {
  const configurable = configurableOf(config);
  if (configurable === undefined) return config;
  const { callbacks: _callbacks, metadata, ...rest } = config as Fields;
  return {
    ...rest,
    configurable: publicFields(configurable, tenant),
    ...(isFields(metadata) ? { metadata: publicFields(metadata, tenant) } : {}),
  };
};

/** Checkpoint of the API: always the same four keys; null when the config names no checkpoint. */
export const checkpointOf = (config: unknown, tenant: string): JsonObject | null => {
  const { thread_id, checkpoint_id, checkpoint_ns, checkpoint_map } = configurableOf(config) ?? {};
  if (typeof thread_id !== "string" || typeof checkpoint_id !== "string") return null;
  return {
    thread_id: threadIdOf(tenant, thread_id),
    checkpoint_id,
    checkpoint_ns: typeof checkpoint_ns === "string" ? checkpoint_ns : "",
    checkpoint_map: (checkpoint_map as JsonObject | undefined) ?? null,
  };
};

/** Where a task's subgraph keeps its state: the configurable as it is, thread and namespace. */
export const taskCheckpointOf = (state: unknown, tenant: string): JsonObject | null => {
  const configurable = configurableOf(state);
  return configurable === undefined ? null : (publicFields(configurable, tenant) as JsonObject);
};
