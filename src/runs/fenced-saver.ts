// What running graphs on many machines takes of a checkpoint saver, beside LangGraph's own interface.
import type { Saver } from "./executable-graph.ts";

/** An answer to an interrupt, to be taken before a run is started with it. */
export interface AnswerClaim {
  readonly thread: string;
  /** The interrupt's id. */
  readonly interrupt: string;
  /** Hash of the payload that was answered, made by `hashOf`. */
  readonly hash: string;
  /** Who answers: the run's id. The same may claim again. */
  readonly by: string;
  readonly hashOf?: (payload: unknown) => string;
}

export interface ThreadFacts {
  readonly token: number;
  readonly graph: { id: string; version?: string; topology?: string } | undefined;
}

export type FencedSaver = Saver & {
  /** From now on writes with an older token are refused. */
  acquire(thread: string, token?: number): Promise<number>;
  /** Of many answers to one pause the first wins; the others get CHECKPOINT_CONFLICT. */
  claim(claim: AnswerClaim): Promise<void>;
  /** The fence's token (0: nobody took it), and the graph that wrote the thread last. */
  info(thread: string): Promise<ThreadFacts | undefined>;
  /** Milliseconds the thread may rest; undefined is for ever. */
  setTtl(thread: string, milliseconds: number | undefined): Promise<void>;
};
