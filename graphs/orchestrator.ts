// The orchestrator as it is deployed: a goal in, a checked result out.
import { orchestratorServices } from "../src/compose/services.ts";
import { createOrchestrator } from "../src/orchestrator/index.ts";

export const graph = createOrchestrator(orchestratorServices);
