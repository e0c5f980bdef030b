// A host that is not ours, like LangGraph's dev server: no door that reads answers first, no strict
// resume, a run id that tells when the run was made, and input as people type it.
import { Command, MemorySaver } from "@langchain/langgraph";
import { v7 } from "@langchain/core/utils/uuid";
import type { createOrchestrator } from "../../src/orchestrator/index.ts";
import { orchestration, planOf, type Script, task } from "../fakes/orchestration.ts";

const hosted = (script: Script) => {
  const made = orchestration(script);
  const graph = made.graph as unknown as ReturnType<typeof createOrchestrator>;
  graph.checkpointer = new MemorySaver();
  const config = { configurable: { thread_id: "t1" } };
  const open = async () =>
    (await graph.getState(config)).tasks
      .filter(({ result }) => result === undefined)
      .flatMap(({ interrupts }) => interrupts)
      .map(({ id, value }) => ({
        id: id ?? "",
        question: (value as { questionId: string }).questionId,
      }));
  return {
    ...made,
    open,
    start: (options: object) => graph.invoke({ goal: "do it", options }, config),
    say: (content: string, options?: object) =>
      graph.invoke(
        { messages: [{ role: "user", content }], ...(options ? { options } : {}) },
        config,
      ),
    answer: (resume: unknown) =>
      graph.invoke(new Command({ resume }), {
        configurable: { ...config.configurable, run_id: v7() },
      }),
  };
};

describe("on a host that is not ours", () => {
  it("a late duplicate of an addressed answer answers none of the questions still open", async () => {
    const { start, open, answer, journal } = hosted({
      plan: planOf(task("x"), task("y"), task("z")),
      behaviours: Object.fromEntries(
        ["x", "y", "z"].map((id) => [id, ({ ask }) => ({ data: { answer: ask(`about ${id}`) } })]),
      ),
    });
    await start({});
    const y = (await open()).find(({ question }) => question === "y");
    const resume = { [y?.id ?? ""]: { type: "respond", value: "yes" } };
    await answer(resume);
    expect((await open()).map(({ question }) => question).sort()).toEqual(["x", "z"]);
    await answer(resume);
    expect((await open()).map(({ question }) => question).sort()).toEqual(["x", "z"]);
    expect(journal.worked).toEqual(["y/1"]);
  });

  it("options left out stay as they were", async () => {
    const { start, say } = hosted({ plan: planOf(task("a")) });
    const first = await start({ attempts: 5, today: "2026-09-01" });
    expect(first.options).toMatchObject({ attempts: 5, today: "2026-09-01", concurrency: 4 });
    const second = await say("again", { concurrency: 2 });
    expect(second.options).toMatchObject({ attempts: 5, today: "2026-09-01", concurrency: 2 });
  });

  it("a message alone is a goal", async () => {
    const { say, journal } = hosted({ plan: planOf(task("a")) });
    const end = await say("report on sales");
    expect(end.outcome?.status).toBe("finished");
    expect(journal.briefings[0]?.goal).toBe("report on sales");
  });

  it("minutes count from when the run was made", async () => {
    let deadline: number | undefined;
    const { start, answer, open } = hosted({
      plan: planOf(task("a")),
      behaviours: {
        a: ({ context }) => {
          deadline = context.deadline;
          return { data: {} };
        },
      },
    });
    const before = Date.now();
    await start({ minutes: 5, review: ["plan"] });
    const [plan] = await open();
    await answer({ [plan?.id ?? ""]: { type: "approve" } });
    expect(deadline).toBeGreaterThanOrEqual(before + 5 * 60_000);
    expect(deadline).toBeLessThanOrEqual(Date.now() + 5 * 60_000);
  });
});
