// What a model call costs, from the price table that ships with genai-prices: nothing is fetched.
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { calcPrice } from "@pydantic/genai-prices";
import type { ModelMeter, Price, TokenUsage } from "../ports/index.ts";
import { estimateTokens } from "./estimate-tokens.ts";
import { cardOf, type ModelCard, nameOf } from "./model-card.ts";

/** Euro per million tokens. */
export interface TokenPrice {
  readonly input: number;
  readonly output: number;
}

export interface PriceOptions {
  /** By `provider:model`; these go before the table, and before "local models cost nothing". */
  readonly overrides?: Readonly<Record<string, TokenPrice>>;
  /** Euro for one US dollar. The default, 1.0, has for years been on the safe side. */
  readonly eurPerUsd?: number;
  /** For models that no table knows. */
  readonly unknown?: TokenPrice;
}

/** What unknown models are taken to cost: as much as the dearest widely sold ones, per million tokens. */
export const UNKNOWN_PRICE: TokenPrice = { input: 15, output: 75 };

/** Counts, prices and caps the calls of models that the registry made. */
export const createModelMeter = (options: PriceOptions = {}): ModelMeter => ({
  name: nameOf,
  estimateTokens,
  cost: (model, usage) => priceOf(cardOf(model), usage, options),
  capOutput: (model: BaseChatModel, maxTokens: number): BaseChatModel =>
    cardOf(model)?.remake?.(maxTokens) ?? model,
});

/** The price of one call, rounded up to a micro-euro. */
export const priceOf = (
  card: ModelCard | undefined,
  usage: TokenUsage,
  options: PriceOptions = {},
): Price => {
  const override = card === undefined ? undefined : options.overrides?.[card.name];
  if (override !== undefined) return { microEur: linear(override, usage), known: true };
  if (card?.local === true) return { microEur: 0, known: true };
  const usd = card === undefined ? undefined : listPrice(card, usage);
  if (usd === undefined) {
    return { microEur: linear(options.unknown ?? UNKNOWN_PRICE, usage), known: false };
  }
  return { microEur: roundUp(usd * (options.eurPerUsd ?? 1) * 1e6), known: true };
};

const listPrice = (card: ModelCard, usage: TokenUsage): number | undefined => {
  const counts = {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    ...(usage.cachedTokens === undefined ? {} : { cache_read_tokens: usage.cachedTokens }),
  };
  return calcPrice(counts, card.model, { providerId: card.provider })?.total_price;
};

/** Euro per million tokens are micro-euro per token. */
const linear = (price: TokenPrice, usage: TokenUsage): number =>
  roundUp(usage.inputTokens * price.input + usage.outputTokens * price.output);

/** Up, but not because of the last bit of a product: 0.1 * 30 is not 4. */
const roundUp = (microEur: number): number => Math.ceil(Number(microEur.toPrecision(12)));
