// The thread states of one saver: the most recently used stay.
import { ThreadState } from "./thread-state.ts";

const MAX_THREADS = 2_000;

export class ThreadStates {
  private readonly states = new Map<string, ThreadState>();

  /** What is known of a thread; at first nothing. */
  get(thread: string): ThreadState {
    let state = this.states.get(thread);
    if (state === undefined || state.isStale) state = new ThreadState();
    this.states.delete(thread);
    this.states.set(thread, state);
    if (this.states.size > MAX_THREADS) {
      const [oldest] = this.states.keys();
      if (oldest !== undefined) this.states.delete(oldest);
    }
    return state;
  }

  forget(thread: string, state: ThreadState): void {
    state.isStale = true;
    if (this.states.get(thread) === state) this.states.delete(thread);
  }

  /** Forgets a thread and its children. */
  forgetFamily(thread: string): void {
    for (const [name, state] of this.states) {
      if (name === thread || name.startsWith(`${thread}/`)) this.forget(name, state);
    }
  }
}
