// Compare-and-set for answers: which of many answers to a pause is taken. An interrupt is open from
// the write that announced it until an answer; it opens again when it is announced again, or when a
// task failed after the answer (then the answer may have been the reason).
import { createHash, randomUUID } from "node:crypto";
import {
  INTERRUPT,
  RESUME,
  type CheckpointTuple,
  type PendingWrite,
} from "@langchain/langgraph-checkpoint";
import { CheckpointError } from "../errors.ts";
import type { Address } from "./address.ts";
import type { Answer, Batch } from "./backend.ts";

const NULL_TASK_ID = "00000000-0000-0000-0000-000000000000";
const INTERRUPT_ID = /^[0-9a-f]{32}$/;

export interface Claim {
  readonly thread: string;
  /** The interrupt's id. */
  readonly interrupt: string;
  /** The hash of the payload the person saw. */
  readonly hash: string;
  /** Names the answer, e.g. the id of the run that will carry it; the same name may claim again. */
  readonly by: string;
  /** How `hash` was made; default: `payloadHash`. */
  readonly hashOf?: (payload: unknown) => string;
}

/** SHA-256 in hex over the payload's JSON. */
export const payloadHash = (payload: unknown): string =>
  createHash("sha256")
    .update(JSON.stringify(payload) ?? "undefined")
    .digest("hex");

export const conflict = (message: string): CheckpointError =>
  new CheckpointError("CHECKPOINT_CONFLICT", message, {
    hint: "Read the thread again: someone else answered, or owns it now.",
  });

export const newerOwner = (root: string, held: number, given: number): CheckpointError =>
  conflict(`Thread ${root} has a newer owner (fence ${held} > ${given}).`);

/** The answer that a putWrites call gives, if it gives one. Only the root graph's pauses are answered. */
export const answerOf = (
  address: Address,
  writes: readonly PendingWrite[],
  task: string,
  checkpoint: Buffer,
  isIdle: boolean,
): Batch["answer"] => {
  if (address.ns !== "" || !writes.some(([channel]) => channel === RESUME)) return undefined;
  const isUnaddressed = task === NULL_TASK_ID;
  if (!isUnaddressed && !INTERRUPT_ID.test(task)) return undefined; // a task storing what it consumed
  const by = address.answer ?? randomUUID();
  return { ns: "", checkpoint, answer: { ids: isUnaddressed ? undefined : [task], by, isIdle } };
};

/** @throws CheckpointError CHECKPOINT_CONFLICT when the interrupt is not the one that was seen. */
export const claimOf = (
  claim: Claim,
  tuple: CheckpointTuple | undefined,
): { checkpoint: string; answer: Answer } => {
  const pending = (tuple?.pendingWrites ?? [])
    .filter(([, channel]) => channel === INTERRUPT)
    .flatMap(([, , value]) => (Array.isArray(value) ? (value as unknown[]) : [value]))
    .find((item) => (item as { id?: unknown } | null)?.id === claim.interrupt);
  const id = tuple?.checkpoint.id;
  if (pending === undefined || id === undefined) {
    throw conflict(`Interrupt ${claim.interrupt} is not pending on thread ${claim.thread}.`);
  }
  const hash = (claim.hashOf ?? payloadHash)((pending as { value: unknown }).value);
  if (hash !== claim.hash) {
    throw conflict(`Interrupt ${claim.interrupt} asks something else than what was answered.`);
  }
  return { checkpoint: id, answer: { ids: [claim.interrupt], by: claim.by, isIdle: false } };
};

/** An answer that was taken: after which write (`at`), and by whom. */
export interface Taken {
  readonly at: number;
  readonly by: string;
}

/** A record with a pause: its number among the checkpoint's writes, and `pauseOf` its writes. */
export interface Pause {
  readonly n: number;
  readonly pause: string;
}

/**
 * Decides about an answer. Returns the keys that it takes, with the write they are taken after, or
 * undefined when another answer was first. postgres/schema.ts has the same rules in SQL.
 */
export const takeAnswer = (
  pauses: readonly Pause[],
  taken: ReadonlyMap<string, Taken>,
  answer: Answer,
): { keys: string[]; at: number } | undefined => {
  const at = Math.max(0, ...pauses.map(({ n }) => n));
  const failedAt = Math.max(0, ...pauses.filter(({ pause }) => pause === "!").map(({ n }) => n));
  const openedAt = new Map<string, number>();
  for (const { n, pause } of pauses) {
    if (pause !== "!") for (const id of pause.split(" ")) openedAt.set(id, n);
  }
  const isOpen = (key: string): boolean => {
    const before = taken.get(key);
    return before === undefined || (openedAt.get(key) ?? 0) > before.at || failedAt > before.at;
  };
  const mayTake = (key: string): boolean => isOpen(key) || taken.get(key)?.by === answer.by;
  const listed = openedAt.size === 0 ? ["*"] : [...openedAt.keys()];
  if (answer.ids !== undefined) {
    const isTaken = answer.ids.every((id) => openedAt.has(id) && mayTake(id));
    return isTaken ? { keys: [...answer.ids], at } : undefined;
  }
  if (answer.isIdle && openedAt.size === 0) return undefined;
  const keys = listed.filter(isOpen);
  if (keys.length > 0) return { keys, at };
  return listed.every(mayTake) ? { keys: listed, at } : undefined;
};
