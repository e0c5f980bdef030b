// A deploy may remove the node that a paused thread waits in. LangGraph alone would then end the thread in
// silence; here it is refused before anything is saved.
import type { CheckpointTuple } from "@langchain/langgraph-checkpoint";
import { TuttiError } from "../errors.ts";

const BRANCH = "branch:to:";

const nodeOfSend = (send: unknown): string | undefined => {
  const node = (send as { node?: unknown } | null)?.node;
  return typeof node === "string" ? node : undefined;
};

/** Of a join, the node behind it, once all it waits for has come. */
const nodeOfJoin = (channel: string, value: unknown): string | undefined => {
  const [, starts = "", node] = channel.split(":");
  const isFull = Array.isArray(value) && starts.split("+").every((start) => value.includes(start));
  return isFull ? node : undefined;
};

/** The nodes that would run next, by the record: whether the graph still has them or not. */
export const pendingNodes = ({ checkpoint }: CheckpointTuple): string[] => {
  const pending = new Set<string>();
  for (const [channel, value] of Object.entries(checkpoint.channel_values)) {
    const node = channel.startsWith(BRANCH)
      ? channel.slice(BRANCH.length)
      : channel.startsWith("join:")
        ? nodeOfJoin(channel, value)
        : undefined;
    if (node !== undefined) pending.add(node);
    if (channel === "__pregel_tasks" && Array.isArray(value))
      for (const send of value) {
        const target = nodeOfSend(send);
        if (target !== undefined) pending.add(target);
      }
  }
  return [...pending];
};

export const graphChanged = (gone: readonly string[]): TuttiError =>
  new TuttiError(
    "GRAPH_CHANGED",
    `the thread stands at ${gone.join(", ")}, which this version of the graph does not have`,
    {
      hint: "deploy the version it began with, or name the node's new name in graphs/migrations; nothing has changed",
      data: { nodes: gone },
    },
  );
