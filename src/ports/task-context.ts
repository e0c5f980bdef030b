// What a task's tools, models and checks are told about the task they serve.
import type { Caller } from "./caller.ts";
import type { HandOver, RunEvent, SourceRef, Task } from "../protocol/index.ts";

export interface TaskContext {
  /** Thread of the run. */
  readonly rootThread: string;
  /** On whose behalf; without one, policy denies every model and tool call. */
  readonly caller?: Caller | undefined;
  /** Thread of this attempt: `<root>/<task>/<attempt>`. */
  readonly thread: string;
  readonly task: Task;
  readonly attempt: number;
  readonly goal: string;
  readonly sources: readonly SourceRef[];
  /** Verified hand-overs of the tasks this one depends on, directly or not, by task id. */
  readonly inputs: Readonly<Record<string, HandOver>>;
  /** Data issues, phrases not covered and assumptions that a report must mention. */
  readonly caveats: readonly string[];
  readonly signal: AbortSignal | undefined;
  /** Milliseconds since the epoch after which no model or tool call is started. */
  readonly deadline?: number | undefined;
  emit(event: RunEvent): void;
}
