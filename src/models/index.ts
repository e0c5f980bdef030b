// Models: found by name, priced, asked for answers in a form, and understood when they fail.
export { createFaultPolicy } from "./fault-policy.ts";
export type { FaultPolicyOptions } from "./fault-policy.ts";
export { judgeHandOver } from "./judge.ts";
export { nameOf } from "./model-card.ts";
export { openaiEmbeddings } from "./openai-embeddings.ts";
export { createModelMeter } from "./prices.ts";
export type { PriceOptions, TokenPrice } from "./prices.ts";
export { createModelRegistry } from "./registry.ts";
export type { ModelRegistry, ModelRegistryOptions } from "./registry.ts";
export { askStructured } from "./structured.ts";
export type { AnswerTool, AskOptions, StructuredAnswer } from "./structured.ts";
