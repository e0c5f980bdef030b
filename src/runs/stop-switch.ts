// Stops one attempt: the gravest reason given counts.
import { RunControl } from "@langchain/langgraph";
import { AttemptStopped, type StopReason } from "./attempt-stopped.ts";

const GRAVITY: Readonly<Record<StopReason, number>> = {
  drain: 1,
  timeout: 2,
  interrupt: 3,
  rollback: 4,
  lost: 5,
};

export interface StopSwitch {
  readonly signal: AbortSignal;
  readonly control: RunControl;
  readonly reason: StopReason | undefined;
  stop(reason: StopReason): void;
  /** Ends between two steps instead of at once. */
  drain(): void;
}

export const createStopSwitch = (): StopSwitch => {
  const controller = new AbortController();
  const control = new RunControl();
  let reason: StopReason | undefined;
  const note = (next: StopReason): void => {
    if (reason === undefined || GRAVITY[next] > GRAVITY[reason]) reason = next;
  };
  return {
    signal: controller.signal,
    control,
    get reason() {
      return reason;
    },
    stop(next) {
      note(next);
      if (!controller.signal.aborted) controller.abort(new AttemptStopped(next));
    },
    drain() {
      note("drain");
      control.requestDrain("the worker stops");
    },
  };
};
