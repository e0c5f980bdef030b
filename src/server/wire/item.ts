// Items of the long-term store in the API's words.
import type { Item, SearchItem } from "@langchain/langgraph-checkpoint";
import { z } from "zod";
import type { JsonObject } from "../../storage/index.ts";

export const WireItem = z.object({
  namespace: z.array(z.string()),
  key: z.string(),
  value: z.record(z.string(), z.unknown()),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  score: z.number().optional(),
});

export const wireItem = (item: Item | SearchItem): JsonObject => ({
  namespace: item.namespace,
  key: item.key,
  value: item.value as JsonObject,
  created_at: item.createdAt.toISOString(),
  updated_at: item.updatedAt.toISOString(),
  ...("score" in item && item.score !== undefined ? { score: item.score } : {}),
});
