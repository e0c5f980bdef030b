// What a config says about where to write and in whose name.
import type { RunnableConfig } from "@langchain/core/runnables";
import { CheckpointError } from "../errors.ts";
import { checkId } from "./ids.ts";

export interface Address {
  readonly thread: string;
  readonly ns: string;
  readonly checkpoint: string | undefined;
  readonly fence: number | undefined;
  /** Who answers a pause, when the run was started with an answer. */
  readonly answer: string | undefined;
  readonly graph: string | undefined;
}

/** @throws CheckpointError CHECKPOINT_INVALID unless it is a whole number from 1 on. */
export const checkToken = (token: number): number => {
  if (Number.isSafeInteger(token) && token > 0) return token;
  throw new CheckpointError("CHECKPOINT_INVALID", `A fence's token is a positive integer.`);
};

const fenceOf = (value: unknown): number | undefined => {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new CheckpointError(
    "CHECKPOINT_INVALID",
    "configurable.fence is not a token from acquire().",
  );
};

const graphOf = (value: unknown): string | undefined => {
  if (typeof value !== "object" || value === null) return undefined;
  const { id, version, topology } = value as Record<string, unknown>;
  return typeof id === "string" ? JSON.stringify({ id, version, topology }) : undefined;
};

/** @throws CheckpointError CHECKPOINT_INVALID when there is no thread or an id is not usable. */
export const readAddress = (config: RunnableConfig): Address => {
  const given = config.configurable;
  if (given === undefined) {
    throw new CheckpointError("CHECKPOINT_INVALID", `The config has no "configurable".`, {
      hint: 'Pass { configurable: { thread_id: "…" } }.',
    });
  }
  const checkpoint: unknown = given["checkpoint_id"] || given["thread_ts"] || undefined;
  return {
    thread: checkId("thread_id", given["thread_id"]),
    ns: checkId("checkpoint_ns", given["checkpoint_ns"] ?? "", true),
    checkpoint: checkpoint === undefined ? undefined : checkId("checkpoint_id", checkpoint),
    fence: fenceOf(given["fence"]),
    answer: typeof given["answer"] === "string" ? given["answer"] : undefined,
    graph: graphOf(given["graph"]),
  };
};
