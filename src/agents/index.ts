// Agents: one agent = model + prompt + tools, as an assignee of tasks or as a partner in a chat.
export { createChatAgent } from "./chat-agent.ts";
export type { ChatServices } from "./chat-agent.ts";
export { AgentDeclaration } from "./declaration.ts";
export { readAgentDeclarations } from "./read-declarations.ts";
export type { ReadDeclarationsOptions } from "./read-declarations.ts";
export { createSpecialist } from "./specialist.ts";
export type { SpecialistOptions } from "./specialist.ts";
export type { ModelSource, Toolset } from "./toolset.ts";
