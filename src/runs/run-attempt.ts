// What executing a run takes, and what it says: the contract between the queue and the graphs.
import type { BaseStore, RunControl } from "@langchain/langgraph";
import type { LoggedEvent, RunEnding, RunRow } from "../storage/index.ts";
import type { FencedSaver } from "./fenced-saver.ts";
import type { DeployedGraph } from "./graph-catalog.ts";

export interface Attempt {
  readonly run: RunRow;
  readonly deployed: DeployedGraph;
  readonly saver: FencedSaver;
  readonly store: BaseStore;
  /** Aborted with an AttemptStopped: to cancel, to drain, or because the run was lost to another worker. */
  readonly signal: AbortSignal;
  /** Asked to drain when the worker stops: ends between two steps. Goes into the execution's `control`. */
  readonly control: RunControl;
}

export type RunEvent = Omit<LoggedEvent, "seq">;

/** Yields events in order; returns how the attempt ended. Throws only what is a fault of the platform. */
export type RunGraph = (
  attempt: Attempt,
) => AsyncGenerator<RunEvent, Omit<RunEnding, "delivery">, void>;
