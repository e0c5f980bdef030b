import { isDeepStrictEqual } from "node:util";
import type { CheckpointMetadata } from "@langchain/langgraph-checkpoint";

/** Whether metadata have every given key with an equal value; keys given as undefined are ignored. */
export const matchesFilter = (
  metadata: CheckpointMetadata,
  filter: Record<string, unknown> | undefined,
): boolean =>
  Object.entries(filter ?? {}).every(
    ([key, value]) =>
      value === undefined ||
      (Object.hasOwn(metadata, key) &&
        isDeepStrictEqual((metadata as unknown as Record<string, unknown>)[key], value)),
  );
