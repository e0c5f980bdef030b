// What a paused thread waits for.
import type { StateSnapshot } from "@langchain/langgraph";
import { type InterruptPayload, readInterrupt } from "../governance/index.ts";

export interface OpenQuestion {
  /** LangGraph's id: the address of the answer. */
  interruptId: string;
  /** Undefined when another kind of graph asked: the raw value is all there is. */
  payload: InterruptPayload | undefined;
  value: unknown;
}

/** Until its step ends LangGraph still lists interrupts that were answered; those are left out. */
export const openQuestions = (state: StateSnapshot): OpenQuestion[] =>
  state.tasks
    .filter((task) => task.result === undefined)
    .flatMap((task) => task.interrupts)
    .flatMap(({ id, value }) =>
      id === undefined ? [] : [{ interruptId: id, payload: readInterrupt(value), value }],
    );
