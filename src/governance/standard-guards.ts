// Every call in one visible list, from the outermost to the call itself (DESIGN, section 7).
import type { Clock } from "../clock.ts";
import type { FaultPolicy } from "../ports/index.ts";
import { authorised } from "./authorised.ts";
import { budgeted, type BudgetOptions } from "./budgeted.ts";
import { classified } from "./classified.ts";
import type { Guard } from "./guard.ts";
import { limited } from "./limited.ts";
import type { PolicyPoint } from "./policy/index.ts";
import { recorded } from "./recorded.ts";
import { retried } from "./retried.ts";

export interface GuardServices extends BudgetOptions {
  readonly policy: PolicyPoint;
  readonly faults: FaultPolicy;
  readonly clock: Clock;
}

/** Built once a process: parallel calls of a run then wait for each other's budget. */
export const standardGuards = (services: GuardServices): readonly Guard[] => [
  limited(services.clock), // first: calls that are denied count as steps, so that asking again ends
  authorised(services),
  retried(services.faults),
  budgeted(services),
  recorded(services.meter),
  classified(services.faults),
];
