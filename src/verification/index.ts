// Checks of plans and hand-overs, and where a figure or a fault comes from. Trusts nothing it is given.
export {
  type FigureTrace,
  type Lineage,
  lineageOf,
  type LineageStep,
  traceFigure,
} from "./lineage.ts";
export { type PlanSurroundings, validatePlan } from "./validate-plan.ts";
export {
  createVerifier,
  type Guardrail,
  type Judge,
  type Verifier,
  type VerifierServices,
} from "./verifier.ts";
