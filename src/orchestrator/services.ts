// What the orchestrator is handed by compose: ports and guarded models, nothing it builds itself.
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import type { Clock } from "../clock.ts";
import type {
  ArtifactStore,
  Assignee,
  BudgetLedger,
  TableEngine,
  TaskContext,
} from "../ports/index.ts";
import type { GivenFile, SourceRef } from "../protocol/index.ts";
import type { Verifier } from "../verification/index.ts";

export interface OrchestratorServices {
  readonly clock: Clock;
  readonly artifacts: ArtifactStore;
  readonly tables: TableEngine;
  readonly verifier: Verifier;
  readonly budget: BudgetLedger;
  /** Specialists, crews and workflows by name. */
  readonly assignees: Readonly<Record<string, Assignee>>;
  /** The planner's model, guarded for one run. */
  planner(context: PlannerContext): Promise<BaseChatModel>;
  /**
   * Copies one given file into the store, for a thread. Throws INPUT_UNREADABLE, INPUT_TOO_LARGE,
   * FORBIDDEN when the host does not let this thread have it.
   */
  copyInput(file: GivenFile, thread: string): Promise<SourceRef>;
  /** Version and model names for the manifest. */
  readonly about: { readonly version: string; model(assignee: string): string };
}

/** The part of a task's context that a planner's calls have too. */
export type PlannerContext = Pick<
  TaskContext,
  "rootThread" | "caller" | "thread" | "attempt" | "signal" | "deadline" | "emit"
> & { readonly taskId: string };

/** Built on first use, so that importing a graph opens no file and no connection. */
export type ServicesSource = () => Promise<OrchestratorServices>;
