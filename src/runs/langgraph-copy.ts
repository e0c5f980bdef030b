// What a server takes from LangGraph itself where the copy matters: a graph of another project was made with
// that project's own LangGraph, which knows only its own commands and keeps its own schemas.
import { Command, Send } from "@langchain/langgraph";
import { schemaMetaRegistry } from "@langchain/langgraph/zod";
import {
  getConfigTypeSchema,
  getInputTypeSchema,
  getOutputTypeSchema,
  getStateTypeSchema,
  getUpdateTypeSchema,
} from "@langchain/langgraph/zod/schema";

export interface LanggraphCopy {
  readonly Command: typeof Command;
  readonly Send: typeof Send;
  /** What is said about channels beside their types. */
  readonly schemaMetaRegistry: Pick<typeof schemaMetaRegistry, "get">;
  readonly getConfigTypeSchema: typeof getConfigTypeSchema;
  readonly getInputTypeSchema: typeof getInputTypeSchema;
  readonly getOutputTypeSchema: typeof getOutputTypeSchema;
  readonly getStateTypeSchema: typeof getStateTypeSchema;
  readonly getUpdateTypeSchema: typeof getUpdateTypeSchema;
}

/** The one this program was built with. */
export const ownLanggraph: LanggraphCopy = {
  Command,
  Send,
  schemaMetaRegistry,
  getConfigTypeSchema,
  getInputTypeSchema,
  getOutputTypeSchema,
  getStateTypeSchema,
  getUpdateTypeSchema,
};
