// Why an attempt at a run was stopped: the reason of its AbortSignal.

/**
 * `interrupt`, `rollback`: somebody cancelled the run. `timeout`: it took too long. `drain`: the worker
 * stops, another goes on. `lost`: another worker has it, nothing may be written any more.
 */
export type StopReason = "interrupt" | "rollback" | "timeout" | "drain" | "lost";

export class AttemptStopped extends Error {
  readonly reason: StopReason;

  constructor(reason: StopReason) {
    super(`the attempt was stopped: ${reason}`);
    this.name = "AttemptStopped";
    this.reason = reason;
  }
}
