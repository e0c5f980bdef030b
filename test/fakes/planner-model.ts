// A scripted planner, not a language model: a function from the briefing to one tool call.
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage, type BaseMessage } from "@langchain/core/messages";
import type { ChatResult } from "@langchain/core/outputs";
import { type PlannerBriefing, readBriefing } from "../../src/protocol/index.ts";

export type PlannerScript = (briefing: PlannerBriefing) => {
  tool: string;
  args: Record<string, unknown>;
};

export class PlannerModel extends BaseChatModel {
  readonly #script: PlannerScript;

  constructor(script: PlannerScript) {
    super({});
    this.#script = script;
  }

  override _llmType(): string {
    return "scripted-planner";
  }

  override bindTools(): this {
    return this;
  }

  override async _generate(messages: BaseMessage[]): Promise<ChatResult> {
    const briefing = messages
      .map((message) => readBriefing(message.text))
      .findLast((found) => found !== undefined);
    if (briefing?.role !== "planner") throw new Error("the scripted planner got no briefing");
    const { tool, args } = this.#script(briefing);
    const message = new AIMessage({
      content: "",
      tool_calls: [{ id: `call_${messages.length}`, name: tool, args, type: "tool_call" }],
    });
    return { generations: [{ text: "", message }] };
  }
}
