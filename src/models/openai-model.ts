// Models of OpenAI and of whatever server speaks its protocol.
import { ChatOpenAI, ChatOpenAICompletions } from "@langchain/openai";
import { fieldsOf, strictCompletions, type CompletionsOptions } from "./strict-completions.ts";

const StrictOpenAI = strictCompletions(ChatOpenAICompletions);

/** A ChatOpenAI that fails loudly; retries are left to the caller. */
export const createOpenAIModel = (options: CompletionsOptions): ChatOpenAI =>
  new ChatOpenAI({ ...fieldsOf(options), completions: new StrictOpenAI(options) });
