// npm run bench [-- ROUNDS]: figures that can be compared within one run of this script only.
import { benchOrchestrator } from "./orchestrator.ts";
import { benchProcesses } from "./processes.ts";

await benchOrchestrator();
benchProcesses();
