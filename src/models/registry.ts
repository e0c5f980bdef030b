// Models by name: `provider:model`, so that a YAML file or an option can say which one to use.
import { isIPv4 } from "node:net";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { messageOf, TuttiError } from "../errors.ts";
import { rememberCard, type ModelCard } from "./model-card.ts";
import {
  COMMUNITY,
  isCommunity,
  OPENAI,
  providerNames,
  PROVIDERS,
  providerOf,
  type CommunityName,
  type Provider,
} from "./providers.ts";

export interface ModelRegistryOptions {
  /** What "default" stands for; default "offline". */
  readonly defaultModel?: string;
  /** Keys and addresses by the name of their variable, e.g. OPENAI_API_KEY, OPENAI_BASE_URL. */
  readonly settings?: Readonly<Record<string, string | undefined>>;
  /** For a whole answer; for a streamed one the longest silence. Default 300,000. */
  readonly timeoutMs?: number;
  readonly temperature?: number;
  /** Imports a provider's package; for tests. */
  readonly load?: (name: string) => Promise<unknown>;
}

export interface ModelRegistry {
  /** Throws MODEL_UNKNOWN (with the npm line that helps) and MODEL_AUTH (with the variable to set). */
  resolve(name: string): Promise<BaseChatModel>;
  /** The full name behind "default". */
  fullName(name: string): string;
}

type Settings = NonNullable<ModelRegistryOptions["settings"]>;

export const createModelRegistry = (options: ModelRegistryOptions = {}): ModelRegistry => {
  const made = new Map<string, Promise<BaseChatModel>>();
  const fullName = (name: string): string =>
    name === "default" ? (options.defaultModel ?? "offline") : name;
  return {
    fullName,
    resolve(given) {
      const name = fullName(given);
      const known = made.get(name);
      if (known !== undefined) return known;
      const model = makeModel(name, options);
      made.set(name, model);
      // A failure is not kept: the package or the key may be there the next time.
      model.catch(() => made.delete(name));
      return model;
    },
  };
};

const makeModel = async (name: string, options: ModelRegistryOptions): Promise<BaseChatModel> => {
  if (name === "offline") return makeOffline();
  const colon = name.indexOf(":");
  const card = { name, provider: name.slice(0, colon), model: name.slice(colon + 1) };
  if (colon < 1 || card.model === "") throw unknownName(name);
  if (card.provider === OPENAI.name) return makeOpenAI(card, options);
  if (isCommunity(card.provider)) return makeCommunity(card, card.provider, options);
  const provider = providerOf(card.provider);
  if (provider === undefined) throw unknownName(name);
  return makeOther(card, provider, options);
};

const makeOffline = async (): Promise<BaseChatModel> => {
  const { OfflineModel } = await import("./offline/index.ts");
  const card = { name: "offline", provider: "offline", model: "offline", local: true };
  return rememberCard(new OfflineModel(), card);
};

type Named = Pick<ModelCard, "name" | "provider" | "model">;

const makeOpenAI = async (
  card: Named,
  { settings = {}, timeoutMs = 300_000, temperature }: ModelRegistryOptions,
): Promise<BaseChatModel> => {
  const baseUrl = given(settings, OPENAI.urlVariable) ?? OPENAI.defaultUrl;
  const key = given(settings, OPENAI.keyVariable);
  // Servers of one's own (vLLM, Ollama, llama.cpp) often need no key.
  if (key === undefined && baseUrl === OPENAI.defaultUrl)
    throw noKey(card.name, OPENAI.keyVariable);
  const { createOpenAIModel } = await import("./openai-model.ts");
  const make = (maxTokens?: number): BaseChatModel =>
    rememberCard(
      createOpenAIModel({
        name: card.name,
        model: card.model,
        apiKey: key ?? "none",
        baseUrl,
        timeoutMs,
        ...(maxTokens === undefined ? {} : { maxTokens }),
        ...(temperature === undefined ? {} : { temperature }),
      }),
      { ...card, local: isOwnMachine(baseUrl), remake: make },
    );
  return make();
};

