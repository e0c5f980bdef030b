// Takes values down at the moment of the call: what LangGraph or a node changes later must not reach
// the record. Elements of lists that are stored already are recognised, not encoded again, except
// where the step touched them, and at the end of a run, when everything is looked at.
import type { Checkpoint, PendingWrite } from "@langchain/langgraph-checkpoint";
import type { ListWrite } from "./backend.ts";
import { listSlot, type ListMaker } from "./lists.ts";
import { isSameRef, type Ref, type Slot } from "./refs.ts";
import { Capture, type KnownHead, type ThreadState } from "./thread-state.ts";

export type CapturedValue =
  | { readonly kind: "one"; readonly ref: Ref }
  | { readonly kind: "refs"; readonly refs: Ref[] };

export interface Captured {
  readonly capture: Capture;
  readonly channels: ReadonlyMap<string, CapturedValue>;
  /** For writes: the slots in order. */
  readonly slots: readonly (readonly [channel: string, slot: Slot])[];
  readonly live: Map<string, WeakRef<object>>;
  /** Everything was compared with what was stored. */
  readonly isVerified: boolean;
}

const isSmallValue = (item: unknown): boolean =>
  item === null || (typeof item !== "object" && (typeof item !== "string" || item.length < 16));

/** Whether an array is stored element by element. Short lists of small values are one value. */
const isList = (value: unknown, wasList: boolean): value is unknown[] => {
  if (!Array.isArray(value) || value.length === 0) return false;
  if (!wasList && value.length <= 8 && value.every(isSmallValue)) return false;
  // no holes and no named properties: those are left to the serializer to keep or refuse
  const keys = Object.keys(value);
  const isDense = keys.length === value.length && keys.at(-1) === String(value.length - 1);
  return isDense && Object.getPrototypeOf(value) === Array.prototype;
};

// A run has nothing left to do when no channel triggers a node and nothing is sent to one. A join that
// still waits looks the same and is looked at once more: that costs time, never correctness.
const isTrigger = (name: string, value: unknown): boolean =>
  name === "__start__" ||
  name.startsWith("branch:to:") ||
  (name === "__pregel_tasks" && Array.isArray(value) && value.length > 0);

const isAtRest = (values: Record<string, unknown>): boolean =>
  !Object.entries(values).some(([name, value]) => isTrigger(name, value));

// LangGraph makes this one anew for every checkpoint.
const isNothingSent = (channel: string, value: object): boolean =>
  channel === "__pregel_tasks" && Array.isArray(value) && value.length === 0;

/**
 * Captures the channels of a checkpoint that `only` names (all when it is undefined), those the parent
 * does not have, and at rest every object.
 */
export const capturePut = (
  state: ThreadState,
  checkpoint: Checkpoint,
  known: KnownHead | undefined,
  only: ReadonlySet<string> | undefined,
  nextId: () => number,
  inlineLimit: number,
): Captured => {
  const values: Record<string, unknown> = checkpoint.channel_values ?? {};
  const capture = new Capture(state, nextId, inlineLimit);
  const channels = new Map<string, CapturedValue>();
  const live = new Map<string, WeakRef<object>>();
  const verifies = isAtRest(values);
  for (const channel of Object.keys(values)) {
    const value = values[channel];
    const isObject = typeof value === "object" && value !== null;
    if (isObject && !isNothingSent(channel, value)) live.set(channel, new WeakRef(value));
    const slot = known?.slots.get(channel);
    const isNeeded = only === undefined || only.has(channel) || slot === undefined;
    if (!isNeeded && !(verifies && isObject)) continue;
    channels.set(channel, captureValue(capture, value, verifies, slot));
  }
  state.fresh.clear();
  return { capture, channels, slots: [], live, isVerified: verifies };
};

const captureValue = (
  capture: Capture,
  value: unknown,
  verifies: boolean,
  parent: Slot | undefined,
): CapturedValue => {
  if (!isList(value, parent?.kind === "list")) {
    return {
      kind: "one",
      ref: capture.fresh(value, parent?.kind === "one" ? parent.ref : undefined),
    };
  }
  const before = parent?.kind === "list" && parent.state !== undefined ? parent.state.refs : [];
  const stored = parent?.kind === "list" && parent.state !== undefined ? parent.length : 0;
  // what is new may have been changed by the reducer since its node's writes were stored
  const refs = value.map((item, i) =>
    verifies || i >= stored ? capture.fresh(item, before[i]) : capture.trusted(item, before[i]),
  );
  return { kind: "refs", refs };
};

/** Captures the writes of a task; a list of objects element by element, so that the channel shares them. */
export const captureWrites = (
  state: ThreadState,
  writes: readonly PendingWrite[],
  nextId: () => number,
  inlineLimit: number,
): Captured => {
  const capture = new Capture(state, nextId, inlineLimit);
  const slots = writes.map(([channel, value]): [string, Slot] => {
    if (!isList(value, false)) return [channel, { kind: "one", ref: capture.fresh(value) }];
    return [channel, { kind: "many", refs: value.map((item) => capture.fresh(item)) }];
  });
  return { capture, channels: new Map(), slots, live: new Map(), isVerified: false };
};

/** Compares every live object of a checkpoint with what was stored; undefined when nothing changed. */
export const changedSlots = (
  known: KnownHead,
  capture: Capture,
  lists: ListWrite[],
  maker: ListMaker,
): Map<string, Slot> | undefined => {
  const slots = new Map(known.slots);
  let isChanged = false;
  for (const [channel, live] of known.live) {
    const value = live.deref();
    const before = slots.get(channel);
    if (value === undefined || before === undefined) continue;
    const captured = captureValue(capture, value, true, before);
    const after = toSlot(captured, before, lists, maker);
    if (isSameSlot(before, after)) continue;
    slots.set(channel, after);
    isChanged = true;
  }
  known.live.clear();
  return isChanged ? slots : undefined;
};

const isSameSlot = (a: Slot, b: Slot): boolean => {
  if (a.kind === "list" && b.kind === "list") return a.list === b.list && a.length === b.length;
  return a.kind === "one" && b.kind === "one" && isSameRef(a.ref, b.ref);
};

export const toSlot = (
  captured: CapturedValue,
  parent: Slot | undefined,
  lists: ListWrite[],
  maker: ListMaker,
): Slot => {
  if (captured.kind === "one") return { kind: "one", ref: captured.ref };
  return listSlot(parent, captured.refs, lists, maker);
};
