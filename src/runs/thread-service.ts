// What the server asks of a thread's state: read, change, copy, prune. Everything needs the graph, the
// saver and the record; nothing here starts a run.
import type { Json, JsonObject, Scope, ThreadRow, ThreadTtl } from "../storage/index.ts";

/** Where in a thread. Absent parts: the newest checkpoint of the root namespace. */
export interface CheckpointRef {
  readonly checkpointId?: string | undefined;
  readonly checkpointNs?: string | undefined;
  readonly checkpointMap?: JsonObject | undefined;
}

/** ThreadState of the API, in wire form (snake_case): values, next, tasks, checkpoint, parent_checkpoint … */
export type WireState = JsonObject;

export interface StateUpdate {
  readonly values: Json;
  readonly asNode?: string | undefined;
  readonly taskId?: string | undefined;
}

export interface ThreadService {
  /** `supersteps`: states to write at once, as `{graph, supersteps}` of POST /threads has it. */
  create(
    scope: Scope,
    thread: {
      id: string | undefined;
      metadata: JsonObject;
      ttl: ThreadTtl | null | undefined;
      ifExists: "raise" | "do_nothing";
      graphId?: string | undefined;
      supersteps?: readonly {
        readonly updates: readonly (StateUpdate & { command?: JsonObject })[];
      }[];
    },
  ): Promise<ThreadRow>;
  /** A thread that never ran has an empty state. Throws THREAD_NOT_FOUND, CHECKPOINT_NOT_FOUND. */
  state(
    scope: Scope,
    id: string,
    at: CheckpointRef,
    options: { subgraphs: boolean },
  ): Promise<WireState>;
  /** Answers the new checkpoint in wire form. Throws THREAD_BUSY while a run works on it. */
  update(scope: Scope, id: string, at: CheckpointRef, update: StateUpdate): Promise<JsonObject>;
  history(
    scope: Scope,
    id: string,
    query: {
      limit: number;
      before?: CheckpointRef | undefined;
      at?: CheckpointRef | undefined;
      metadata?: JsonObject | undefined;
    },
  ): Promise<WireState[]>;
  /** Record and checkpoints, children included. */
  copy(scope: Scope, id: string): Promise<ThreadRow>;
  /** Record, runs and checkpoints; running runs are stopped first. */
  delete(scope: Scope, id: string): Promise<void>;
  /** Deletes the checkpoints of threads whose records are gone already (with their assistant). */
  forget(scope: Scope, ids: readonly string[]): Promise<void>;
  /**
   * `delete`: like delete; with `restedSince` only what nobody has used since. `keep_latest`: older checkpoints
   * go. Answers how many threads were pruned.
   */
  prune(
    scope: Scope,
    ids: readonly string[],
    strategy: "delete" | "keep_latest",
    restedSince?: number,
  ): Promise<number>;
}
