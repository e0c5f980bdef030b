// A guard wraps every model and tool call; the guards of a process are one ordered list.
import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import type { BaseMessage } from "@langchain/core/messages";
import type { ChatGenerationChunk, ChatResult } from "@langchain/core/outputs";
import type { StructuredToolInterface, ToolRunnableConfig } from "@langchain/core/tools";
import type { Caller } from "../ports/index.ts";
import type { RunEvent } from "../protocol/index.ts";

/** On whose behalf a call is made, and within which bounds. */
export interface CallContext {
  readonly rootThread: string;
  readonly taskId: string;
  /** Who the run works for; without one, policy denies the call. */
  readonly caller?: Caller | undefined;
  /** The agent that makes the call. */
  readonly agent?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds since the epoch after which no call is started. */
  readonly deadline?: number | undefined;
  /** Counts the calls of the run, of models and tools alike. */
  readonly steps?: StepCounter | undefined;
  emit(event: RunEvent): void;
}

export interface StepCounter {
  readonly limit: number;
  /** Steps taken so far. */
  taken(): number;
  /** Counts one more. */
  take(): void;
}

export interface ModelCall {
  readonly model: BaseChatModel;
  readonly messages: readonly BaseMessage[];
  /** LangChain's call options: bound tools, stop words, the signal. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly stream: boolean;
  /** Parts go to someone who cannot take them back: after the first, the call cannot be repeated. */
  readonly live: boolean;
  readonly signal: AbortSignal | undefined;
  readonly runManager: CallbackManagerForLLMRun | undefined;
  /** From 1. */
  readonly attempt: number;
  /** Why the attempt before failed. */
  readonly retryReason?: string;
}

/** A streamed call yields chunks, any other call one result. */
export type ModelPart = { readonly chunk: ChatGenerationChunk } | { readonly result: ChatResult };

export type ModelNext = (call: ModelCall) => AsyncGenerator<ModelPart>;

export interface ToolInvocation {
  readonly tool: StructuredToolInterface;
  /** Arguments, or a whole tool call with `id` and `args`. */
  readonly input: unknown;
  readonly config: ToolRunnableConfig | undefined;
}

export type ToolNext = (call: ToolInvocation) => Promise<unknown>;

export interface Guard {
  readonly name: string;
  model?(call: ModelCall, context: CallContext, next: ModelNext): AsyncGenerator<ModelPart>;
  tool?(call: ToolInvocation, context: CallContext, next: ToolNext): Promise<unknown>;
}

/** The first guard of the list is the outermost. */
export const chainModel = (
  guards: readonly Guard[],
  context: CallContext,
  last: ModelNext,
): ModelNext =>
  guards.reduceRight<ModelNext>(
    (next, guard) =>
      guard.model === undefined ? next : (call) => guard.model!(call, context, next),
    last,
  );

export const chainTool = (
  guards: readonly Guard[],
  context: CallContext,
  last: ToolNext,
): ToolNext =>
  guards.reduceRight<ToolNext>(
    (next, guard) => (guard.tool === undefined ? next : (call) => guard.tool!(call, context, next)),
    last,
  );
