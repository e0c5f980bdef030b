export { createOrchestrator } from "./graph.ts";
export type { OrchestratorServices, PlannerContext, ServicesSource } from "./services.ts";
export { type RunOptions, type State as OrchestratorValues, type TaskRecord } from "./state.ts";
export { loadHandOver } from "./run-context.ts";
