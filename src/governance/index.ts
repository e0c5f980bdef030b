// What a run may do and spend, and the guards that see to it.
export * from "./approval/index.ts";
export type { BudgetOptions } from "./budgeted.ts";
export type { CallContext, Guard, StepCounter } from "./guard.ts";
export { guardModel } from "./guard-model.ts";
export { guardTool } from "./guard-tool.ts";
export { parseBudget } from "./parse-budget.ts";
export type { Budget } from "./parse-budget.ts";
export * from "./policy/index.ts";
export { timeOfUuid } from "./time-of-uuid.ts";
export { standardGuards } from "./standard-guards.ts";
export type { GuardServices } from "./standard-guards.ts";
