// A subgraph that asks a person, twice in one node, between two steps of its parent.
import { END, interrupt, START, StateGraph } from "@langchain/langgraph";
import { z } from "zod";

export const AskingState = z.object({
  answers: z.array(z.string()).default([]),
  log: z.array(z.string()).default([]),
});
type State = z.infer<typeof AskingState>;

/** Told when the first answer was taken; set by tests. */
export const taken = { first: (): void => undefined };

const asker = new StateGraph(AskingState)
  .addNode("ask", () => {
    const first = interrupt("first?") as string;
    taken.first();
    const second = interrupt("second?") as string;
    return { answers: [first, second] };
  })
  .addEdge(START, "ask")
  .addEdge("ask", END)
  .compile();

export const graph = new StateGraph(AskingState)
  .addNode("before", (state: State) => ({ log: [...state.log, "before"] }))
  .addNode("asker", asker)
  .addNode("after", (state: State) => ({ log: [...state.log, "after"] }))
  .addEdge(START, "before")
  .addEdge("before", "asker")
  .addEdge("asker", "after")
  .addEdge("after", END)
  .compile();
