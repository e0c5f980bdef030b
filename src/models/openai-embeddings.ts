// Embeddings by OpenAI, or by a server that speaks its protocol.
import { OpenAIEmbeddings } from "@langchain/openai";

/** @public Loaded by compose with a dynamic import. Key and address come from the usual variables. */
export const openaiEmbeddings = (model: string, dimensions: number): OpenAIEmbeddings =>
  new OpenAIEmbeddings({ model, dimensions });
