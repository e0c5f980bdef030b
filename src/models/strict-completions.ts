/* oxlint-disable no-underscore-dangle -- LangChain's names for what a model overrides */
// The chat completions protocol, made strict: what its SDK lets pass in silence (a stream that ends in the
// middle, an answer without choices, a refusal as empty text, a server that hangs) is an error here.
import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import {
  AIMessage,
  type BaseMessage,
  type BaseMessageChunk,
  type InvalidToolCall,
} from "@langchain/core/messages";
import type { ChatGenerationChunk, ChatResult } from "@langchain/core/outputs";
import type { ChatOpenAICompletions, ChatOpenAIFields } from "@langchain/openai";
import { messageOf, TuttiError } from "../errors.ts";
import { refusedAnswer } from "./refusal.ts";
import { timeLimit } from "./time-limit.ts";

export interface CompletionsOptions {
  /** `provider:model`, for errors. */
  readonly name: string;
  readonly model: string;
  readonly apiKey: string;
  readonly baseUrl?: string;
  /** For a whole answer; for a streamed one the longest silence. */
  readonly timeoutMs: number;
  readonly maxTokens?: number;
  readonly temperature?: number;
}

/** What LangChain's classes are given; retries are left to the caller. */
export const fieldsOf = (options: CompletionsOptions): ChatOpenAIFields => ({
  model: options.model,
  apiKey: options.apiKey,
  ...(options.baseUrl === undefined ? {} : { configuration: { baseURL: options.baseUrl } }),
  maxRetries: 0,
  // The SDK's own limit only covers the time to the first byte: a little later than ours.
  timeout: options.timeoutMs + 1000,
  ...(options.maxTokens === undefined ? {} : { maxTokens: options.maxTokens }),
  ...(options.temperature === undefined ? {} : { temperature: options.temperature }),
});

export type CompletionsClass = typeof ChatOpenAICompletions;

/** A class of models that speak chat completions, which fails loudly. */
export const strictCompletions = (Base: CompletionsClass) =>
  class StrictCompletions extends Base {
    private readonly fullName: string;
    private readonly timeoutMs: number;

    constructor(options: CompletionsOptions) {
      super(fieldsOf(options));
      this.fullName = options.name;
      this.timeoutMs = options.timeoutMs;
      // Some providers' classes know one address only.
      if (options.baseUrl !== undefined) this.clientConfig.baseURL = options.baseUrl;
    }

    override async _generate(
      messages: BaseMessage[],
      options: this["ParsedCallOptions"],
      runManager?: CallbackManagerForLLMRun,
    ): Promise<ChatResult> {
      const limit = timeLimit(this.timeoutMs, options.signal);
      try {
        const limited = { ...options, signal: limit.signal };
        const result = await limit.race(super._generate(messages, limited, runManager));
        const [first] = result.generations;
        if (first === undefined) throw emptyAnswer(this.fullName);
        throwIfRefused(this.fullName, first.message, first.generationInfo?.["finish_reason"]);
        return result;
      } finally {
        limit.stop();
      }
    }

    override async *_streamResponseChunks(
      messages: BaseMessage[],
      options: this["ParsedCallOptions"],
      runManager?: CallbackManagerForLLMRun,
    ): AsyncGenerator<ChatGenerationChunk> {
      const limit = timeLimit(this.timeoutMs, options.signal);
      const limited = { ...options, signal: limit.signal };
      const chunks = super._streamResponseChunks(messages, limited, runManager);
      let all: ChatGenerationChunk | undefined;
      let finish: unknown;
      try {
        for (;;) {
          const next = await limit.race(chunks.next());
          if (next.done === true) break;
          limit.restart();
          finish = next.value.generationInfo?.["finish_reason"] ?? finish;
          all = all === undefined ? next.value : all.concat(next.value);
          yield next.value;
        }
      } finally {
        limit.stop();
      }
      options.signal?.throwIfAborted();
      if (all === undefined) throw emptyAnswer(this.fullName);
      if (finish === undefined) throw streamCut(this.fullName);
      throwIfRefused(this.fullName, all.message, finish);
    }

    // LangChain drops the field `refusal` of a message: it is kept for throwIfRefused. Calls whose
    // arguments are no JSON it takes for the work of an old package, and says so on the console.
    protected override _convertCompletionsMessageToBaseMessage(...raw: RawMessage): BaseMessage {
      const [given, response] = raw;
      const { tool_calls: calls = [], ...rest } = given;
      const broken = calls.filter((call) => brokenJson(call) !== undefined);
      const whole = calls.filter((call) => !broken.includes(call));
      const tidy =
        broken.length === 0 ? given : { ...rest, ...(whole[0] && { tool_calls: whole }) };
      const message = super._convertCompletionsMessageToBaseMessage(tidy, response);
      if (AIMessage.isInstance(message)) {
        message.invalid_tool_calls = broken.flatMap((call) => brokenJson(call) ?? []);
      }
      return keepRefusal(message, given.refusal);
    }

    protected override _convertCompletionsDeltaToBaseMessageChunk(
      ...raw: RawDelta
    ): BaseMessageChunk {
      const chunk = super._convertCompletionsDeltaToBaseMessageChunk(...raw);
      return keepRefusal(chunk, raw[0]["refusal"]);
    }
  };

type RawMessage = Parameters<ChatOpenAICompletions["_convertCompletionsMessageToBaseMessage"]>;
type RawDelta = Parameters<ChatOpenAICompletions["_convertCompletionsDeltaToBaseMessageChunk"]>;

type RawCall = NonNullable<RawMessage[0]["tool_calls"]>[number];

/** What is wrong with the arguments of a call; undefined when they are JSON. */
const brokenJson = (call: RawCall): InvalidToolCall | undefined => {
  if (call.type !== "function") return undefined;
  const { name, arguments: args } = call.function;
  try {
    JSON.parse(args);
    return undefined;
  } catch (error) {
    return { type: "invalid_tool_call", id: call.id, name, args, error: messageOf(error) };
  }
};

const keepRefusal = <Message extends BaseMessage>(message: Message, refusal: unknown): Message => {
  if (typeof refusal === "string") message.additional_kwargs["refusal"] = refusal;
  return message;
};

const throwIfRefused = (model: string, message: BaseMessage, finish: unknown): void => {
  const refusal = refusedAnswer(message, finish);
  if (refusal !== undefined) throw refusal(model);
};

const emptyAnswer = (model: string): TuttiError =>
  new TuttiError("MODEL_UNAVAILABLE", `${model} answered without any choice`, {
    hint: "Nothing is lost: resume the run later, or choose another model.",
    retryable: true,
    data: { cause: "empty-answer", transient: true, spent: "unknown" },
  });

const streamCut = (model: string): TuttiError =>
  new TuttiError("MODEL_UNAVAILABLE", `${model} stopped in the middle of its answer`, {
    hint: "Nothing is lost: resume the run when the model answers again, or choose another model.",
    retryable: true,
    data: { cause: "connection-cut", transient: true, spent: "unknown" },
  });
