// What a run's row keeps of its request: fields of RunRequest, by the same names.
import type { RunRow } from "../storage/index.ts";
import type { RunRequest } from "./run-service.ts";

/** The part of a request that executing it takes. */
export type RunKwargs = Pick<
  RunRequest,
  | "input"
  | "command"
  | "config"
  | "context"
  | "checkpoint"
  | "streamModes"
  | "streamSubgraphs"
  | "interruptBefore"
  | "interruptAfter"
  | "durability"
  | "user"
  | "protocol"
>;

const DEFAULTS: RunKwargs = {
  input: null,
  command: null,
  config: {},
  context: null,
  checkpoint: null,
  streamModes: ["values"],
  streamSubgraphs: false,
  interruptBefore: null,
  interruptAfter: null,
  durability: null,
  user: null,
};

export const kwargsOf = (run: RunRow): RunKwargs => ({
  ...DEFAULTS,
  ...(run.kwargs as Partial<RunKwargs>),
});