const makeCommunity = async (
  card: Named,
  provider: CommunityName,
  { settings = {}, timeoutMs = 300_000, temperature }: ModelRegistryOptions,
): Promise<BaseChatModel> => {
  const { keyVariable, urlVariable } = COMMUNITY[provider];
  const key = given(settings, keyVariable);
  if (key === undefined) throw noKey(card.name, keyVariable);
  const baseUrl = given(settings, urlVariable);
  const { loadCommunityModel } = await import("./community-model.ts");
  const create = await loadCommunityModel(provider);
  const make = (maxTokens?: number): BaseChatModel =>
    rememberCard(
      create({
        name: card.name,
        model: card.model,
        apiKey: key,
        timeoutMs,
        ...(baseUrl === undefined ? {} : { baseUrl }),
        ...(maxTokens === undefined ? {} : { maxTokens }),
        ...(temperature === undefined ? {} : { temperature }),
      }),
      { ...card, local: false, remake: make },
    );
  return make();
};

type ModelClass = new (fields: Record<string, unknown>) => BaseChatModel;

const makeOther = async (
  card: Named,
  provider: Provider,
  { settings = {}, temperature, load }: ModelRegistryOptions,
): Promise<BaseChatModel> => {
  const Model = await loadClass(card.name, provider, load ?? ((name) => import(name)));
  const key = given(settings, provider.keyVariable);
  if (provider.keyVariable !== undefined && key === undefined) {
    throw noKey(card.name, provider.keyVariable);
  }
  const url = given(settings, provider.urlVariable);
  const make = (maxTokens?: number): BaseChatModel =>
    rememberCard(
      new Model({
        model: card.model,
        maxRetries: 0,
        ...(key === undefined ? {} : { apiKey: key }),
        ...(url === undefined || provider.urlField === undefined
          ? {}
          : { [provider.urlField]: url }),
        ...(temperature === undefined ? {} : { temperature }),
        ...(maxTokens === undefined ? {} : { [provider.maxTokensField]: maxTokens }),
      }),
      { ...card, local: provider.local ?? false, remake: make },
    );
  return make();
};

const loadClass = async (
  name: string,
  provider: Provider,
  load: NonNullable<ModelRegistryOptions["load"]>,
): Promise<ModelClass> => {
  let module: unknown;
  try {
    module = await load(provider.package);
  } catch (error) {
    throw new TuttiError(
      "MODEL_UNKNOWN",
      `${name} needs the package ${provider.package}, which could not be loaded: ${messageOf(error)}`,
      { hint: `Run: npm install ${provider.package}`, cause: error },
    );
  }
  const found = (module as Record<string, unknown>)[provider.className];
  if (typeof found === "function") return found as ModelClass;
  throw new TuttiError("MODEL_UNKNOWN", `${provider.package} has no ${provider.className}.`, {
    hint: `Run: npm install ${provider.package}@latest`,
  });
};

const given = (settings: Settings, variable: string | undefined): string | undefined => {
  const value = variable === undefined ? undefined : settings[variable]?.trim();
  return value === "" ? undefined : value;
};

/** Addresses that only reach the person's own machine or network: what runs there costs nothing a call. */
const isOwnMachine = (url: string): boolean => {
  const host = URL.canParse(url) ? new URL(url).hostname : "";
  if (/^(localhost|host\.docker\.internal|\[::1\])$|\.(local|lan|internal)$/.test(host))
    return true;
  return isIPv4(host) && /^(127|10|192\.168|172\.(1[6-9]|2\d|3[01]))\./.test(host);
};

const noKey = (name: string, variable: string): TuttiError =>
  new TuttiError("MODEL_AUTH", `${name} needs a key, and ${variable} is not set.`, {
    hint: `Set ${variable}, or use the model "offline", which needs none.`,
    data: { variable },
  });

const unknownName = (name: string): TuttiError => {
  const examples = [OPENAI.example, PROVIDERS["anthropic"]?.example, COMMUNITY.fireworks.example];
  const providers = providerNames();
  return new TuttiError("MODEL_UNKNOWN", `There is no model "${name}".`, {
    hint:
      `Write offline, or provider:model, such as ${examples.join(", ")}. ` +
      `Providers: ${providers.join(", ")}.`,
    data: { providers },
  });
};
