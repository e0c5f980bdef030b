// What agents are handed by compose: their tools and models, guarded, built for one task.
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import type { StructuredToolInterface } from "@langchain/core/tools";
import type { TaskContext } from "../ports/index.ts";

export interface Toolset {
  /**
   * The tools of these names for one task. A tool that is known but not configured (`web_search`
   * without an address) is left out; throws CONFIG_INVALID for an unknown name.
   */
  create(names: readonly string[], context: TaskContext): Promise<StructuredToolInterface[]>;
}

/** The model that an agent's declaration names, for one task. Throws MODEL_UNKNOWN, MODEL_AUTH. */
export type ModelSource = (name: string, context: TaskContext) => Promise<BaseChatModel>;
