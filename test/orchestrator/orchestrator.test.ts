import { MemorySaver } from "@langchain/langgraph";
import { TuttiError } from "../../src/errors.ts";
import { ask as askPerson } from "../../src/governance/index.ts";
import {
  answer,
  type ExecutableGraph,
  proceed,
  type RunEnd,
  start as startThread,
  stateOf,
} from "../../src/runs/index.ts";
import type { OrchestratorValues } from "../../src/orchestrator/index.ts";
import type { Plan } from "../../src/protocol/index.ts";
import type { PlannerScript } from "../fakes/planner-model.ts";
import { orchestration, planOf, type Script, task } from "../fakes/orchestration.ts";

const run = (script: Script) => {
  const made = orchestration(script);
  const execution = { graph: made.graph, saver: new MemorySaver() as never, threadId: "t1" };
  return {
    ...made,
    execution,
    start: (options: Record<string, unknown> = {}) =>
      startThread(execution, { goal: "do it", options }),
  };
};

const values = (end: RunEnd): OrchestratorValues => end.values as OrchestratorValues;
const statuses = (end: RunEnd) =>
  Object.fromEntries(Object.values(values(end).tasks).map((one) => [one.task.id, one.status]));
const answersTo = (end: RunEnd, question: string, decision: unknown) => {
  const open = end.questions.find(({ payload }) => payload?.questionId === question);
  if (open === undefined) throw new Error(`not asked: ${question}`);
  return { [open.interruptId]: decision };
};

describe("the orchestrator", () => {
  it("carries out a plan in the order of its dependencies and publishes a result", async () => {
    const { start, journal } = run({
      plan: planOf(task("c", { dependsOn: ["a", "b"] }), task("a"), task("b")),
    });
    const end = await start();
    expect(end.status).toBe("finished");
    expect(journal.worked.slice(0, 2).sort()).toEqual(["a/1", "b/1"]);
    expect(journal.worked[2]).toBe("c/1");
    expect(values(end).artifacts.map(({ name }) => name)).toEqual(["result.md", "manifest.json"]);
  });

  it("gives a task the verified hand-overs of everything it depends on", async () => {
    let seen: string[] = [];
    const { start } = run({
      plan: planOf(task("a"), task("b", { dependsOn: ["a"] }), task("c", { dependsOn: ["b"] })),
      behaviours: {
        c: ({ context }) => {
          seen = Object.keys(context.inputs).sort();
          return { data: {} };
        },
      },
    });
    await start();
    expect(seen).toEqual(["a", "b"]);
  });

  it("works again with the verdict when a hand-over fails its checks", async () => {
    const { start, journal } = run({
      plan: planOf(task("a")),
      verify: (_handOver, { attempt }) =>
        attempt === 1
          ? [{ code: "wrong-figure", check: "test", message: "1 is not 2", severity: "error" }]
          : [],
    });
    const end = await start();
    expect(end.status).toBe("finished");
    expect(journal.worked).toEqual(["a/1", "a/2"]);
    expect(values(end).tasks["a"]?.rejected).toMatchObject([
      { attempt: 1, findings: [{ code: "wrong-figure" }] },
    ]);
  });

  it("never lets a task see a result that failed its checks, and ends saying why", async () => {
    const { start, journal } = run({
      plan: planOf(task("bad"), task("after", { dependsOn: ["bad"] }), task("free")),
      verify: (_handOver, context) =>
        context.task.id === "bad"
          ? [{ code: "wrong-figure", check: "test", message: "bad figure", severity: "error" }]
          : [],
    });
    const end = await start({ replans: 1 });
    expect(end.status).toBe("failed");
    expect(end.error?.message).toContain("bad figure");
    expect(statuses(end)).toEqual({ bad: "failed", after: "pending", free: "done" });
    expect(journal.worked.some((entry) => entry.startsWith("after/"))).toBe(false);
    expect(values(end).artifacts).toEqual([]);
  });

  it("makes a new plan after a failure and keeps what is verified", async () => {
    const { start, journal } = run({
      plan: (briefing) =>
        briefing.previous === undefined
          ? planOf(task("good"), task("bad"))
          : planOf(task("good"), task("other")),
      verify: (_handOver, context) =>
        context.task.id === "bad"
          ? [{ code: "wrong-figure", check: "test", message: "no", severity: "error" }]
          : [],
    });
    const end = await start();
    expect(end.status).toBe("finished");
    expect(journal.worked.filter((entry) => entry.startsWith("good/"))).toEqual(["good/1"]);
    expect(journal.briefings[1]?.previous).toMatchObject({
      verified: ["good"],
      failures: [{ taskId: "bad" }],
    });
    expect(statuses(end)).toEqual({ good: "done", bad: "dropped", other: "done" });
  });

  it("ends a goal that the planner refuses, with the planner's reason", async () => {
    const { start } = run({
      plan: () => {
        throw new TuttiError("GOAL_NOT_UNDERSTOOD", "no column fits", { hint: "set TUTTI_MODEL" });
      },
    });
    const end = await start();
    expect(end).toMatchObject({ status: "failed", error: { code: "GOAL_NOT_UNDERSTOOD" } });
    expect(end.error?.hint).toBe("set TUTTI_MODEL");
  });

  it("does not run a plan that cannot run", async () => {
    const { start, journal } = run({ plan: planOf(task("a", { assignee: "nobody" })) });
    const end = await start();
    expect(end.status).toBe("failed");
    expect(journal.worked).toEqual([]);
    expect(journal.briefings).toHaveLength(2);
  });
});

