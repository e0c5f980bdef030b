// Models of providers that have no LangChain package of their own. Their classes come with
// @langchain/community; each is imported by its own path, since the whole package needs many others.
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import type { CommunityName } from "./providers.ts";
import {
  strictCompletions,
  type CompletionsClass,
  type CompletionsOptions,
} from "./strict-completions.ts";

const CLASSES: Readonly<Record<CommunityName, () => Promise<unknown>>> = {
  fireworks: async () => (await import("@langchain/community/chat_models/fireworks")).ChatFireworks,
  novita: async () => (await import("@langchain/community/chat_models/novita")).ChatNovitaAI,
  together: async () =>
    (await import("@langchain/community/chat_models/togetherai")).ChatTogetherAI,
};

/** Loads the provider's class, and gives what makes models of it that fail loudly. */
export const loadCommunityModel = async (
  provider: CommunityName,
): Promise<(options: CompletionsOptions) => BaseChatModel> => {
  // All three extend ChatOpenAICompletions; their types only narrow the fields they take.
  const Base = (await CLASSES[provider]()) as CompletionsClass;
  class CommunityModel extends strictCompletions(Base) {
    constructor(options: CompletionsOptions) {
      super(options);
      // OpenAI's SDK would send what the environment says of an account at OpenAI.
      Object.assign(this.clientConfig, { organization: null, project: null });
    }
  }
  return (options) => new CommunityModel(options);
};
