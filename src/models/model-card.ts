// What the registry knows of a model it made. Kept beside the model, not in it: a BaseChatModel has
// no place for its price or for how to make it again.
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";

export interface ModelCard {
  /** `provider:model`, as a person wrote it. */
  readonly name: string;
  readonly provider: string;
  readonly model: string;
  /** Runs on the person's own machines: costs nothing a call. */
  readonly local: boolean;
  /** The same model with another bound on its answers. */
  readonly remake?: (maxTokens: number) => BaseChatModel;
}

const cards = new WeakMap<BaseChatModel, ModelCard>();

export const rememberCard = <Model extends BaseChatModel>(model: Model, card: ModelCard): Model => {
  cards.set(model, card);
  return model;
};

/** Undefined for a model that the registry did not make. */
export const cardOf = (model: BaseChatModel): ModelCard | undefined => cards.get(model);

/** `provider:model`, or the class's name for a model that the registry did not make. */
export const nameOf = (model: BaseChatModel): string => cardOf(model)?.name ?? model.getName();
