// What a provider's error means: every SDK throws its own, and this is where they become ours.
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { TuttiError, type ErrorCode } from "../errors.ts";
import { cardOf, nameOf } from "./model-card.ts";
import { keyVariableOf } from "./providers.ts";

/** `data` of a classified error. */
export interface ModelFault extends Record<string, unknown> {
  /** Short and stable, e.g. `rate-limited`. */
  readonly cause: string;
  /** Another attempt may help. */
  readonly transient: boolean;
  /** Whether the provider may have charged for the call. */
  readonly spent: "nothing" | "unknown";
  readonly status?: number;
  readonly retryAfterMs?: number;
}

/** Anything thrown by a model as a TuttiError whose `data` is a ModelFault; TuttiErrors stay. */
export const classifyError = (
  error: unknown,
  model: BaseChatModel,
  now: () => number,
  signal?: AbortSignal,
): TuttiError => {
  if (signal?.aborted === true) return cancelled(error);
  if (error instanceof TuttiError) return error;
  const chain = causesOf(error);
  const subject = { model, error, text: textOf(error) };
  if (chain.some((cause) => isTimeout(cause))) return timedOut(subject);
  if (
    chain.some((cause) => cause["name"] === "AbortError" || cause["name"] === "ModelAbortError")
  ) {
    return cancelled(error);
  }
  if (chain.some((cause) => isContextOverflow(cause))) return tooLong(subject);
  const status = chain.map(statusOf).find((found) => found !== undefined);
  if (status !== undefined) return byStatus(status, subject, retryAfterOf(chain, now));
  if (chain.some((cause) => isNetwork(cause))) return byNetwork(chain, subject);
  return unavailable(subject, "failed", { cause: "unknown", transient: false, spent: "unknown" });
};

export const cancelled = (cause?: unknown): TuttiError =>
  new TuttiError("CANCELLED", "The call was cancelled.", {
    cause,
    data: { cause: "cancelled", transient: false, spent: "unknown" } satisfies ModelFault,
  });

interface Subject {
  readonly model: BaseChatModel;
  readonly error: unknown;
  /** What the provider said, in one line, without keys. */
  readonly text: string;
}
type Fields = Readonly<Record<string, unknown>>;

