// How many tokens a prompt can be at most, without the tokenizer of each model: for reservations.
import type { BaseMessage } from "@langchain/core/messages";
import { convertToOpenAITool, isLangChainTool } from "@langchain/core/utils/function_calling";

const PER_MESSAGE = 8;
const PER_IMAGE = 3000;

/** At least the tokens of common byte-pair tokenizers; about two and a half times those of English text. */
export const estimateTokens = (messages: readonly BaseMessage[], tools?: unknown): number => {
  const sent = messages.reduce((sum, message) => sum + PER_MESSAGE + tokensOfMessage(message), 0);
  const given: unknown[] = Array.isArray(tools) ? tools : [];
  return given.reduce<number>((sum, tool) => sum + tokensOfTool(tool), sent);
};

/** The same tools are sent with every call of a task. */
const counted = new WeakMap<object, number>();

const tokensOfTool = (tool: unknown): number => {
  if (typeof tool !== "object" || tool === null) return 0;
  const known = counted.get(tool);
  if (known !== undefined) return known;
  // Some models are handed tools as they are, with a zod schema or a function inside.
  const sent = isLangChainTool(tool) ? convertToOpenAITool(tool) : tool;
  const tokens = PER_MESSAGE + tokensOfText(JSON.stringify(sent));
  counted.set(tool, tokens);
  return tokens;
};

const tokensOfMessage = (message: BaseMessage): number => {
  const calls = "tool_calls" in message ? JSON.stringify(message.tool_calls) : "";
  return tokensOfContent(message.content) + tokensOfText(`${message.name ?? ""}${calls}`);
};

const tokensOfContent = (content: BaseMessage["content"]): number => {
  if (typeof content === "string") return tokensOfText(content);
  return content.reduce((sum, block) => {
    if (block.type === "text" && "text" in block) return sum + tokensOfText(String(block["text"]));
    if (block.type.includes("image")) return sum + PER_IMAGE;
    return sum + tokensOfText(JSON.stringify(block));
  }, 0);
};

/**
 * A word's letters, with the space before them, make at most half as many tokens; digits and signs at most one each (some
 * tokenizers take digits one by one); anything else at most its bytes in UTF-8.
 */
export const tokensOfText = (text: string): number => {
  let tokens = 0;
  for (const [piece] of text.matchAll(/ ?[A-Za-z]+|[ \t]+|[\u0080-\uffff]+|[\s\S]/g)) {
    if (/[A-Za-z]$/.test(piece)) tokens += Math.ceil(piece.length / 2);
    else if (/^[ \t]/.test(piece)) tokens += 1 + Math.floor(piece.length / 16);
    else if (piece.charCodeAt(0) > 0x7f) tokens += Buffer.byteLength(piece);
    else tokens += 1;
  }
  return tokens;
};
