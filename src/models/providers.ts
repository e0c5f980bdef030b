// The providers a model's name can start with, as data. Adding one is one entry.

export interface Provider {
  /** Package and class; imported when a model of the provider is asked for. */
  readonly package: string;
  readonly className: string;
  /** Variable with the key; absent when none is needed. */
  readonly keyVariable?: string;
  /** Variable with the server's address, and the constructor's field for it. */
  readonly urlVariable?: string;
  readonly urlField?: string;
  /** The constructor's field for the bound on an answer. */
  readonly maxTokensField: string;
  /** Runs on the person's own machines. */
  readonly local?: boolean;
  /** A name to show as an example. */
  readonly example: string;
}

export const PROVIDERS: Readonly<Record<string, Provider>> = {
  anthropic: {
    package: "@langchain/anthropic",
    className: "ChatAnthropic",
    keyVariable: "ANTHROPIC_API_KEY",
    maxTokensField: "maxTokens",
    example: "anthropic:claude-sonnet-4-5",
  },
  "google-genai": {
    package: "@langchain/google-genai",
    className: "ChatGoogleGenerativeAI",
    keyVariable: "GOOGLE_API_KEY",
    maxTokensField: "maxOutputTokens",
    example: "google-genai:gemini-2.5-pro",
  },
  mistralai: {
    package: "@langchain/mistralai",
    className: "ChatMistralAI",
    keyVariable: "MISTRAL_API_KEY",
    maxTokensField: "maxTokens",
    example: "mistralai:mistral-large-latest",
  },
  groq: {
    package: "@langchain/groq",
    className: "ChatGroq",
    keyVariable: "GROQ_API_KEY",
    maxTokensField: "maxTokens",
    example: "groq:llama-3.3-70b-versatile",
  },
  deepseek: {
    package: "@langchain/deepseek",
    className: "ChatDeepSeek",
    keyVariable: "DEEPSEEK_API_KEY",
    maxTokensField: "maxTokens",
    example: "deepseek:deepseek-chat",
  },
  xai: {
    package: "@langchain/xai",
    className: "ChatXAI",
    keyVariable: "XAI_API_KEY",
    maxTokensField: "maxTokens",
    example: "xai:grok-4",
  },
  cohere: {
    package: "@langchain/cohere",
    className: "ChatCohere",
    keyVariable: "COHERE_API_KEY",
    maxTokensField: "maxTokens",
    example: "cohere:command-a-03-2025",
  },
  ollama: {
    package: "@langchain/ollama",
    className: "ChatOllama",
    urlVariable: "OLLAMA_BASE_URL",
    urlField: "baseUrl",
    maxTokensField: "numPredict",
    local: true,
    example: "ollama:qwen3:8b",
  },
};

/** Providers whose classes are installed with Tutti: what OpenAI's SDK needs to speak to them. */
export const COMMUNITY = {
  fireworks: {
    keyVariable: "FIREWORKS_API_KEY",
    urlVariable: "FIREWORKS_BASE_URL",
    example: "fireworks:accounts/fireworks/models/gpt-oss-120b",
  },
  novita: {
    keyVariable: "NOVITA_API_KEY",
    urlVariable: "NOVITA_BASE_URL",
    example: "novita:meta-llama/llama-3.3-70b-instruct",
  },
  together: {
    keyVariable: "TOGETHER_AI_API_KEY",
    urlVariable: "TOGETHER_AI_BASE_URL",
    example: "together:meta-llama/Llama-3.3-70B-Instruct-Turbo",
  },
} as const;

export type CommunityName = keyof typeof COMMUNITY;

/** OpenAI and whatever speaks its protocol is built in. */
export const OPENAI = {
  name: "openai",
  keyVariable: "OPENAI_API_KEY",
  urlVariable: "OPENAI_BASE_URL",
  defaultUrl: "https://api.openai.com/v1",
  example: "openai:gpt-5-mini",
} as const;

/** Undefined for a name that is no provider's, also for `constructor` and its like. */
export const providerOf = (name: string): Provider | undefined =>
  Object.hasOwn(PROVIDERS, name) ? PROVIDERS[name] : undefined;

export const isCommunity = (name: string): name is CommunityName => Object.hasOwn(COMMUNITY, name);

export const keyVariableOf = (provider: string): string | undefined => {
  if (provider === OPENAI.name) return OPENAI.keyVariable;
  return isCommunity(provider)
    ? COMMUNITY[provider].keyVariable
    : providerOf(provider)?.keyVariable;
};

/** What a name may start with, those that need no further package first. */
export const providerNames = (): string[] => [
  OPENAI.name,
  ...Object.keys(COMMUNITY),
  ...Object.keys(PROVIDERS),
];
