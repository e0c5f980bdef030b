// The catalogue itself: that its faults are faults, on every table, the same each time. Whether they are
// caught is the checker's test.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FindingCode, HandOver, Plan } from "../../src/protocol/index.ts";
import { CATALOGUE, HAND_OVER_FAULTS, PLAN_FAULTS } from "./catalogue.ts";
import { openCleanRuns, type CleanRuns } from "./clean-cases.ts";
import { plantInHandOver, plantInPlan, type HandOverFault, type PlanFault } from "./fault.ts";

let clean: CleanRuns;
beforeAll(async () => {
  clean = await openCleanRuns();
});
afterAll(() => clean.close());

const SEED = "1";
/** Faults that need money in euro or something else that not every table has. */
const NOT_ON_EVERY_TABLE = new Set([
  "euros of the finished page turned into dollars",
  "a count dressed up as money",
]);

describe("the list", () => {
  test("has at least 22 kinds, unique names and only codes of the contract", () => {
    expect(new Set(CATALOGUE.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(22);
    const names = CATALOGUE.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const unnamed = CATALOGUE.filter(
      ({ expect: codes }) => codes.length === 0 || !FindingCode.array().safeParse(codes).success,
    );
    expect(unnamed).toEqual([]);
  });
});

describe("the clean runs", () => {
  test("parse with the contract's schemas", () => {
    for (const { plan, handOvers } of clean.runs) {
      expect(Plan.parse(plan.plan)).toEqual(plan.plan);
      for (const { handOver } of handOvers) expect(HandOver.parse(handOver)).toEqual(handOver);
    }
  });
});

test("planting leaves the clean hand-over as it was", async () => {
  const before = clean.runs.map(({ handOvers }) => JSON.stringify(handOvers));
  for (const { handOvers, tools } of clean.runs.slice(0, 1)) {
    for (const fault of HAND_OVER_FAULTS) {
      for (const one of handOvers) await plantInHandOver(fault, one, "1", tools);
    }
  }
  expect(clean.runs.map(({ handOvers }) => JSON.stringify(handOvers))).toEqual(before);
});

const planted = async (fault: HandOverFault) => {
  const found: { table: string; before: HandOver; after: HandOver; again: HandOver | undefined }[] =
    [];
  for (const { table, handOvers, tools } of clean.runs) {
    for (const one of handOvers) {
      const after = await plantInHandOver(fault, one, SEED, tools);
      if (after === undefined) continue;
      const again = await plantInHandOver(fault, one, SEED, tools);
      found.push({ table, before: one.handOver, after, again });
    }
  }
  return found;
};

describe("each fault of a hand-over", () => {
  test.each(HAND_OVER_FAULTS)("$name", async (fault) => {
    const found = await planted(fault);
    const tables = new Set(found.map(({ table }) => table));
    const missed = clean.runs.filter(({ table }) => !tables.has(table)).length;
    expect(missed).toBeLessThanOrEqual(NOT_ON_EVERY_TABLE.has(fault.name) ? 2 : 0);
    for (const { before, after, again } of found) {
      expect(after, "changes the hand-over").not.toEqual(before);
      expect(again, "is the same for the same seed").toEqual(after);
      expect(HandOver.safeParse(after).success).toBe(fault.breaksSchema !== true);
    }
  });
});

describe("each fault of a plan", () => {
  test.each(PLAN_FAULTS)("$name", (fault: PlanFault) => {
    for (const run of clean.runs) {
      const after = plantInPlan(fault, run.plan, SEED);
      expect(after).toBeDefined();
      expect(after).not.toEqual(run.plan.plan);
      expect(plantInPlan(fault, run.plan, SEED)).toEqual(after);
      expect(Plan.safeParse(after).success).toBe(fault.breaksSchema !== true);
    }
  });
});