describe("a review", () => {
  it("of the plan holds back all work until it is approved", async () => {
    const { start, journal, execution } = run({ plan: planOf(task("a")) });
    const end = await start({ review: ["plan"] });
    expect(end.status).toBe("waiting");
    expect(journal.worked).toEqual([]);
    const done = await answer(execution, answersTo(end, "plan", { type: "approve", by: "kim" }));
    expect(done.status).toBe("finished");
    expect(values(done).reviews).toMatchObject([{ of: "plan", decision: "approve", by: "kim" }]);
  });

  it("runs the plan as edited, and asks again when the edit cannot run", async () => {
    const { start, journal, execution } = run({ plan: planOf(task("a")) });
    const end = await start({ review: ["plan"] });
    const bad = planOf(task("a", { dependsOn: ["ghost"] }));
    const again = await answer(
      execution,
      answersTo(end, "plan", { type: "edit", args: { plan: bad } }),
    );
    expect(again.status).toBe("waiting");
    expect(again.questions[0]?.payload?.error).toContain("ghost");
    expect(journal.worked).toEqual([]);
    const good = planOf(task("edited"));
    const done = await answer(
      execution,
      answersTo(again, "plan", { type: "edit", args: { plan: good } }),
    );
    expect(done.status).toBe("finished");
    expect(journal.worked).toEqual(["edited/1"]);
  });

  it("that rejects the plan with words makes a new one", async () => {
    const { start, journal, execution } = run({
      plan: (briefing) => planOf(task(briefing.previous === undefined ? "first" : "second")),
    });
    const end = await start({ review: ["plan"] });
    const next = await answer(
      execution,
      answersTo(end, "plan", { type: "reject", message: "by quarter, please" }),
    );
    expect(next.status).toBe("waiting");
    expect(journal.briefings[1]?.previous?.reason).toBe("by quarter, please");
  });

  it("of the result publishes nothing before it is approved", async () => {
    const { start, execution } = run({ plan: planOf(task("a")) });
    const end = await start({ review: ["result"] });
    expect(end.status).toBe("waiting");
    expect(values(end).artifacts.map(({ name }) => name)).toEqual(["result.md"]);
    const done = await answer(execution, answersTo(end, "result", { type: "approve" }));
    expect(done.status).toBe("finished");
  });

  it("that rejects the result without words ends the run unpublished", async () => {
    const { start, execution } = run({ plan: planOf(task("a")) });
    const end = await start({ review: ["result"] });
    const done = await answer(execution, answersTo(end, "result", { type: "reject" }));
    expect(done).toMatchObject({ status: "failed" });
    expect(values(done).artifacts).toEqual([]);
  });

  it("refuses a bad answer before anything is saved", async () => {
    const { start, execution } = run({ plan: planOf(task("a")) });
    const end = await start({ review: ["result"] });
    const before = await stateOf(execution);
    await expect(
      answer(execution, answersTo(end, "result", { type: "edit", args: {} })),
    ).rejects.toMatchObject({ code: "ANSWER_INVALID" });
    await expect(
      answer(execution, answersTo(end, "result", { type: "approve", hash: "0".repeat(64) })),
    ).rejects.toMatchObject({ code: "ANSWER_INVALID" });
    expect((await stateOf(execution)).config).toEqual(before.config);
  });

  it("refuses a late duplicate of an answer", async () => {
    const { start, execution } = run({ plan: planOf(task("a")) });
    const end = await start({ review: ["plan", "result"] });
    const first = answersTo(end, "plan", { type: "approve" });
    await answer(execution, first);
    await expect(answer(execution, first)).rejects.toMatchObject({ code: "ANSWER_INVALID" });
  });
});

