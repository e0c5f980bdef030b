// Assistants in the API's words.
import { z } from "zod";
import type { AssistantRow, AssistantVersionRow, JsonObject } from "../../storage/index.ts";
import { isoTime } from "./time.ts";

const Anything = z.record(z.string(), z.unknown());

export const WireAssistantVersion = z.object({
  assistant_id: z.string(),
  graph_id: z.string(),
  version: z.int(),
  name: z.string(),
  description: z.string().nullable(),
  config: Anything,
  context: z.unknown(),
  metadata: Anything,
  created_at: z.iso.datetime(),
});
export const WireAssistant = WireAssistantVersion.extend({ updated_at: z.iso.datetime() });

/** Who made it is said by its metadata: `created_by: "system"` for those of langgraph.json. */
export const wireVersion = (row: AssistantVersionRow): JsonObject => ({
  assistant_id: row.id,
  graph_id: row.graphId,
  version: row.version,
  name: row.name,
  description: row.description,
  config: row.config,
  context: row.context ?? {},
  metadata: row.metadata,
  created_at: isoTime(row.createdAt),
});

export const wireAssistant = (row: AssistantRow): JsonObject => ({
  ...wireVersion(row),
  updated_at: isoTime(row.updatedAt),
});
