// Lets a LangChain model answer behind the scripted server, so that a whole job runs over a real
// socket through ChatOpenAI. A stand-in for a competent LLM: it is only as good as the model given.
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import {
  AIMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
  type BaseMessage,
} from "@langchain/core/messages";
import type { Script } from "./openai-server.ts";
import type { ChatRequest, Reply, WireMessage } from "./openai-wire.ts";

/** A script whose every answer is the model's. What the model throws is answered as a 400. */
export const answeringWith =
  (model: BaseChatModel): Script =>
  async (request) => {
    try {
      return await answer(model, request);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { fault: "status", status: 400, message };
    }
  };

const answer = async (model: BaseChatModel, request: ChatRequest): Promise<Reply> => {
  const tools = (request.tools ?? []).map(({ function: { name, description, parameters } }) => ({
    name,
    description: description ?? name,
    schema: parameters ?? { type: "object", properties: {} },
  }));
  if (tools.length > 0 && model.bindTools === undefined) {
    throw new Error(`${model.getName()} takes no tools`);
  }
  const choice = choiceOf(request.tool_choice);
  const kwargs = choice === undefined ? {} : { tool_choice: choice };
  const asked = tools.length > 0 ? model.bindTools!(tools, kwargs) : model;
  const message = await asked.invoke(request.messages.map(toLangChain));
  const { input_tokens: prompt = 0, output_tokens: completion = 0 } = message.usage_metadata ?? {};
  return {
    ...(message.text === "" ? {} : { text: message.text }),
    toolCalls: (message.tool_calls ?? []).map(({ name, args, id }) => ({
      name,
      args,
      ...(id === undefined ? {} : { id }),
    })),
    ...(message.usage_metadata === undefined ? {} : { usage: { prompt, completion } }),
  };
};

const choiceOf = (choice: unknown): string | undefined => {
  if (choice === "required") return "any";
  if (typeof choice === "string") return choice;
  if (typeof choice !== "object" || choice === null || !("function" in choice)) return undefined;
  return (choice.function as { name: string }).name;
};

const toLangChain = (message: WireMessage): BaseMessage => {
  const content = textOf(message.content);
  if (message.role === "user") return new HumanMessage(content);
  if (message.role === "tool") {
    const { tool_call_id = "", name } = message;
    return new ToolMessage({ content, tool_call_id, ...(name === undefined ? {} : { name }) });
  }
  if (message.role !== "assistant") return new SystemMessage(content);
  const calls = (message.tool_calls ?? []).map((call) => ({
    type: "tool_call" as const,
    id: call.id,
    name: call.function.name,
    args: JSON.parse(call.function.arguments) as Record<string, unknown>,
  }));
  return new AIMessage({ content, tool_calls: calls });
};

const textOf = (content: WireMessage["content"]): string =>
  typeof content === "string" ? content : (content ?? []).map((block) => block.text ?? "").join("");
