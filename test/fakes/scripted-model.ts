// A chat model for tests that says what it is told to say: replies are data, given in order. It is no
// LLM and judges nothing. It streams when asked to stream, and fails where the script says so.
import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import type { BaseLanguageModelInput } from "@langchain/core/language_models/base";
import {
  BaseChatModel,
  type BaseChatModelCallOptions,
  type BindToolsInput,
} from "@langchain/core/language_models/chat_models";
import { AIMessage, AIMessageChunk, type BaseMessage } from "@langchain/core/messages";
import type { ChatResult } from "@langchain/core/outputs";
import { ChatGenerationChunk } from "@langchain/core/outputs";
import type { Runnable } from "@langchain/core/runnables";

export interface ScriptedCall {
  readonly name: string;
  readonly args: Record<string, unknown>;
  /** Default `call_<reply>_<position>`. */
  readonly id?: string;
}

export interface ScriptedReply {
  readonly text?: string;
  readonly calls?: readonly ScriptedCall[];
  /** Tool calls whose arguments are no JSON. */
  readonly malformed?: readonly { name: string; args: string }[];
  /** Thrown instead of a reply. */
  readonly error?: Error;
}

/** A reply, or a function of the prompt that gives one. */
export type ScriptedStep = ScriptedReply | ((messages: BaseMessage[]) => ScriptedReply);

export interface Script {
  readonly steps: readonly ScriptedStep[];
  /** Every prompt so far, and the tools offered with the last one. */
  readonly prompts: BaseMessage[][];
  tools: BindToolsInput[];
}

export const script = (steps: readonly ScriptedStep[]): Script => ({
  steps,
  prompts: [],
  tools: [],
});

interface Options extends BaseChatModelCallOptions {
  tools?: BindToolsInput[];
}

export class ScriptedModel extends BaseChatModel<Options> {
  readonly script: Script;

  constructor(given: Script | readonly ScriptedStep[]) {
    super({});
    this.script = "steps" in given ? given : script(given);
  }

  override _llmType(): string {
    return "scripted";
  }

  override bindTools(
    tools: BindToolsInput[],
    kwargs?: Partial<Options>,
  ): Runnable<BaseLanguageModelInput, AIMessageChunk, Options> {
    return this.withConfig({ ...kwargs, tools });
  }

  /** The reply to one prompt. Throws what the script says, or when the script has come to its end. */
  private next(messages: BaseMessage[], options: this["ParsedCallOptions"]) {
    const at = this.script.prompts.length;
    this.script.prompts.push(messages);
    this.script.tools = options.tools ?? [];
    const step = this.script.steps[at];
    if (step === undefined) throw new Error(`the script has no reply ${at + 1}`);
    const reply = typeof step === "function" ? step(messages) : step;
    if (reply.error) throw reply.error;
    return { at, reply };
  }

  override async _generate(
    messages: BaseMessage[],
    options: this["ParsedCallOptions"],
  ): Promise<ChatResult> {
    const { at, reply } = this.next(messages, options);
    const text = reply.text ?? "";
    const message = new AIMessage({
      content: text,
      tool_calls: (reply.calls ?? []).map(({ name, args, id }, n) => ({
        name,
        args,
        id: id ?? `call_${at + 1}_${n + 1}`,
        type: "tool_call" as const,
      })),
      invalid_tool_calls: (reply.malformed ?? []).map((call, n) => ({
        ...call,
        id: `bad_${at + 1}_${n + 1}`,
        error: "malformed",
        type: "invalid_tool_call" as const,
      })),
      usage_metadata: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
    });
    return { generations: [{ text, message }] };
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this["ParsedCallOptions"],
    manager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const { at, reply } = this.next(messages, options);
    for (const piece of (reply.text ?? "").match(/\S+\s*/g) ?? []) {
      const message = new AIMessageChunk({ content: piece });
      yield new ChatGenerationChunk({ text: piece, message });
      await manager?.handleLLMNewToken(piece);
    }
    const calls = [
      ...(reply.calls ?? []).map((call, n) => ({
        name: call.name,
        args: JSON.stringify(call.args),
        id: call.id ?? `call_${at + 1}_${n + 1}`,
      })),
      ...(reply.malformed ?? []).map((call, n) => ({ ...call, id: `bad_${at + 1}_${n + 1}` })),
    ];
    const message = new AIMessageChunk({
      content: "",
      // Index 0 is the text's.
      tool_call_chunks: calls.map((call, n) => ({
        ...call,
        index: n + 1,
        type: "tool_call_chunk" as const,
      })),
      usage_metadata: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
    });
    yield new ChatGenerationChunk({ text: "", message });
  }
}