const byStatus = (status: number, subject: Subject, retryAfterMs?: number): TuttiError => {
  const fault = { status, spent: "nothing" as const };
  if (status === 401 || status === 403) return refusedKey(subject, status);
  if (status === 404) return notFound(subject);
  if (status === 413) return tooLong(subject);
  if (
    status === 402 ||
    (status === 429 && /insufficient.quota|billing|credit/i.test(subject.text))
  ) {
    return unavailable(subject, "has no credit left", {
      ...fault,
      cause: "no-credit",
      transient: false,
    });
  }
  if (status === 429) {
    return unavailable(subject, "is rate limited (429)", {
      ...fault,
      cause: "rate-limited",
      transient: true,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
  if (status >= 500 || status === 408 || status === 409 || status === 425) {
    return unavailable(subject, `answered ${status}`, {
      ...fault,
      cause: "server-error",
      transient: true,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
  return fail("MODEL_UNAVAILABLE", subject, `rejected the request (${status})`, {
    hint: "Check that the model takes tools and the settings in use, or choose another model.",
    fault: { ...fault, cause: "rejected", transient: false },
  });
};

const byNetwork = (chain: readonly Fields[], subject: Subject): TuttiError => {
  const code = chain.map((cause) => cause["code"]).find((found) => typeof found === "string");
  const neverSent = code === "ECONNREFUSED" || code === "ENOTFOUND" || code === "EAI_AGAIN";
  return unavailable(subject, neverSent ? "cannot be reached" : "was cut off", {
    cause: neverSent ? "unreachable" : "connection-cut",
    transient: true,
    spent: neverSent ? "nothing" : "unknown",
  });
};

const timedOut = (subject: Subject): TuttiError =>
  unavailable(subject, "did not answer in time", {
    cause: "time-out",
    transient: true,
    spent: "unknown",
  });

const refusedKey = (subject: Subject, status: number): TuttiError => {
  const variable = keyVariableOf(cardOf(subject.model)?.provider ?? "");
  return fail("MODEL_AUTH", subject, `refused the key (${status})`, {
    hint: `Check ${variable ?? "the key"}: it must be valid and allowed to use this model.`,
    fault: { cause: "refused-key", transient: false, spent: "nothing", status },
  });
};

const notFound = (subject: Subject): TuttiError =>
  fail("MODEL_UNKNOWN", subject, "is not there (404)", {
    hint: "Check the model's name and, for a server of your own, its base URL (it often ends in /v1).",
    fault: { cause: "not-found", transient: false, spent: "nothing", status: 404 },
  });

const tooLong = (subject: Subject): TuttiError =>
  fail("INPUT_TOO_LARGE", subject, "cannot take a prompt this long", {
    hint: "Choose a model with a larger context window, or give fewer tables and documents.",
    fault: { cause: "context-overflow", transient: false, spent: "nothing" },
  });

const unavailable = (subject: Subject, what: string, fault: ModelFault): TuttiError =>
  fail("MODEL_UNAVAILABLE", subject, what, {
    hint: "Nothing is lost: resume the run when the model answers again, or choose another model.",
    retryable: true,
    fault,
  });

const fail = (
  code: ErrorCode,
  { model, error, text }: Subject,
  what: string,
  details: { hint: string; retryable?: boolean; fault: ModelFault },
): TuttiError =>
  new TuttiError(code, `${nameOf(model)} ${what}${text === "" ? "" : `: ${text}`}`, {
    hint: details.hint,
    retryable: details.retryable ?? false,
    cause: error,
    data: details.fault,
  });

/** An error and its causes as plain fields: SDKs hide the network's code one or two levels down. */
const causesOf = (error: unknown): Fields[] => {
  const chain: Fields[] = [];
  let current: unknown = error;
  while (typeof current === "object" && current !== null && chain.length < 5) {
    const fields = current as Fields;
    chain.push(fields);
    current = fields["cause"];
  }
  return chain;
};

const statusOf = (cause: Fields): number | undefined => {
  const found = cause["status"] ?? cause["statusCode"];
  return typeof found === "number" && found >= 400 ? found : undefined;
};

const isTimeout = (cause: Fields): boolean =>
  cause["name"] === "TimeoutError" ||
  cause["name"] === "APIConnectionTimeoutError" ||
  /^(ETIMEDOUT|ESOCKETTIMEDOUT|UND_ERR_(HEADERS|BODY|CONNECT)_TIMEOUT)$/.test(
    String(cause["code"]),
  );

const isContextOverflow = (cause: Fields): boolean =>
  cause["name"] === "ContextOverflowError" ||
  cause["code"] === "context_length_exceeded" ||
  /context.{0,20}(length|window).{0,40}exceed|exceed.{0,40}context|maximum context length|prompt is too long/i.test(
    String(cause["message"]),
  );

const isNetwork = (cause: Fields): boolean =>
  /^(ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_SOCKET)/.test(
    String(cause["code"]),
  ) ||
  /APIConnectionError|StreamCutError/.test(String(cause["name"])) ||
  /^(terminated|fetch failed|premature close|connection error|socket hang up|Received empty response)/i.test(
    String(cause["message"]),
  );

const retryAfterOf = (chain: readonly Fields[], now: () => number): number | undefined => {
  const read = (name: string): string | null | undefined =>
    chain.map(({ headers }) => headerOf(headers, name)).find((found) => typeof found === "string");
  const milliseconds = Number(read("retry-after-ms") ?? Number.NaN);
  if (Number.isFinite(milliseconds)) return Math.max(0, milliseconds);
  const text = read("retry-after");
  if (typeof text !== "string" || text.trim() === "") return undefined;
  if (Number.isFinite(Number(text))) return Math.max(0, Number(text) * 1000);
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now());
};

const headerOf = (headers: unknown, name: string): string | null | undefined => {
  if (headers instanceof Headers) return headers.get(name);
  if (typeof headers !== "object" || headers === null) return undefined;
  const found = (headers as Fields)[name];
  return typeof found === "string" ? found : undefined;
};

/** The first line, at most 300 characters, with anything that looks like a key left out. */
const textOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  const line = message.split("\n")[0]?.trim() ?? "";
  return line.slice(0, 300).replaceAll(/\b(sk|key|gsk|xai)-[\w*-]{4,}|Bearer\s+\S+/gi, "[key]");
};
