// Threads' state: read, changed, copied, deleted. Nothing here starts a run; what is written carries the
// fence the thread has, so that it loses against a run that begins meanwhile.
import type { BaseStore, StateSnapshot } from "@langchain/langgraph";
import type { Clock } from "../clock.ts";
import { messageOf, TuttiError } from "../errors.ts";
import type { JsonObject, Records, Scope, ThreadRow, ThreadTtl } from "../storage/index.ts";
import type { FencedSaver } from "./fenced-saver.ts";
import type { DeployedGraph, GraphCatalog } from "./graph-catalog.ts";
import { checkpointOf } from "./public-config.ts";
import { commandOf } from "./run-input.ts";
import type { ServedGraph, Superstep } from "./served-graph.ts";
import { graphAt, readConfig } from "./thread-config.ts";
import { threadKey } from "./thread-key.ts";
import type { CheckpointRef, StateUpdate, ThreadService } from "./thread-service.ts";
import { summaryOf } from "./thread-summary.ts";
import { uuidv7 } from "./uuid.ts";
import { EMPTY_STATE, wireState } from "./wire-state.ts";

/** What only the checkpoints' database can do: whole threads, children included. */
export interface ThreadCare {
  copyThread(from: string, to: string): Promise<void>;
  /** Leaves the newest checkpoint of each namespace. */
  pruneThread(thread: string): Promise<void>;
}

export interface ThreadServiceOptions {
  readonly records: Pick<Records, "threads">;
  readonly catalog: Pick<GraphCatalog, "load">;
  readonly saver: FencedSaver;
  /** What graphs are given while their state is changed. */
  readonly store: (tenant: string) => BaseStore;
  readonly care: ThreadCare;
  readonly clock: Clock;
  /** Of threads about which nothing else is said; default: they live until they are deleted. */
  readonly threadTtl?: ThreadTtl | undefined;
}

type NewThread = Parameters<ThreadService["create"]>[1];
type NewRow = Parameters<Records["threads"]["create"]>[1];
type NewSupersteps = NonNullable<NewThread["supersteps"]>;

const KEPT: ReadonlySet<unknown> = new Set([
  "THREAD_NOT_FOUND",
  "THREAD_BUSY",
  "CHECKPOINT_CONFLICT",
]);

const graphIdOf = ({ metadata }: ThreadRow): string | undefined => {
  const id = metadata["graph_id"];
  return typeof id === "string" ? id : undefined;
};

const noGraph = (id: string): TuttiError =>
  new TuttiError("REQUEST_INVALID", `Thread ${id} has no graph ID`, {
    hint: "run a graph on it first, or give it metadata.graph_id",
  });

const noCheckpoint = (id: string, at: CheckpointRef): TuttiError =>
  new TuttiError(
    "CHECKPOINT_NOT_FOUND",
    `Thread ${id} has no checkpoint ${at.checkpointId ?? at.checkpointNs ?? ""}`,
  );

const isNamed = ({ checkpointId, checkpointNs }: CheckpointRef): boolean =>
  checkpointId !== undefined || (checkpointNs ?? "") !== "";

/** What a failed update was: a run that began meanwhile, or a request the graph has no place for. */
const updateError = (id: string, error: unknown): unknown => {
  const { name, code } = error as { name?: unknown; code?: unknown };
  if (code === "CHECKPOINT_CONFLICT")
    return new TuttiError("THREAD_BUSY", "Thread is busy", { retryable: true, cause: error });
  const isRefused =
    name === "InvalidUpdateError" || name === "ZodError" || code === "CHECKPOINT_INVALID";
  if (!isRefused) return error;
  const why = `the state of thread ${id} cannot be changed so: ${messageOf(error)}`;
  return new TuttiError("REQUEST_INVALID", why, { cause: error });
};

const superstepsOf = (supersteps: NewSupersteps, deployed: DeployedGraph): Superstep[] =>
  supersteps.map(({ updates }) => ({
    updates: updates.map((update) => updateOf(update, deployed)),
  }));

const updateOf = (
  { values, command, asNode, taskId }: StateUpdate & { command?: JsonObject },
  deployed: DeployedGraph,
) => ({
  values: command === undefined || command === null ? values : commandOf(command, deployed),
  ...(asNode === undefined ? {} : { asNode }),
  ...(taskId === undefined ? {} : { taskId }),
});