describe("a question of a task", () => {
  const fiveTasks: Script = {
    plan: planOf(
      task("a"),
      task("b"),
      task("asks"),
      task("d"),
      task("e"),
      task("after-a", { dependsOn: ["a"] }),
      task("after-d", { dependsOn: ["d", "e"] }),
      task("after-asks", { dependsOn: ["asks"] }),
    ),
    behaviours: { asks: ({ ask }) => ({ data: { answer: ask("which region?") } }) },
  };

  it("that a guard asks before a call is asked as the task's, and answered to the guard", async () => {
    const wanted = { to: "bob", amount: 5 };
    const { start, execution } = run({
      plan: planOf(task("pays"), task("other")),
      behaviours: {
        pays: () => ({
          data: {
            answer: askPerson({
              id: "pay",
              kind: "task",
              description: "**clerk** wants to use the tool `pay`",
              args: wanted,
              allowed: ["approve", "reject"],
            }),
          },
        }),
      },
    });
    const end = await start();
    expect(end.questions).toMatchObject([
      {
        payload: {
          questionId: "pays",
          taskId: "pays",
          actionRequests: [{ args: wanted, description: expect.stringContaining("`pay`") }],
          reviewConfigs: [{ allowedDecisions: ["approve", "reject"] }],
        },
      },
    ]);
    const last = await answer(execution, answersTo(end, "pays", { type: "approve" }));
    expect(last.status).toBe("finished");
    expect(statuses(last)).toEqual({ pays: "done", other: "done" });
  });

  it("does not stop the other tasks nor their successors", async () => {
    const { start, execution, journal } = run(fiveTasks);
    const end = await start({ concurrency: 5 });
    expect(end.status).toBe("waiting");
    expect(statuses(end)).toEqual({
      a: "done",
      b: "done",
      asks: "waiting",
      d: "done",
      e: "done",
      "after-a": "done",
      "after-d": "done",
      "after-asks": "pending",
    });
    const done = await answer(
      execution,
      answersTo(end, "asks", { type: "respond", value: "north" }),
    );
    expect(done.status).toBe("finished");
    expect(journal.worked.filter((entry) => entry === "a/1")).toHaveLength(1);
    expect(journal.worked.at(-1)).toBe("after-asks/1");
  });

  it("answered while others are open lets its task go on and leaves the others open", async () => {
    const { start, execution } = run({
      plan: planOf(task("x"), task("y"), task("z"), task("after-y", { dependsOn: ["y"] })),
      behaviours: Object.fromEntries(
        ["x", "y", "z"].map((id) => [id, ({ ask }) => ({ data: { answer: ask(`about ${id}`) } })]),
      ),
    });
    const end = await start();
    expect(end.questions.map(({ payload }) => payload?.questionId).sort()).toEqual(["x", "y", "z"]);
    const next = await answer(execution, answersTo(end, "y", { type: "respond", value: "yes" }));
    expect(next.status).toBe("waiting");
    expect(statuses(next)).toMatchObject({
      x: "waiting",
      y: "done",
      z: "waiting",
      "after-y": "done",
    });
    expect(next.questions.map(({ payload }) => payload?.questionId).sort()).toEqual(["x", "z"]);
    const both = {
      ...answersTo(next, "x", { type: "respond", value: 1 }),
      ...answersTo(next, "z", { type: "respond", value: 2 }),
    };
    expect((await answer(execution, both)).status).toBe("finished");
  });
});

describe("a fault", () => {
  const failingOnce = (error: TuttiError): Script => {
    let failed = false;
    return {
      plan: planOf(task("a"), task("b")),
      behaviours: {
        b: () => {
          if (failed) return { data: {} };
          failed = true;
          throw error;
        },
      },
    };
  };

  it("of a model is a resumable failure that names its cause; nothing finished runs again", async () => {
    const script = failingOnce(new TuttiError("MODEL_AUTH", "the key was refused (401)"));
    const { start, execution, journal } = run(script);
    const end = await start();
    expect(end).toMatchObject({ status: "failed", error: { code: "MODEL_AUTH" } });
    expect(end.error?.message).toContain("401");
    const done = await answer(execution, answersTo(end, "failure-b", { type: "approve" }));
    expect(done.status).toBe("finished");
    expect(journal.worked).toEqual(["a/1", "b/1"]);
  });

  it("at a limit pauses and goes on where it stood when more is granted", async () => {
    const script = failingOnce(
      new TuttiError("LIMIT_REACHED", "100 tokens are used up", {
        data: { limit: "tokens", budget: 100, left: 0 },
      }),
    );
    const { start, execution, services } = run(script);
    await services.budget.limit("t1", { tokens: 100 });
    const end = await start();
    expect(end.status).toBe("limit");
    const again = await answer(
      execution,
      answersTo(end, "limit", { type: "respond", value: "5 potatoes" }),
    );
    expect(again.status).toBe("limit");
    expect(again.questions[0]?.payload?.error).toContain("potatoes");
    const done = await answer(
      execution,
      answersTo(again, "limit", { type: "respond", value: "400tok" }),
    );
    expect(done.status).toBe("finished");
    expect(await services.budget.limits("t1")).toEqual({ tokens: 400 });
  });

  it("that is given up ends the run with its code", async () => {
    const script = failingOnce(new TuttiError("MODEL_UNAVAILABLE", "503 five times"));
    const { start, execution } = run(script);
    const end = await start();
    const done = await answer(execution, answersTo(end, "failure-b", { type: "reject" }));
    expect(done).toMatchObject({ status: "failed", error: { code: "MODEL_UNAVAILABLE" } });
  });

  it("of the task itself is a failed attempt, tried again", async () => {
    const { start, journal } = run({
      ...failingOnce(new TuttiError("MODEL_OUTPUT", "no submission")),
      verify: (handOver) =>
        handOver.status === "failed"
          ? [{ code: "task-failed", check: "schema", message: handOver.summary, severity: "error" }]
          : [],
    });
    const end = await start();
    expect(end.status).toBe("finished");
    expect(journal.worked).toEqual(["a/1", "b/2"]);
  });
});

