// The state of the campaign's graphs: all work that was committed, in order.
import { ReducedValue, StateSchema } from "@langchain/langgraph";
import { z } from "zod";
import { Work } from "./work.ts";

export const State = new StateSchema({
  log: new ReducedValue(
    z.array(Work).default(() => []),
    { reducer: (before: Work[], more: Work[]) => [...before, ...more] },
  ),
  answer: z.string().optional(),
  branch: z.string().optional(),
});
