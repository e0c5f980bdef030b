// Attempts at runs without a queue: a real saver on SQLite, rows made by hand.
import { randomUUID as uuid } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RunControl } from "@langchain/langgraph";

import { open, type Persistence } from "../../checkpoints/index.ts";
import type { DeployedGraph } from "../../src/runs/graph-catalog.ts";
import { ownLanggraph } from "../../src/runs/langgraph-copy.ts";
import { runGraph } from "../../src/runs/run-graph.ts";
import type { RunKwargs } from "../../src/runs/run-kwargs.ts";
import type { ServedGraph } from "../../src/runs/served-graph.ts";
import { threadKey } from "../../src/runs/thread-key.ts";
import type { RunEnding, RunRow } from "../../src/storage/index.ts";

export interface Bench extends Persistence {
  readonly url: string;
  dispose(): Promise<void>;
}

export const openBench = async (): Promise<Bench> => {
  const folder = mkdtempSync(join(tmpdir(), "tutti-runs-"));
  const url = `sqlite:${join(folder, "t.db")}`;
  const persistence = await open(url, { durability: "normal" });
  return {
    ...persistence,
    url,
    dispose: async () => {
      await persistence.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

export const deploy = (graph: unknown, more: Partial<DeployedGraph> = {}): DeployedGraph => ({
  id: "test",
  graph: graph as ServedGraph,
  langgraph: ownLanggraph,
  topology: "t1",
  version: "1",
  hasEffects: false,
  renamed: {},
  ...more,
});

let token = 0;
export const rowOf = (kwargs: Partial<RunKwargs>, more: Partial<RunRow> = {}): RunRow => ({
  tenant: "default",
  id: uuid(),
  threadId: uuid(),
  assistantId: "a0000000-0000-4000-8000-000000000000",
  graphId: "test",
  status: "running",
  metadata: {},
  kwargs: kwargs as RunRow["kwargs"],
  multitaskStrategy: "enqueue",
  priority: 0,
  attempts: 1,
  token: (token += 1),
  worker: "w",
  leaseUntil: null,
  availableAt: 0,
  cancel: null,
  cancelReason: null,
  startCheckpoint: null,
  isStateless: false,
  webhook: null,
  error: null,
  createdAt: 0,
  updatedAt: 0,
  ...more,
});

export interface Shown {
  readonly event: string;
  readonly data: unknown;
}
export interface Performed {
  readonly events: Shown[];
  readonly ending: Omit<RunEnding, "delivery">;
}

export interface PerformOptions {
  readonly signal?: AbortSignal;
  readonly control?: RunControl;
  readonly onEvent?: (event: Shown) => void;
}

/** One attempt: takes the fence as a worker does, collects the events, answers the ending. */
export const perform = async (
  bench: Bench,
  deployed: DeployedGraph,
  run: RunRow,
  options: PerformOptions = {},
): Promise<Performed> => {
  const { saver, store } = bench;
  await saver.acquire(threadKey(run.tenant, run.threadId), run.token);
  const events: Shown[] = [];
  const attempt = runGraph({
    run,
    deployed,
    saver,
    store,
    signal: options.signal ?? new AbortController().signal,
    control: options.control ?? new RunControl(),
  });
  for (;;) {
    const next = await attempt.next();
    if (next.done === true) return { events, ending: next.value };
    const shown = { event: next.value.event, data: JSON.parse(next.value.data) as unknown };
    events.push(shown);
    options.onEvent?.(shown);
  }
};
