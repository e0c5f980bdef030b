// What is done about a model call that failed, as the retrying guard sees it.
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import type { TuttiError } from "../errors.ts";

export interface FaultPolicy {
  /**
   * Anything thrown by a model as a TuttiError. Its `data.transient` says whether another attempt
   * may help, `data.spent` whether the provider may have charged for it: `nothing` or `unknown`.
   */
  classify(error: unknown, model: BaseChatModel, signal?: AbortSignal): TuttiError;
  /** Milliseconds to wait after attempt `attempt` (from 1); undefined: give up. */
  delay(error: TuttiError, attempt: number): number | undefined;
  /** The error to end with after so many attempts. */
  giveUp(error: TuttiError, attempts: number): TuttiError;
  /** Rejects with CANCELLED as soon as the signal is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}
