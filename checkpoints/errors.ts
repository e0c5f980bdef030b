// The errors of checkpoints/. The codes are those of the platform's error family, so that the
// composition root can translate by code alone.

/** What a saver or a store may fail with. */
export type CheckpointErrorCode = "CHECKPOINT_CONFLICT" | "CHECKPOINT_INVALID" | "DATABASE";

export class CheckpointError extends Error {
  readonly code: CheckpointErrorCode;
  /** What the reader can do about it. */
  readonly hint: string | undefined;
  /** True when the same call may succeed later without a change. */
  readonly retryable: boolean;

  constructor(
    code: CheckpointErrorCode,
    message: string,
    details: { hint?: string; retryable?: boolean; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "CheckpointError";
    this.code = code;
    this.hint = details.hint;
    this.retryable = details.retryable ?? false;
  }
}
