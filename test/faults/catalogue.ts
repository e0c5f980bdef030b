// The catalogue of seeded faults. To add a case, add one entry to the list it belongs to: every entry is
// planted in the clean run of every table it applies to, and the checker must name it.
import type { Fault, HandOverFault } from "./fault.ts";
import { CONTENT_FAULTS } from "./content-faults.ts";
import { FIGURE_FAULTS } from "./figure-faults.ts";
import { FILE_FAULTS } from "./file-faults.ts";
import { NARRATIVE_FAULTS } from "./narrative-faults.ts";
import { OUTCOME_FAULTS } from "./outcome-faults.ts";
import { PASSAGE_FAULTS } from "./passage-faults.ts";
import { PLAN_FAULTS } from "./plan-faults.ts";
import { QUERY_FAULTS } from "./query-faults.ts";
import { TABLE_FAULTS } from "./table-faults.ts";

export const HAND_OVER_FAULTS: readonly HandOverFault[] = [
  ...OUTCOME_FAULTS,
  ...FIGURE_FAULTS,
  ...TABLE_FAULTS,
  ...QUERY_FAULTS,
  ...NARRATIVE_FAULTS,
  ...PASSAGE_FAULTS,
  ...FILE_FAULTS,
  ...CONTENT_FAULTS,
];

export { PLAN_FAULTS };

export const CATALOGUE: readonly Fault[] = [...HAND_OVER_FAULTS, ...PLAN_FAULTS];
