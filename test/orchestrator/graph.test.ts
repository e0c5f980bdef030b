// The drawing that Studio shows, edge by edge. A dotted edge is a choice.
import { orchestration, planOf, task } from "../fakes/orchestration.ts";
import type { createOrchestrator } from "../../src/orchestrator/index.ts";

const PICTURE = `
  __start__ --> intake
  intake --> plan
  plan -.-> clarify
  plan -.-> review-plan
  plan -.-> dispatch
  plan -.-> conclude
  clarify --> plan
  review-plan -.-> dispatch
  review-plan -.-> plan
  dispatch -.-> work
  dispatch -.-> ask
  dispatch -.-> pause
  dispatch -.-> plan
  dispatch -.-> assemble
  dispatch -.-> conclude
  work --> verify
  verify --> dispatch
  ask --> dispatch
  pause --> dispatch
  assemble -.-> review-result
  assemble -.-> publish
  review-result -.-> publish
  review-result -.-> plan
  review-result -.-> conclude
  publish --> __end__
  conclude --> __end__
`;

describe("the drawing of the orchestrator", () => {
  it("has exactly the edges of the design", async () => {
    const { graph } = orchestration({ plan: planOf(task("a")) });
    const drawn = await (graph as unknown as ReturnType<typeof createOrchestrator>).getGraphAsync();
    const edges = drawn.edges.map(
      ({ source, target, conditional }) => `${source} ${conditional ? "-.->" : "-->"} ${target}`,
    );
    expect(edges.sort()).toEqual(
      PICTURE.trim()
        .split("\n")
        .map((line) => line.trim())
        .sort(),
    );
  });
});
