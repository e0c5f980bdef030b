// What a model call will take and took, as budgets see it.
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import type { BaseMessage } from "@langchain/core/messages";

export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** The part of `inputTokens` that the provider had cached. */
  readonly cachedTokens?: number;
}

export interface Price {
  /** Micro-euro, rounded up. For a model of unknown price: at the stated conservative rate. */
  readonly microEur: number;
  readonly known: boolean;
}

export interface ModelMeter {
  /** `provider:model`, or the class's name for a model that the registry did not make. */
  name(model: BaseChatModel): string;
  /** At least as many tokens as the prompt has; `tools` in the form sent to the model. */
  estimateTokens(messages: readonly BaseMessage[], tools?: unknown): number;
  cost(model: BaseChatModel, usage: TokenUsage): Price;
  /** The same model, answering with at most so many tokens; itself when it cannot be told. */
  capOutput(model: BaseChatModel, maxTokens: number): BaseChatModel;
}
