// The config and metadata of a run: what the assistant says, then the thread, then the request.
import type { AssistantRow, Json, JsonObject } from "../storage/index.ts";

/** An object, or nothing where there is another value. */
export const fieldsOf = (value: Json | undefined): JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};

/** Keys of `configurable` that only the host may set: graphs believe what they say about who asks. */
export const isReservedKey = (key: string): boolean =>
  key.startsWith("__") || key.startsWith("langgraph_auth_") || key === "fence" || key === "answer";

/** Later ones win; `configurable` is merged one level deeper, without what only the host may set. */
export const mergeConfigs = (...configs: readonly JsonObject[]): JsonObject => {
  const configurable = configs.flatMap((config) =>
    Object.entries(fieldsOf(config["configurable"])).filter(([key]) => !isReservedKey(key)),
  );
  return { ...Object.assign({}, ...configs), configurable: Object.fromEntries(configurable) };
};

/** Objects are merged, anything else replaces what the assistant has. */
export const mergeContext = (assistant: AssistantRow["context"], context: Json): Json => {
  if (context === null) return assistant;
  if (typeof context !== "object" || Array.isArray(context)) return context;
  return { ...fieldsOf(assistant), ...fieldsOf(context) };
};

/** What later runs and reads of the thread inherit: never where one run started, nor headers of who asked. */
export const inheritedConfig = (config: JsonObject): JsonObject => {
  const own = Object.entries(fieldsOf(config["configurable"])).filter(
    ([key]) => !key.startsWith("checkpoint_") && !key.startsWith("x-") && key !== "thread_id",
  );
  return { ...config, configurable: Object.fromEntries(own) };
};
