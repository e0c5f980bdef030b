// Going back to an earlier checkpoint and on from there, as Studio's fork does it.
import { MemorySaver, type StateSnapshot } from "@langchain/langgraph";
import type { createOrchestrator } from "../../src/orchestrator/index.ts";
import { threadConfig } from "../../src/runs/index.ts";
import { orchestration, planOf, type Script, task } from "../fakes/orchestration.ts";

type Orchestrator = ReturnType<typeof createOrchestrator>;

const started = async (script: Script) => {
  const made = orchestration(script);
  const graph = made.graph as unknown as Orchestrator;
  const config = threadConfig(new MemorySaver(), "t1");
  await graph.invoke({ goal: "sum" }, config);
  /** The newest checkpoint that stands before a node. */
  const before = async (node: string): Promise<StateSnapshot["config"]> => {
    for await (const state of graph.getStateHistory(config))
      if (state.next.includes(node))
        return { configurable: { ...config.configurable, ...state.config.configurable } };
    throw new Error(`the thread never stood before ${node}`);
  };
  return { ...made, graph, config, before };
};

describe("time travel", () => {
  it("to before the result is assembled repeats no work and gives the same files", async () => {
    const { graph, config, before, journal } = await started({ plan: planOf(task("a")) });
    const first = (await graph.getState(config)).values;
    const again = await graph.invoke(null, await before("assemble"));
    expect(journal.worked).toEqual(["a/1"]);
    expect(again.outcome).toEqual(first.outcome);
    expect(again.artifacts[0]).toEqual(first.artifacts[0]);
  });

  it("to before the work finds the work done", async () => {
    const { graph, before, journal } = await started({ plan: planOf(task("a")) });
    const again = await graph.invoke(null, await before("work"));
    expect(journal.worked).toEqual(["a/1"]);
    expect(again.outcome?.status).toBe("finished");
  });

  it("to before the plan never takes the results of the other branch for its own", async () => {
    const { graph, before, journal } = await started({
      plan: ({ goal }) => planOf(task("a", { instructions: goal })),
      behaviours: { a: ({ context }) => ({ data: { did: context.task.instructions } }) },
    });
    const fork = await graph.updateState(await before("plan"), { goal: "average" }, "intake");
    const again = await graph.invoke(null, {
      configurable: { ...(await before("plan")).configurable, ...fork.configurable },
    });
    expect(journal.worked).toEqual(["a/1", "a/2"]);
    expect(again.tasks["a"]).toMatchObject({ attempt: 2, task: { instructions: "average" } });
  });
});
