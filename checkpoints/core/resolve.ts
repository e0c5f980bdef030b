// The slots of a new checkpoint: what the step wrote, and for the rest what its parent has.
import type { ChannelVersions, Checkpoint } from "@langchain/langgraph-checkpoint";
import type { ListWrite } from "./backend.ts";
import { toSlot, type Captured } from "./capture.ts";
import type { ListMaker } from "./lists.ts";
import type { Slot } from "./refs.ts";
import { NO_PARENT, type KnownHead } from "./thread-state.ts";

/**
 * `known` is the parent; undefined when the parent named in the config is gone, then everything the
 * checkpoint holds is stored. Without a parent only channels in `newVersions` are.
 */
export const resolveSlots = (
  captured: Captured,
  checkpoint: Checkpoint,
  known: KnownHead | undefined,
  newVersions: ChannelVersions,
  maker: ListMaker,
): { slots: Map<string, Slot>; lists: ListWrite[] } => {
  const slots = new Map<string, Slot>();
  const lists: ListWrite[] = [];
  const hasParent = known !== undefined && known !== NO_PARENT;
  for (const channel of Object.keys(checkpoint.channel_values ?? {})) {
    const isNew = known === undefined || Object.hasOwn(newVersions ?? {}, channel);
    const parent = known?.slots.get(channel);
    const isTrusted = parent !== undefined && !isNew && !captured.isVerified;
    const value = isTrusted ? undefined : captured.channels.get(channel);
    if (value !== undefined && (isNew || hasParent))
      slots.set(channel, toSlot(value, parent, lists, maker));
    else if (parent !== undefined) slots.set(channel, parent);
  }
  return { slots, lists };
};
