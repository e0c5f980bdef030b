// Errors as RFC 9457 problem documents. One table says which status a code has; what is no TuttiError is a
// fault of ours: 500, with nothing of it told to the client.
import { STATUS_CODES } from "node:http";
import { CODES, type ErrorCode } from "../errors.ts";

const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  USAGE: 422,
  REQUEST_INVALID: 422,
  ANSWER_INVALID: 422,
  CHECKPOINT_INVALID: 422,
  CONFIG_INVALID: 422,
  INPUT_UNREADABLE: 422,
  MODEL_UNKNOWN: 422,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  HTTP_REFUSED: 422,
  ROUTE_NOT_FOUND: 404,
  ASSISTANT_NOT_FOUND: 404,
  GRAPH_NOT_FOUND: 404,
  THREAD_NOT_FOUND: 404,
  RUN_NOT_FOUND: 404,
  CRON_NOT_FOUND: 404,
  CHECKPOINT_NOT_FOUND: 404,
  ITEM_NOT_FOUND: 404,
  ARTIFACT_MISSING: 404,
  ALREADY_EXISTS: 409,
  CONFLICT: 409,
  THREAD_BUSY: 409,
  THREAD_NOT_PAUSED: 409,
  CHECKPOINT_CONFLICT: 409,
  GRAPH_CHANGED: 409,
  CANCELLED: 409,
  INPUT_TOO_LARGE: 413,
  LIMIT_REACHED: 429,
  RATE_LIMITED: 429,
  DATABASE: 503,
};

const statusOf = (code: ErrorCode): number => STATUS[code] ?? 500;

/** One field of a request that is wrong. */
export interface FieldError {
  /** Where: `body.stream_mode`, `query.limit`, `path.thread_id`. */
  readonly field: string;
  readonly message: string;
}

/** An error as the client is told it. */
export interface Problem {
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly hint?: string | undefined;
  readonly errors?: readonly FieldError[] | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Thrown for an answer whose status or headers the code alone does not say. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = "ProblemError";
    this.problem = problem;
  }
}

interface HttpException {
  readonly status: number;
  readonly message: string;
  readonly headers?: ConstructorParameters<typeof Headers>[0];
}

/** By its name: whoever throws it may use another copy of the class. */
const isNamedHttpException = (error: Error): boolean => {
  let prototype: unknown = Object.getPrototypeOf(error);
  while (typeof prototype === "object" && prototype !== null) {
    if (Object.hasOwn(prototype, "constructor") && prototype.constructor.name === "HTTPException")
      return true;
    prototype = Object.getPrototypeOf(prototype);
  }
  return false;
};

/**
 * What the SDK's Auth handlers and hono's middleware throw. The errors of HTTP clients have a status too, with
 * words and headers of a service behind us: those are nobody's to see.
 */
export const isHttpException = (error: unknown): error is HttpException =>
  error instanceof Error &&
  isNamedHttpException(error) &&
  "status" in error &&
  typeof error.status === "number" &&
  Number.isInteger(error.status) &&
  error.status >= 400 &&
  error.status <= 599;

const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: "UNAUTHENTICATED",
  403: "FORBIDDEN",
  404: "ROUTE_NOT_FOUND",
  409: "CONFLICT",
  413: "INPUT_TOO_LARGE",
  429: "RATE_LIMITED",
};

const INTERNAL_PROBLEM: Problem = {
  status: 500,
  code: "INTERNAL",
  detail: "the server failed to answer this request",
  hint: "the server's log has the reason, under the request id of the x-request-id header",
};

/** An error with one of our codes: a TuttiError, or one of the checkpoints, which know nothing of those. */
interface CodedError extends Error {
  readonly code: ErrorCode;
  readonly hint?: string | undefined;
  readonly data?: Readonly<Record<string, unknown>> | undefined;
}

const isCoded = (error: unknown): error is CodedError =>
  error instanceof Error &&
  "code" in error &&
  typeof error.code === "string" &&
  (CODES as readonly string[]).includes(error.code);

/** The code of anything thrown, when it has one of ours. */
export const codeOf = (error: unknown): ErrorCode | undefined =>
  isCoded(error) ? error.code : undefined;

const ofCodedError = (error: CodedError): Problem => {
  if (error.code === "INTERNAL") return INTERNAL_PROBLEM;
  const wait = error.data?.["retryAfterSeconds"];
  return {
    status: statusOf(error.code),
    code: error.code,
    detail: error.message,
    hint: error.hint,
    ...(typeof wait === "number" ? { headers: { "retry-after": String(Math.ceil(wait)) } } : {}),
  };
};

const ofHttpException = (error: HttpException): Problem => ({
  status: error.status,
  code: CODE_OF_STATUS[error.status] ?? (error.status < 500 ? "REQUEST_INVALID" : "INTERNAL"),
  detail: error.message,
  ...(error.headers === undefined
    ? {}
    : { headers: Object.fromEntries(new Headers(error.headers)) }),
});

/** Anything thrown, as the client is told it. */
export const problemOf = (error: unknown): Problem => {
  if (error instanceof ProblemError) return error.problem;
  if (isCoded(error)) return ofCodedError(error);
  return isHttpException(error) ? ofHttpException(error) : INTERNAL_PROBLEM;
};

/** `detail` is what the Python SDK reads, `message` the transport of protocol v2: both hold the same text. */
export const problemResponse = (problem: Problem, instance: string): Response =>
  new Response(
    JSON.stringify({
      type: `urn:tutti:error:${problem.code}`,
      title: STATUS_CODES[problem.status] ?? "Error",
      status: problem.status,
      detail: problem.detail,
      message: problem.detail,
      code: problem.code,
      ...(problem.hint === undefined ? {} : { hint: problem.hint }),
      ...(problem.errors === undefined ? {} : { errors: problem.errors }),
      instance,
    }),
    {
      status: problem.status,
      headers: { "content-type": "application/problem+json", ...problem.headers },
    },
  );
