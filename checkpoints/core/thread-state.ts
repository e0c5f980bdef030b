// What a process remembers of a thread, so that a step costs its change: which objects are stored as
// which values, and where the heads and lists stand. Forgetting is always safe.
import { hash } from "node:crypto";
import { BaseMessage } from "@langchain/core/messages";
import { encode } from "../serializer/serializer.ts";
import type { HeadBytes } from "./head.ts";
import { isUuid } from "./ids.ts";
import type { Ref, Slot } from "./refs.ts";

export interface KnownHead {
  slots: ReadonlyMap<string, Slot>;
  encoded: HeadBytes | undefined;
  /** The live values behind the slots, to find objects that were changed in place. */
  readonly live: Map<string, WeakRef<object>>;
}

/** Stands for the parent of a thread's first checkpoint. */
export const NO_PARENT: KnownHead = Object.freeze({
  slots: new Map<string, Slot>(),
  encoded: undefined,
  live: new Map<string, WeakRef<object>>(),
});

/** The key of a checkpoint among a thread's heads. */
export const headKey = (ns: string, id: string): string => `${ns}\0${id}`;

const MAX_HEADS = 16;
const MAX_RECENT = 1_000;
const MAX_FRESH = 32;

export class ThreadState {
  generation: number | undefined;
  /** A commit failed: references made since may point at nothing. */
  isStale = false;
  readonly heads = new Map<string, KnownHead>();
  readonly recent = new Map<string, number>();
  /** Values of the newest writes: the checkpoint that follows mostly holds the same ones. */
  readonly fresh = new Map<number, Buffer>();

  remember(key: string, known: KnownHead): void {
    this.heads.delete(key);
    this.heads.set(key, known);
    if (this.heads.size <= MAX_HEADS) return;
    const [oldest] = this.heads.keys();
    if (oldest !== undefined) this.heads.delete(oldest);
  }

  rememberValue(mark: string, value: number, bytes: Buffer): void {
    if (this.fresh.size >= MAX_FRESH) this.fresh.clear();
    this.fresh.set(value, bytes);
    this.recent.set(mark, value);
    if (this.recent.size <= MAX_RECENT) return;
    const [oldest] = this.recent.keys();
    if (oldest !== undefined) this.recent.delete(oldest);
  }
}

interface Known {
  readonly state: ThreadState;
  readonly ref: Ref;
}

/** Objects and the references they are stored under; holds no object alive. */
const KNOWN = new WeakMap<object, Known>();

export const rememberObject = (state: ThreadState, value: unknown, ref: Ref): void => {
  if (typeof value === "object" && value !== null) KNOWN.set(value, { state, ref });
};

/** Collects the new values of one put or putWrites. */
export class Capture {
  readonly values: [number, Buffer][] = [];
  private readonly state: ThreadState;
  private readonly nextId: () => number;
  private readonly inlineLimit: number;

  constructor(state: ThreadState, nextId: () => number, inlineLimit: number) {
    this.state = state;
    this.nextId = nextId;
    this.inlineLimit = inlineLimit;
  }

  /** The reference of a value that is known not to have changed, or else of what it is now. */
  trusted(value: unknown, hint?: Ref): Ref {
    if (typeof value === "object" && value !== null) {
      const known = KNOWN.get(value);
      if (known !== undefined && known.state === this.state) {
        if (isCalled(value, known.ref.id)) return known.ref;
      }
    }
    return this.fresh(value, hint);
  }

  /**
   * The reference of a value as it is now: encodes it, and compares with what was stored; `hint` is
   * what stands in its place in the parent checkpoint.
   */
  fresh(value: unknown, hint?: Ref): Ref {
    const id = separateId(value);
    const bytes = encode(value, id !== undefined);
    const known = typeof value === "object" && value !== null ? KNOWN.get(value) : undefined;
    const before = known?.state === this.state ? known.ref : undefined;
    if (before !== undefined && this.isSame(before, bytes)) {
      if (before.id === id) return before;
      return this.known(value, { ...before, id });
    }
    if (hint !== undefined && hint.id === id && hint.value !== 0 && this.isSame(hint, bytes)) {
      return this.known(value, hint);
    }
    return this.known(value, this.store(bytes, id));
  }

  private isSame({ value, mark }: Ref, bytes: Buffer): boolean {
    const fresh = this.state.fresh.get(value);
    if (fresh !== undefined) return fresh.equals(bytes);
    if (mark === undefined) return false;
    if (typeof mark !== "string") return mark.equals(bytes);
    return mark === (mark.startsWith(DIGEST) ? digest(bytes) : bytes.toString());
  }

  private known(value: unknown, ref: Ref): Ref {
    rememberObject(this.state, value, ref);
    return ref;
  }

  private store(bytes: Buffer, id: string | undefined): Ref {
    if (bytes.length <= this.inlineLimit) return { value: 0, inline: bytes, id, mark: bytes };
    const mark = digest(bytes);
    const stored = this.state.recent.get(mark);
    if (stored !== undefined) return { value: stored, inline: undefined, id, mark };
    const value = this.nextId();
    this.values.push([value, bytes]);
    this.state.rememberValue(mark, value, bytes);
    return { value, inline: undefined, id, mark };
  }
}

const DIGEST = "digest:";

// A digest that nobody can collide: two values with one digest would become one value.
const digest = (bytes: Buffer): string => DIGEST + hash("sha256", bytes, "base64");

// Of a long list every element is asked at every step: what was a UUID once need not be tested again.
const isCalled = (value: object, id: string | undefined): boolean => {
  if (id === undefined) return separateId(value) === undefined;
  return BaseMessage.isInstance(value) && value.id === id && value.lc_kwargs["id"] === id;
};

/** The id of a message, when it can be stored beside the message. */
const separateId = (value: unknown): string | undefined => {
  if (!BaseMessage.isInstance(value)) return undefined;
  const { id } = value;
  return id !== undefined && isUuid(id) && value.lc_kwargs["id"] === id ? id : undefined;
};