describe("a run", () => {
  it("pauses when its steps are used up and goes on when given more", async () => {
    const { start, execution } = run({
      plan: planOf(task("a"), task("b", { dependsOn: ["a"] }), task("c", { dependsOn: ["b"] })),
    });
    const end = await start({ steps: 2 });
    expect(end.status).toBe("limit");
    expect(statuses(end)).toEqual({ a: "done", b: "done", c: "pending" });
    const done = await answer(execution, answersTo(end, "limit", { type: "approve" }));
    expect(done.status).toBe("finished");
  });

  it("that was stopped goes on without repeating what was finished", async () => {
    const stopper = new AbortController();
    const { execution, journal } = run({
      plan: planOf(task("a"), task("b", { dependsOn: ["a"] })),
      behaviours: {
        b: () => {
          if (!stopper.signal.aborted) stopper.abort();
          return { data: {} };
        },
      },
    });
    const end = await startThread({ ...execution, signal: stopper.signal }, { goal: "do it" });
    expect(end.status).toBe("paused");
    const done = await proceed(execution);
    expect(done.status).toBe("finished");
    expect(journal.worked.filter((entry) => entry.startsWith("a/"))).toHaveLength(1);
  });

  it("takes a follow-up on a finished thread and keeps what is verified", async () => {
    const {
      start: begin,
      execution,
      journal,
    } = run({
      plan: (briefing) =>
        briefing.previous === undefined
          ? planOf(task("a"), task("text", { dependsOn: ["a"] }))
          : planOf(task("a"), task("more"), task("text", { dependsOn: ["a", "more"] })),
    });
    await begin();
    const done = await startThread(execution, {
      messages: [{ role: "user", content: "now by quarter" }],
    });
    expect(done.status).toBe("finished");
    expect(journal.briefings[1]?.previous?.reason).toBe("now by quarter");
    expect(journal.worked).toEqual(["a/1", "text/1", "more/1", "text/2"]);
  });

  it("asks once, in one form, what the goal leaves open", async () => {
    const { start, execution, journal } = run({
      plan: (briefing): ReturnType<PlannerScript> | Plan =>
        Object.keys(briefing.clarifications).length === 0
          ? {
              tool: "ask_clarification",
              args: {
                questions: [
                  { id: "measure", question: "Which amount?", options: ["net", "gross"] },
                ],
              },
            }
          : planOf(task("a")),
    });
    const end = await start();
    expect(end.questions[0]?.payload?.kind).toBe("clarify");
    await expect(
      answer(execution, answersTo(end, "clarify", { type: "respond", value: { measure: "both" } })),
    ).rejects.toMatchObject({ code: "ANSWER_INVALID" });
    const done = await answer(
      execution,
      answersTo(end, "clarify", { type: "respond", value: { measure: "net" } }),
    );
    expect(done.status).toBe("finished");
    expect(journal.briefings[1]?.clarifications).toEqual({ measure: "net" });
  });

  it("refuses to go on when the node it stands at is gone from the graph", async () => {
    const { start, execution } = run({ plan: planOf(task("a")) });
    const end = await start({ review: ["result"] });
    const { "review-result": _gone, ...nodes } = execution.graph.nodes as Record<string, unknown>;
    const deployed: ExecutableGraph = {
      nodes,
      stream: (input, config) => execution.graph.stream(input, config as never),
      getState: (config) => execution.graph.getState(config),
    };
    await expect(
      answer({ ...execution, graph: deployed }, answersTo(end, "result", { type: "approve" })),
    ).rejects.toMatchObject({ code: "GRAPH_CHANGED" });
    expect((await answer(execution, answersTo(end, "result", { type: "approve" }))).status).toBe(
      "finished",
    );
  });
});
