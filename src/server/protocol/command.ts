// The frames of protocol v2's commands.
import { z } from "zod";
import type { JsonObject } from "../../storage/index.ts";
import { problemOf } from "../problem.ts";

export const Command = z.looseObject({
  id: z.int().min(0),
  method: z.string().max(255),
  params: z.record(z.string(), z.unknown()).optional(),
});
export type Command = z.infer<typeof Command>;

export type ProtocolErrorCode =
  | "invalid_argument"
  | "unknown_command"
  | "unknown_error"
  | "no_such_run"
  | "no_such_subscription"
  | "no_such_interrupt"
  | "no_such_checkpoint"
  | "permission_denied"
  | "not_supported";

export class ProtocolError extends Error {
  readonly code: ProtocolErrorCode;

  constructor(code: ProtocolErrorCode, message: string) {
    super(message);
    this.name = "ProtocolError";
    this.code = code;
  }
}

const CODES: Readonly<Record<string, ProtocolErrorCode>> = {
  FORBIDDEN: "permission_denied",
  UNAUTHENTICATED: "permission_denied",
  RUN_NOT_FOUND: "no_such_run",
  THREAD_NOT_FOUND: "no_such_run",
  THREAD_NOT_PAUSED: "invalid_argument",
  CHECKPOINT_NOT_FOUND: "no_such_checkpoint",
  INTERNAL: "unknown_error",
  DATABASE: "unknown_error",
};

export const success = (id: number, threadId: string, result: JsonObject): JsonObject => ({
  type: "success",
  id,
  result,
  meta: { thread_id: threadId },
});

export const failure = (
  id: number | null,
  code: ProtocolErrorCode,
  message: string,
): JsonObject => ({
  type: "error",
  id,
  error: code,
  message,
});

/** Anything thrown by a command, as its answer. */
export const failureOf = (id: number, error: unknown): JsonObject => {
  if (error instanceof ProtocolError) return failure(id, error.code, error.message);
  const { code, detail } = problemOf(error);
  return failure(id, CODES[code] ?? "invalid_argument", detail);
};
