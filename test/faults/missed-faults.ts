// Plants the catalogue in a real run and lists what the checker let pass or called by a wrong name.
import { validatePlan } from "../../src/verification/index.ts";
import { HAND_OVER_FAULTS, PLAN_FAULTS } from "./catalogue.ts";
import { plantInHandOver, plantInPlan, type HandOverFault } from "./fault.ts";
import { shuffled } from "./cells.ts";
import { random } from "../../examples/generator/random.ts";
import type { RealRun } from "./real-runs.ts";

export interface Planting {
  readonly seed: string;
  /** Hand-overs a fault is planted in at most, chosen by the seed; all of them without it. */
  readonly most?: number;
}

export interface Planted {
  /** `task: fault: passed`, or what it was called. */
  readonly missed: readonly string[];
  readonly kinds: ReadonlySet<string>;
  readonly count: number;
}

const plantOne = async (
  fault: HandOverFault,
  { cases, tools, job }: RealRun,
  { seed, most = cases.length }: Planting,
): Promise<{ missed: string[]; count: number }> => {
  const missed: string[] = [];
  let count = 0;
  for (const clean of shuffled(random(`${fault.name} in ${seed}`), cases)) {
    if (count >= most) break;
    const planted = await plantInHandOver(fault, clean, seed, tools);
    if (planted === undefined) continue;
    count += 1;
    const { ok, findings } = await job.orchestrator.verifier.verify(planted, clean.context);
    const named = findings.filter(({ severity }) => severity === "error").map(({ code }) => code);
    if (!ok && named.some((code) => fault.expect.includes(code))) continue;
    missed.push(
      `${clean.context.task.id}: ${fault.name}: ${ok ? "passed" : `called ${[...new Set(named)].join(", ")}`}`,
    );
  }
  return { missed, count };
};

/** Every fault of a hand-over, in every hand-over that can carry it or in some. */
export const plantInHandOvers = async (run: RealRun, planting: Planting): Promise<Planted> => {
  const missed: string[] = [];
  const kinds = new Set<string>();
  let count = 0;
  for (const fault of HAND_OVER_FAULTS) {
    const one = await plantOne(fault, run, planting);
    missed.push(...one.missed);
    count += one.count;
    if (one.count > 0) kinds.add(fault.kind);
  }
  return { missed, kinds, count };
};

/** Every fault of a plan; each must be found before anything runs. */
export const plantInPlans = ({ plan: clean }: RealRun, seed: string): Planted => {
  const around = { tables: [...clean.tables], assignees: [...clean.assignees] };
  const kinds = new Set<string>();
  let count = 0;
  const missed = PLAN_FAULTS.flatMap((fault) => {
    const planted = plantInPlan(fault, clean, seed);
    if (planted === undefined) return [];
    count += 1;
    kinds.add(fault.kind);
    const named = validatePlan(planted, around).map(({ code }) => code);
    return named.some((code) => fault.expect.includes(code))
      ? []
      : [`the plan: ${fault.name}: called ${named.join(", ") || "nothing"}`];
  });
  return { missed, kinds, count };
};
