// The orchestrator as it is deployed: a goal in, a checked result out.
import { orchestratorServices } from "../src/compose/services.ts";
import { createOrchestrator } from "../src/orchestrator/index.ts";

export const graph = createOrchestrator(orchestratorServices);

/** Its tasks call tools and write files: no step may run before the one before it is saved. */
export const effects = true;
