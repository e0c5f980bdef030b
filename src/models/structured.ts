// An answer in a required form: one tool call, checked, repaired once with the error, then failed.
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage, HumanMessage, ToolMessage, type BaseMessage } from "@langchain/core/messages";
import { z } from "zod";
import { messageOf, TuttiError } from "../errors.ts";
import { nameOf } from "./model-card.ts";
import { refusedAnswer, wasCutShort } from "./refusal.ts";

/** A form in which the model may answer. */
export interface AnswerTool {
  readonly name: string;
  readonly description: string;
  readonly schema: z.ZodType;
}

/** The call the model made, with its arguments as the schema parses them. */
export type StructuredAnswer<Tools extends readonly AnswerTool[]> = {
  [Index in keyof Tools]: { tool: Tools[Index]["name"]; value: z.output<Tools[Index]["schema"]> };
}[number];

export interface AskOptions<Tools extends readonly AnswerTool[]> {
  readonly tools: Tools;
  readonly signal?: AbortSignal | undefined;
  /** What is wrong with a value beyond its schema; told to the model. */
  readonly validate?: (answer: StructuredAnswer<Tools>) => string[];
}

/**
 * Asks for one call of one of the tools. Throws MODEL_REFUSED, and MODEL_OUTPUT when the answer is
 * still unusable after it was sent back once; errors of the call itself pass through.
 */
export const askStructured = async <const Tools extends readonly AnswerTool[]>(
  model: BaseChatModel,
  messages: readonly BaseMessage[],
  options: AskOptions<Tools>,
): Promise<StructuredAnswer<Tools>> => {
  const ask = asker(model, options);
  const first = await ask([...messages]);
  const answer = readAnswer(model, first, options);
  if ("value" in answer) return answer.value;
  const second = await ask([...messages, ...sendBack(first, answer.problem, options.tools)]);
  const repaired = readAnswer(model, second, options);
  if ("value" in repaired) return repaired.value;
  throw new TuttiError(
    "MODEL_OUTPUT",
    `${nameOf(model)} did not answer in the required form, also when told why: ${repaired.problem}`,
    {
      hint: "Resume to try once more, or choose a model that is better at calling tools.",
      retryable: true,
      data: { problems: [answer.problem, repaired.problem] },
    },
  );
};

type Ask = (messages: BaseMessage[]) => Promise<BaseMessage>;

/** Forces a call by `tool_choice` where the model takes it, else asks for one in words. */
const asker = (
  model: BaseChatModel,
  { tools, signal }: Pick<AskOptions<readonly AnswerTool[]>, "tools" | "signal">,
): Ask => {
  if (model.bindTools === undefined) {
    throw new TuttiError("MODEL_OUTPUT", `${nameOf(model)} cannot call tools.`, {
      hint: "Choose a model that can.",
    });
  }
  const given = tools.map(({ name, description, schema }) => ({ name, description, schema }));
  const config = signal === undefined ? {} : { signal };
  const [only] = tools;
  const choice = tools.length === 1 && only !== undefined ? only.name : "any";
  const forced = model.bindTools(given, { tool_choice: choice });
  let takesChoice = true;
  return async (messages) => {
    if (takesChoice) {
      try {
        return await forced.invoke(messages, config);
      } catch (error) {
        if (!isAboutToolChoice(error)) throw error;
        takesChoice = false;
      }
    }
    const please = new HumanMessage(`Answer by calling ${namesOf(tools)}, with nothing else.`);
    return model.bindTools!(given).invoke([...messages, please], config);
  };
};

const isAboutToolChoice = (error: unknown): boolean => {
  const fields = error instanceof TuttiError ? error.data : (error as { status?: unknown });
  return (
    (fields["status"] === 400 || fields["status"] === 422) &&
    /tool_choice|tool choice/i.test(messageOf(error))
  );
};

type Read<Tools extends readonly AnswerTool[]> =
  | { value: StructuredAnswer<Tools> }
  | { problem: string };

const readAnswer = <Tools extends readonly AnswerTool[]>(
  model: BaseChatModel,
  message: BaseMessage,
  options: AskOptions<Tools>,
): Read<Tools> => {
  const refusal = refusedAnswer(message);
  if (refusal !== undefined) throw refusal(nameOf(model));
  // First: what a cut answer holds may look complete.
  if (wasCutShort(message)) {
    return { problem: "The answer was cut off at the bound on its length. Be shorter." };
  }
  const [invalid] = invalidCallsOf(message);
  if (invalid !== undefined) {
    const { name = "the tool", error = "no JSON" } = invalid;
    return { problem: `The arguments of ${name} are not valid JSON: ${error.split("\n")[0]}` };
  }
  const call = callsOf(message)[0];
  if (call === undefined) {
    return { problem: `The answer was text. Call ${namesOf(options.tools)} instead.` };
  }
  const tool = options.tools.find(({ name }) => name === call.name);
  if (tool === undefined) {
    return { problem: `There is no tool "${call.name}". Call ${namesOf(options.tools)}.` };
  }
  const parsed = tool.schema.safeParse(call.args);
  if (!parsed.success) return { problem: z.prettifyError(parsed.error) };
  const value = { tool: tool.name, value: parsed.data } as StructuredAnswer<Tools>;
  const problems = options.validate?.(value) ?? [];
  return problems.length === 0 ? { value } : { problem: problems.join("\n") };
};

/** The answer and what is wrong with it, in a form that every provider accepts. */
const sendBack = (
  message: BaseMessage,
  problem: string,
  tools: readonly AnswerTool[],
): BaseMessage[] => {
  const calls = callsOf(message);
  if (calls.length > 0 && invalidCallsOf(message).length === 0 && calls.every(({ id }) => id)) {
    const replies = calls.map(
      ({ id }) => new ToolMessage({ tool_call_id: id ?? "", status: "error", content: problem }),
    );
    return [new AIMessage({ content: message.content, tool_calls: calls }), ...replies];
  }
  // Calls that are no JSON cannot be sent again as calls.
  const said = [message.text, ...invalidCallsOf(message).map(({ args }) => args ?? "")].join("\n");
  return [
    new AIMessage(said.trim().slice(0, 4000) || "(nothing)"),
    new HumanMessage(`${problem}\nAnswer again by calling ${namesOf(tools)}.`),
  ];
};

const callsOf = (message: BaseMessage): NonNullable<AIMessage["tool_calls"]> =>
  AIMessage.isInstance(message) ? (message.tool_calls ?? []) : [];

const invalidCallsOf = (message: BaseMessage): NonNullable<AIMessage["invalid_tool_calls"]> =>
  AIMessage.isInstance(message) ? (message.invalid_tool_calls ?? []) : [];

const namesOf = (tools: readonly AnswerTool[]): string =>
  tools.map(({ name }) => `\`${name}\``).join(" or ");
