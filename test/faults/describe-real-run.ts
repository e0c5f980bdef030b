// The catalogue against the real checker, on one of the example tables. One file a table, so that they
// run side by side; `npm run campaign -- faults` plants every fault in every hand-over.
import { validatePlan } from "../../src/verification/index.ts";
import { rejectionsOf } from "../job/job.ts";
import { plantInHandOvers, plantInPlans } from "./missed-faults.ts";
import { openRealRun, REAL_RUNS, type RealRun, type RealRunName } from "./real-runs.ts";

const MOST = 2;

export const describeRealRun = (name: RealRunName): void => {
  describe(`a real run on ${name}`, () => {
    let run: RealRun;
    beforeAll(async () => {
      run = await openRealRun(REAL_RUNS[name].goal, REAL_RUNS[name].files);
    });
    afterAll(() => run.job.close());

    it("raises no flag and finishes", () => {
      expect(rejectionsOf(run.end)).toEqual({});
      expect(run.end.error).toBeUndefined();
      expect(run.end.status).toBe("finished");
      const { plan, tables, assignees } = run.plan;
      expect(validatePlan(plan, { tables: [...tables], assignees: [...assignees] })).toEqual([]);
    });

    it("has every kind of fault planted in its hand-overs flagged by name", async () => {
      const { missed, kinds } = await plantInHandOvers(run, { seed: "1", most: MOST });
      expect(missed).toEqual([]);
      expect(kinds.size).toBeGreaterThanOrEqual(15);
    }, 240_000);

    it("has every fault planted in its plan found before anything runs", () => {
      const { missed, count } = plantInPlans(run, "1");
      expect(missed).toEqual([]);
      expect(count).toBeGreaterThan(0);
    });
  });
};
