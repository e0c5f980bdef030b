// The one error family. Every error a user can meet has a code, a hint that says what to do next,
// and a page docs/errors/<CODE>.md; docs/errors is checked against CODES by a test.

/** Every code an error of this project can carry. */
export const CODES = [
  "USAGE", // the command line or a request was wrong
  "CONFIG_INVALID", // a setting or a YAML file is wrong; the message says which line
  "INPUT_UNREADABLE", // a given file is missing, empty, binary, wrongly encoded, no real XLSX …
  "INPUT_TOO_LARGE", // a file or a table is over a limit (a zip bomb counts)
  "OUTPUT_EXISTS", // --out would be overwritten
  "TABLE_QUERY", // SQL that failed, was refused or ran out of time, rows or memory
  "TOOL_FAILED", // a tool call that failed for another reason
  "HTTP_REFUSED", // a request to another machine that the rules forbid: address, redirect, header …
  "HTTP_FAILED", // a request that got no whole answer: no connection, TLS, time-out, too large …
  "MODEL_UNKNOWN", // no such provider, package or model
  "MODEL_AUTH", // 401, 403 or no key
  "MODEL_UNAVAILABLE", // 429, 5xx, time-out, cut stream: retries were used up
  "MODEL_REFUSED", // the model declined
  "MODEL_OUTPUT", // malformed output, also after one repair
  "GOAL_NOT_UNDERSTOOD", // the planner cannot map the goal to the data
  "PLAN_INVALID", // a plan that cannot run: unknown assignee, cycle, missing check …
  "CHECKS_FAILED", // a deliverable that did not pass its checks
  "LIMIT_REACHED", // a budget, step or time limit
  "ANSWER_INVALID", // an answer to a question has the wrong shape, hash or address
  "THREAD_NOT_FOUND",
  "THREAD_BUSY", // another process works on the thread
  "THREAD_NOT_PAUSED", // nothing to answer
  "GRAPH_CHANGED", // a paused thread's node is gone from the deployed graph
  "ARTIFACT_MISSING", // a file of the content store is gone or damaged
  "CHECKPOINT_CONFLICT", // a newer owner holds the thread, or the pause was answered already
  "CHECKPOINT_INVALID", // a value that cannot be stored, or a record that cannot be read
  "DATABASE", // the database could not be opened, is full, is newer than this version …
  "REQUEST_INVALID", // a request whose parameters, headers or body are wrong
  "ASSISTANT_NOT_FOUND",
  "GRAPH_NOT_FOUND", // langgraph.json names no such graph
  "RUN_NOT_FOUND",
  "CRON_NOT_FOUND",
  "CHECKPOINT_NOT_FOUND",
  "ITEM_NOT_FOUND", // no such item in the store
  "ROUTE_NOT_FOUND", // no endpoint has this path, or not with this method
  "ALREADY_EXISTS",
  "CONFLICT", // somebody else changed it first, or it was answered already
  "UNAUTHENTICATED", // no key or token, or one that is not in force
  "FORBIDDEN", // known, but not allowed
  "POLICY_DENIED", // a model or tool call that the policies do not allow
  "RATE_LIMITED", // too many requests, or too many open streams
  "RUN_POISONED", // a run that stopped its worker too often
  "CANCELLED", // a person or a signal stopped it
  "INTERNAL", // a fault of Tutti itself
] as const;

export type ErrorCode = (typeof CODES)[number];

export interface ErrorDetails {
  /** What the reader can do about it; one sentence. */
  readonly hint?: string;
  /** True when the same call may succeed later without a change. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
  /** Machine-readable particulars, e.g. `{ spent: 5.2, limit: 5 }`. Never secrets. */
  readonly data?: Record<string, unknown>;
}

export class TuttiError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly data: Record<string, unknown>;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "TuttiError";
    this.code = code;
    this.hint = details.hint;
    this.retryable = details.retryable ?? false;
    this.data = details.data ?? {};
  }
}

/** The message of anything thrown. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** Any thrown value as a TuttiError; what is not one already is INTERNAL. */
export const asTuttiError = (error: unknown): TuttiError =>
  error instanceof TuttiError
    ? error
    : new TuttiError("INTERNAL", messageOf(error), { cause: error });
