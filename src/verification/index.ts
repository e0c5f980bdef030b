export { validatePlan } from "./validate-plan.ts";
