// A person's decision as the run remembers it.
import type { Clock } from "../clock.ts";
import type { Answer } from "../protocol/index.ts";
import type { Review } from "./state.ts";

export const reviewOf = (of: string, answer: Answer, clock: Clock): Review => ({
  of,
  decision: answer.type,
  ...(answer.type === "reject" && answer.message !== "" ? { message: answer.message } : {}),
  by: answer.by ?? "unknown",
  at: new Date(clock.now()).toISOString(),
});