export const createThreadService = (options: ThreadServiceOptions): ThreadService => {
  const { records, catalog, saver, care, clock } = options;
  const { threads } = records;

  const graphOf = async (row: ThreadRow): Promise<DeployedGraph | undefined> => {
    const id = graphIdOf(row);
    return id === undefined ? undefined : await catalog.load(id, row.config);
  };
  const keyOf = ({ tenant, id }: ThreadRow): string => threadKey(tenant, id);

  /** Given a saver, LangGraph takes every namespace for the graph's own: the subgraph is found here. */
  const placeOf = async (
    { graph }: DeployedGraph,
    row: ThreadRow,
    at: CheckpointRef,
  ): Promise<ServedGraph> => {
    const own = await graphAt(graph, at.checkpointNs ?? "");
    if (own === undefined) throw noCheckpoint(row.id, at);
    return own;
  };

  const snapshotOf = async (
    deployed: DeployedGraph,
    row: ThreadRow,
    at: CheckpointRef,
    subgraphs = false,
  ): Promise<StateSnapshot> => {
    const graph = await placeOf(deployed, row, at);
    return await graph.getState(readConfig(saver, keyOf(row), row.config, at), { subgraphs });
  };

  /** Writes supersteps in the name of whoever holds the thread now. */
  const write = async (
    deployed: DeployedGraph,
    row: ThreadRow,
    at: CheckpointRef,
    supersteps: Superstep[],
  ): Promise<JsonObject> => {
    const { configurable } = readConfig(saver, keyOf(row), row.config, at);
    // Nobody has a thread that has no checkpoints yet.
    const known = await saver.info(keyOf(row));
    const fence = known === undefined ? {} : { fence: known.token };
    const { id, version, topology } = deployed;
    const config = {
      configurable: { ...configurable, ...fence, graph: { id, version, topology } },
      store: options.store(row.tenant),
    };
    try {
      const graph = await placeOf(deployed, row, at);
      const written = await graph.bulkUpdateState(config, supersteps);
      return checkpointOf(written, row.tenant) ?? {};
    } catch (error) {
      throw updateError(row.id, error);
    }
  };

  /** The record follows the state; a run that began meanwhile will say itself how the thread stands. */
  const record = async (scope: Scope, deployed: DeployedGraph, row: ThreadRow) => {
    const summary = summaryOf(await snapshotOf(deployed, row, {}));
    try {
      return await threads.setState(scope, row.id, summary);
    } catch (error) {
      if (error instanceof TuttiError && error.code === "THREAD_BUSY") return row;
      throw error;
    }
  };

  const tupleOf = (row: ThreadRow, { checkpointNs = "", checkpointId }: CheckpointRef = {}) =>
    saver.getTuple({
      configurable: {
        thread_id: keyOf(row),
        checkpoint_ns: checkpointNs,
        ...(checkpointId === undefined ? {} : { checkpoint_id: checkpointId }),
      },
    });
  const hasCheckpoints = async (row: ThreadRow): Promise<boolean> =>
    (await tupleOf(row)) !== undefined;

  const remove = async (scope: Scope, id: string, restedSince?: number): Promise<void> => {
    const row = await threads.get(scope, id);
    await threads.delete(scope, id, restedSince);
    await saver.deleteThread(keyOf(row));
  };

  const fill = async (scope: Scope, row: ThreadRow, supersteps: NewSupersteps) => {
    const deployed = await graphOf(row);
    if (deployed === undefined) throw noGraph(row.id);
    await write(deployed, row, {}, superstepsOf(supersteps, deployed));
    return await record(scope, deployed, row);
  };

  const copied = async (scope: Scope, row: ThreadRow, from: ThreadRow): Promise<ThreadRow> => {
    await threads.patch(scope, row.id, { config: from.config });
    if (!(await hasCheckpoints(from))) return await threads.get(scope, row.id);
    await care.copyThread(keyOf(from), keyOf(row));
    const deployed = await graphOf(from);
    if (deployed === undefined) return await threads.get(scope, row.id);
    return await record(scope, deployed, { ...row, config: from.config });
  };

  /** The row, and whether it was there before. */
  const found = async (scope: Scope, thread: NewRow, ifExists: NewThread["ifExists"]) => {
    try {
      return { row: await threads.create(scope, thread, "raise"), isNew: true };
    } catch (error) {
      const isThere = error instanceof TuttiError && error.code === "ALREADY_EXISTS";
      if (!isThere || ifExists === "raise") throw error;
      return { row: await threads.create(scope, thread, ifExists), isNew: false };
    }
  };

  /** A thread that is only half there is taken back. */
  const orUndo = async <T>(scope: Scope, id: string, work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      await remove(scope, id);
      throw error;
    }
  };

  return {
    create: async (scope, thread) => {
      const { graphId, supersteps = [] } = thread;
      const metadata =
        graphId === undefined ? thread.metadata : { ...thread.metadata, graph_id: graphId };
      const ttl = { ttl: thread.ttl === undefined ? (options.threadTtl ?? null) : thread.ttl };
      const id = thread.id ?? uuidv7(clock);
      const { row, isNew } = await found(scope, { id, metadata, ...ttl }, thread.ifExists);
      if (supersteps.length === 0 || (await hasCheckpoints(row))) return row;
      const filled = fill(scope, row, supersteps);
      return await (isNew ? orUndo(scope, id, filled) : filled);
    },

    state: async (scope, id, at, { subgraphs }) => {
      const row = await threads.get(scope, id);
      const deployed = await graphOf(row);
      if (deployed === undefined) {
        if (isNamed(at)) throw noCheckpoint(id, at);
        return EMPTY_STATE;
      }
      const snapshot = await snapshotOf(deployed, row, at, subgraphs);
      if (snapshot.createdAt !== undefined) return wireState(snapshot, row.tenant);
      if (isNamed(at)) throw noCheckpoint(id, at);
      return EMPTY_STATE;
    },

    update: async (scope, id, at, update) => {
      const row = await threads.get(scope, id);
      if (row.status === "busy")
        throw new TuttiError("THREAD_BUSY", "Thread is busy", { retryable: true });
      const deployed = await graphOf(row);
      if (deployed === undefined) throw noGraph(id);
      // LangGraph would write a checkpoint whose parent is not there.
      if (at.checkpointId !== undefined && (await tupleOf(row, at)) === undefined)
        throw noCheckpoint(id, at);
      const checkpoint = await write(deployed, row, at, [
        { updates: [updateOf(update, deployed)] },
      ]);
      await record(scope, deployed, row);
      return checkpoint;
    },

    history: async (scope, id, { limit, before, at = {}, metadata }) => {
      const row = await threads.get(scope, id);
      const deployed = await graphOf(row);
      if (deployed === undefined) return [];
      const key = keyOf(row);
      const beforeId = before?.checkpointId;
      const graph = await placeOf(deployed, row, at);
      const snapshots = graph.getStateHistory(readConfig(saver, key, row.config, at), {
        limit,
        ...(metadata === undefined ? {} : { filter: metadata }),
        ...(beforeId === undefined
          ? {}
          : { before: { configurable: { thread_id: key, checkpoint_id: beforeId } } }),
      });
      const states: JsonObject[] = [];
      for await (const snapshot of snapshots) states.push(wireState(snapshot, row.tenant));
      return states;
    },

    copy: async (scope, id) => {
      const from = await threads.get(scope, id);
      const to = uuidv7(clock);
      const metadata = { ...from.metadata, thread_id: to };
      const row = await threads.create(scope, { id: to, metadata, ttl: from.ttl }, "raise");
      return await orUndo(scope, to, copied(scope, row, from));
    },

    delete: (scope, id) => remove(scope, id),

    forget: async ({ tenant }, ids) => {
      for (const id of ids) await saver.deleteThread(threadKey(tenant, id));
    },

    prune: async (scope, ids, strategy, restedSince) => {
      let pruned = 0;
      for (const id of ids) {
        try {
          if (strategy === "delete") await remove(scope, id, restedSince);
          else await care.pruneThread(keyOf(await threads.get(scope, id)));
          pruned += 1;
        } catch (error) {
          // Not there (any more), or at work: not pruned.
          if (!KEPT.has((error as { code?: unknown }).code)) throw error;
        }
      }
      return pruned;
    },
  };
};
