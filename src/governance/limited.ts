// Stops a run at its bound of steps or time, before the next call. Tokens, money and model calls
// are bounded in `budgeted`, where they can be reserved.
import type { Clock } from "../clock.ts";
import { TuttiError } from "../errors.ts";
import type { CallContext, Guard } from "./guard.ts";

export const limited = (clock: Clock): Guard => ({
  name: "limited",
  async *model(call, context, next) {
    takeStep(context, clock.now());
    yield* next(call);
  },
  async tool(call, context, next) {
    takeStep(context, clock.now());
    return next(call);
  },
});

/** Which bound forbids one more call, if any. */
export const boundReached = (
  { steps, deadline }: Pick<CallContext, "steps" | "deadline">,
  now: number,
): "steps" | "minutes" | undefined => {
  if (deadline !== undefined && now >= deadline) return "minutes";
  if (steps !== undefined && steps.taken() >= steps.limit) return "steps";
  return undefined;
};

const takeStep = (context: CallContext, now: number): void => {
  const bound = boundReached(context, now);
  if (bound === undefined) {
    context.steps?.take();
    return;
  }
  const spent = bound === "steps" ? context.steps?.taken() : undefined;
  const what = bound === "steps" ? `its limit of ${context.steps?.limit} steps` : "its time limit";
  throw new TuttiError("LIMIT_REACHED", `The run has reached ${what}.`, {
    hint: `Resume with more ${bound} in --budget to go on from here.`,
    data: { limit: bound, left: 0, ...(spent === undefined ? {} : { spent }) },
  });
};
