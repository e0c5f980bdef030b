// What the parts of the platform tell each other after a commit: a run is ready, has new events, ended, is
// to be cancelled. A signal is a hint that may be lost or doubled; the rows are the truth.
import type { Signal, SignalSink } from "../storage/index.ts";

type Kind = Signal["kind"];
type SignalOf<K extends Kind> = Extract<Signal, { kind: K }>;

export interface SignalBus {
  /** What the records are given. */
  readonly sink: SignalSink;
  /** Answers how to stop listening. Listeners must not throw. */
  on<K extends Kind>(kind: K, listener: (signal: SignalOf<K>) => void): () => void;
  /** Signals may have been lost: whoever waits for one looks at the rows. */
  onCatchUp(listener: () => void): () => void;
  stop(): Promise<void>;
}

export interface Dispatcher {
  dispatch(signal: Signal): void;
  catchUp(): void;
  on: SignalBus["on"];
  onCatchUp: SignalBus["onCatchUp"];
}

/** Signals to the listeners of this process. */
export const createDispatcher = (): Dispatcher => {
  const listeners = new Map<Kind, Set<(signal: never) => void>>();
  const catchers = new Set<() => void>();
  return {
    dispatch(signal) {
      for (const listener of listeners.get(signal.kind) ?? []) listener(signal as never);
    },
    catchUp() {
      for (const listener of catchers) listener();
    },
    on(kind, listener) {
      const set = listeners.get(kind) ?? new Set();
      listeners.set(kind, set);
      set.add(listener);
      return () => void set.delete(listener);
    },
    onCatchUp(listener) {
      catchers.add(listener);
      return () => void catchers.delete(listener);
    },
  };
};

/** The bus of a platform that is one process. */
export const createSignalBus = (): SignalBus => {
  const { dispatch, on, onCatchUp } = createDispatcher();
  return {
    sink: {
      after(signals) {
        for (const signal of signals) dispatch(signal);
      },
    },
    on,
    onCatchUp,
    stop: () => Promise.resolve(),
  };
};
