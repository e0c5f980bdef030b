import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { OfflineModel } from "../../../src/models/offline/index.ts";
import type { TableSession } from "../../../src/ports/index.ts";
import { Plan, SUBMIT_PLAN, writeBriefing } from "../../../src/protocol/index.ts";
import { validatePlan } from "../../../src/verification/index.ts";
import { describePlan } from "./describe-plan.ts";
import { CARDS, createBench, example, plannerBriefing, type Bench } from "./example-tables.ts";
import { GOALS } from "./goals.ts";

const submitPlan = { name: SUBMIT_PLAN, description: "", schema: Plan };

/** The plan that the model submits, through its public face. */
const planOf = async (goal: string, session: TableSession): Promise<Plan> => {
  const briefing = plannerBriefing(goal, session);
  const model = new OfflineModel().bindTools([submitPlan]);
  const answer = await model.invoke([new HumanMessage(`Plan this.\n${writeBriefing(briefing)}`)]);
  const [call] = AIMessage.isInstance(answer) ? (answer.tool_calls ?? []) : [];
  expect(call?.name).toBe(SUBMIT_PLAN);
  return Plan.parse(call?.args);
};

describe.each(GOALS)("goals on $files", ({ files, goals }) => {
  let bench: Bench;
  let session: TableSession;
  beforeAll(async () => {
    bench = await createBench();
    const read = files.map(async (file) => [file, await example(file)] as const);
    session = await bench.open(Object.fromEntries(await Promise.all(read)));
  });
  afterAll(() => bench.close());

  test.each(goals)("$goal", async ({ goal, figures, notCovered }) => {
    const plan = await planOf(goal, session);
    expect(describePlan(plan)).toEqual(figures);
    expect(plan.notCovered).toEqual(notCovered);
    expect(validatePlan(plan, { assignees: CARDS, tables: session.profiles })).toEqual([]);
    expect(plan.tasks.slice(-2).map(({ id, assignee }) => [id, assignee])).toEqual([
      ["narrative", "will"],
      ["report", "rex"],
    ]);
  });

  test("every phrase that was understood says what it was taken for", async () => {
    for (const { goal } of goals) {
      const plan = await planOf(goal, session);
      expect(plan.coverage.length).toBeGreaterThan(0);
      for (const { phrase, meaning } of plan.coverage) {
        expect(goal).toContain(phrase);
        expect(meaning).not.toBe("");
      }
    }
  });
});
