// A chat model whose answers come from rules: reports over tables, without a key and without a network.
import {
  BaseChatModel,
  type BaseChatModelCallOptions,
  type BaseChatModelParams,
  type BindToolsInput,
} from "@langchain/core/language_models/chat_models";
import {
  AIMessage,
  AIMessageChunk,
  type BaseMessage,
  type UsageMetadata,
} from "@langchain/core/messages";
import { ChatGenerationChunk, type ChatResult } from "@langchain/core/outputs";
import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import type { BaseLanguageModelInput } from "@langchain/core/language_models/base";
import type { Runnable } from "@langchain/core/runnables";
import { convertToOpenAITool } from "@langchain/core/utils/function_calling";
import type { Call, ModelAnswer } from "./answer.ts";
import { conversationOf } from "./conversation.ts";
import { nextStep } from "./next-step.ts";

export interface OfflineCallOptions extends BaseChatModelCallOptions {
  tools?: BindToolsInput[];
}

const CHARACTERS_PER_TOKEN = 4;
const tokens = (text: string): number => Math.ceil(text.length / CHARACTERS_PER_TOKEN);

/** A plain estimate, so that budgets and traces have something to count; the price is nothing. */
const usageOf = (messages: readonly BaseMessage[], { text, calls }: ModelAnswer): UsageMetadata => {
  const input = messages.reduce((sum, message) => sum + tokens(message.text), 0);
  const output =
    tokens(text) +
    calls.reduce((sum, { name, args }) => sum + tokens(name + JSON.stringify(args)), 0);
  return { input_tokens: input, output_tokens: output, total_tokens: input + output };
};

const toolName = (tool: BindToolsInput): string => {
  const given = (tool as { name?: unknown }).name;
  if (typeof given === "string") return given;
  return convertToOpenAITool(tool as Record<string, unknown>).function.name;
};

/**
 * Plans by rules from a goal's words and the tables' schema, compiles queries to SQL, writes text with
 * figure tokens, and lays out reports. The same messages give the same answer. Throws
 * GOAL_NOT_UNDERSTOOD when nothing of a goal is in the data.
 */
export class OfflineModel extends BaseChatModel<OfflineCallOptions> {
  override lc_namespace = ["tutti", "models", "offline"];

  constructor(fields: BaseChatModelParams = {}) {
    super(fields);
  }

  static override lc_name(): string {
    return "OfflineModel";
  }

  _llmType(): string {
    return "tutti-offline";
  }

  override getLsParams(options: this["ParsedCallOptions"]) {
    return {
      ...super.getLsParams(options),
      ls_provider: "tutti",
      ls_model_name: "offline",
      ls_model_type: "chat" as const,
    };
  }

  override bindTools(
    tools: BindToolsInput[],
    options?: Partial<OfflineCallOptions>,
  ): Runnable<BaseLanguageModelInput, AIMessageChunk, OfflineCallOptions> {
    return this.withConfig({ ...options, tools });
  }

  #answer(
    messages: readonly BaseMessage[],
    options: this["ParsedCallOptions"],
  ): { answer: ModelAnswer; ids: string[] } {
    options.signal?.throwIfAborted();
    const conversation = conversationOf(messages, (options.tools ?? []).map(toolName));
    const answer = nextStep(conversation);
    const ids = answer.calls.map(({ name }, at) => `call_${conversation.turn}_${at}_${name}`);
    return { answer, ids };
  }

  async _generate(
    messages: BaseMessage[],
    options: this["ParsedCallOptions"],
  ): Promise<ChatResult> {
    const { answer, ids } = this.#answer(messages, options);
    const message = new AIMessage({
      content: answer.text,
      tool_calls: answer.calls.map(({ name, args }, at) => ({
        id: ids[at] ?? name,
        name,
        args,
        type: "tool_call" as const,
      })),
      usage_metadata: usageOf(messages, answer),
      response_metadata: metadata(answer.calls),
    });
    return { generations: [{ text: answer.text, message }] };
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this["ParsedCallOptions"],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const { answer, ids } = this.#answer(messages, options);
    for (const text of answer.text.match(/\S+\s*|\s+/g) ?? []) {
      const chunk = new ChatGenerationChunk({
        text,
        message: new AIMessageChunk({ content: text }),
      });
      yield chunk;
      await runManager?.handleLLMNewToken(text, undefined, undefined, undefined, undefined, {
        chunk,
      });
    }
    for (const [at, { name, args }] of answer.calls.entries()) {
      // Index 0 would be merged with the text beside it.
      const piece = {
        index: at + 1,
        id: ids[at] ?? name,
        name,
        args: JSON.stringify(args),
        type: "tool_call_chunk" as const,
      };
      yield new ChatGenerationChunk({
        text: "",
        message: new AIMessageChunk({ content: "", tool_call_chunks: [piece] }),
      });
    }
    yield new ChatGenerationChunk({
      text: "",
      message: new AIMessageChunk({
        content: "",
        usage_metadata: usageOf(messages, answer),
        response_metadata: metadata(answer.calls),
      }),
    });
  }
}

const metadata = (calls: readonly Call[]): Record<string, unknown> => ({
  model_name: "offline",
  finish_reason: calls.length > 0 ? "tool_calls" : "stop",
});
