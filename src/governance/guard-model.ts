/* oxlint-disable no-underscore-dangle -- LangChain's names for what a model overrides */
// A BaseChatModel whose every call goes through the guards, however it is made: invoke, stream,
// with bound tools or structured output.
import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import type {
  BaseLanguageModelInput,
  StructuredOutputMethodOptions,
} from "@langchain/core/language_models/base";
import {
  BaseChatModel,
  type BaseChatModelCallOptions,
  type BindToolsInput,
} from "@langchain/core/language_models/chat_models";
import {
  assembleStructuredOutputPipeline,
  createFunctionCallingParser,
} from "@langchain/core/language_models/structured_output";
import type { AIMessageChunk, BaseMessage } from "@langchain/core/messages";
import type { ChatGenerationChunk, ChatResult } from "@langchain/core/outputs";
import { RunnableBinding, type Runnable } from "@langchain/core/runnables";
import { getSchemaDescription } from "@langchain/core/utils/types";
import { TuttiError } from "../errors.ts";
import { callModel } from "./call-model.ts";
import {
  chainModel,
  type CallContext,
  type Guard,
  type ModelCall,
  type ModelNext,
} from "./guard.ts";

/** Set on the options of a call whose chunks go straight to the caller of `stream()`. */
const LIVE = Symbol("live");

/** The model behind the guards; the first guard is the outermost. */
export const guardModel = (
  model: BaseChatModel,
  guards: readonly Guard[],
  context: CallContext,
): BaseChatModel => new GuardedModel(model, guards, context);

type CallOptions = BaseChatModelCallOptions;

class GuardedModel extends BaseChatModel {
  private readonly inner: BaseChatModel;
  private readonly context: CallContext;
  private readonly call: ModelNext;

  constructor(inner: BaseChatModel, guards: readonly Guard[], context: CallContext) {
    super({
      // Without chunks of its own a model is asked in one piece, also for `stream()`.
      disableStreaming: inner.disableStreaming || !streams(inner),
      ...(inner.metadata === undefined ? {} : { metadata: inner.metadata }),
      ...(inner.tags === undefined ? {} : { tags: inner.tags }),
    });
    this.disableStreaming = inner.disableStreaming || !streams(inner);
    this.inner = inner;
    this.context = context;
    this.call = chainModel(guards, context, callModel);
  }

  override async _generate(
    messages: BaseMessage[],
    options: this["ParsedCallOptions"],
    runManager?: CallbackManagerForLLMRun,
  ): Promise<ChatResult> {
    let result: ChatResult | undefined;
    for await (const part of this.call(this.callOf(messages, options, runManager, false))) {
      if ("result" in part) result = part.result;
    }
    if (result !== undefined) return result;
    throw new TuttiError("INTERNAL", `${this.inner.getName()} ended without a result.`);
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this["ParsedCallOptions"],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    for await (const part of this.call(this.callOf(messages, options, runManager, true))) {
      if ("chunk" in part) yield part.chunk;
    }
  }

  override async *_streamIterator(
    input: BaseLanguageModelInput,
    options?: Partial<CallOptions>,
  ): AsyncGenerator<AIMessageChunk> {
    yield* super._streamIterator(input, { ...options, [LIVE]: true } as Partial<CallOptions>);
  }

  override bindTools(
    tools: BindToolsInput[],
    kwargs?: Partial<CallOptions>,
  ): Runnable<BaseLanguageModelInput, AIMessageChunk, CallOptions> {
    if (this.inner.bindTools === undefined) {
      throw new TuttiError("MODEL_OUTPUT", `${this.inner.getName()} cannot call tools.`, {
        hint: "Choose a model that can.",
      });
    }
    // The tools in the provider's own form are taken over as options of calls to this wrapper.
    return new RunnableBinding({
      bound: this,
      ...boundOptions(this.inner.bindTools(tools, kwargs)),
    });
  }

  // By a forced call, whatever method the provider prefers: the base class's own way forces
  // nothing and refuses the answer of a model that does not stream. `never` stands for its overloads.
  override withStructuredOutput(
    schema: never,
    config?: StructuredOutputMethodOptions<boolean>,
  ): never {
    const name = config?.name ?? "extract";
    const given = { name, description: getSchemaDescription(schema) ?? "The answer", schema };
    const model = this.bindTools([given], { tool_choice: name });
    const parser = createFunctionCallingParser(schema, name);
    return assembleStructuredOutputPipeline(model, parser, config?.includeRaw) as never;
  }

  override getLsParams(options: this["ParsedCallOptions"]) {
    return this.inner.getLsParams(options);
  }

  override invocationParams(options?: this["ParsedCallOptions"]): unknown {
    return this.inner.invocationParams(options);
  }

  override getName(suffix?: string): string {
    return this.inner.getName(suffix);
  }

  /** Capabilities, as `createAgent` reads them. */
  override get profile() {
    return this.inner.profile;
  }

  override _llmType(): string {
    // Asked for in the base class's constructor already, before there is an inner model.
    return (this.inner as BaseChatModel | undefined)?._llmType() ?? "guarded";
  }

  private callOf(
    messages: readonly BaseMessage[],
    { [LIVE]: live, ...options }: this["ParsedCallOptions"] & { [LIVE]?: boolean },
    runManager: CallbackManagerForLLMRun | undefined,
    stream: boolean,
  ): ModelCall {
    const signals = [options.signal, this.context.signal].filter((signal) => signal !== undefined);
    const signal = signals.length > 1 ? AbortSignal.any(signals) : signals[0];
    return {
      model: this.inner,
      messages,
      options: signal === undefined ? options : { ...options, signal },
      stream,
      // In invoke() LangChain collects the chunks and callbacks carry the live text; otherwise
      // whoever reads the chunks has used them.
      live: live === true || (stream && runManager === undefined),
      signal,
      runManager,
      attempt: 1,
    };
  }
}

const streams = (model: BaseChatModel): boolean =>
  model._streamResponseChunks !== BaseChatModel.prototype._streamResponseChunks;

type Bound = Pick<RunnableBinding<BaseLanguageModelInput, AIMessageChunk>, "config" | "kwargs">;

/** What `bindTools` of the inner model bound: most return a binding, ChatOpenAI a model with defaults. */
const boundOptions = (bound: Runnable<BaseLanguageModelInput, AIMessageChunk>): Bound => {
  if (RunnableBinding.isRunnableBinding(bound)) {
    return { config: bound.config, kwargs: bound.kwargs ?? {} };
  }
  if (bound instanceof BaseChatModel && "defaultOptions" in bound) {
    return { config: { ...(bound.defaultOptions as object) }, kwargs: {} };
  }
  throw new TuttiError("INTERNAL", `${bound.getName()} binds tools in a way Tutti does not know.`);
};
