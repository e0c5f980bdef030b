// One attempt at a run: executes a deployed graph on a thread and says what happens in the API's events.
import type { BaseStore, RunControl } from "@langchain/langgraph";
import type { LoggedEvent, RunEnding, RunRow } from "../storage/index.ts";
import type { Saver } from "./executable-graph.ts";
import type { DeployedGraph } from "./graph-catalog.ts";

export interface Attempt {
  readonly run: RunRow;
  readonly deployed: DeployedGraph;
  readonly saver: Saver;
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
