// What a server answered, or that it did not, as an error of ours.
import { z } from "zod";
import { CODES, messageOf, TuttiError } from "../../errors.ts";

const Problem = z.object({
  code: z.enum(CODES).optional(),
  detail: z.string().optional(),
  hint: z.string().optional(),
});

const CODE_BY_STATUS: Readonly<Record<number, TuttiError["code"]>> = {
  401: "UNAUTHENTICATED",
  403: "FORBIDDEN",
  404: "THREAD_NOT_FOUND",
  409: "CONFLICT",
  422: "USAGE",
  429: "RATE_LIMITED",
};

const problemIn = (text: string): z.infer<typeof Problem> => {
  try {
    return Problem.safeParse(JSON.parse(text)).data ?? {};
  } catch {
    return {}; // another program answered: its status is all there is
  }
};

/** The SDK does not export its class of HTTP errors. */
const isHttpError = (error: unknown): error is { status: number; text: string } =>
  error instanceof Error && "status" in error && "text" in error && typeof error.text === "string";

const HINTS: Partial<Record<TuttiError["code"], string>> = {
  UNAUTHENTICATED: "give a key with --key or TUTTI_API_KEY; `tutti keys create` makes one",
};

/** True when nothing answered: the same request may succeed once the server is back. */
export const isUnreachable = (error: unknown): boolean => !isHttpError(error);

export const remoteError = (error: unknown, url: string): TuttiError => {
  if (error instanceof TuttiError) return error;
  if (!isHttpError(error))
    return new TuttiError("HTTP_FAILED", `${url} does not answer: ${causeOf(error)}`, {
      hint: "check the address, and that `tutti serve` runs there",
      retryable: true,
      cause: error,
    });
  const { code, detail, hint } = problemIn(error.text);
  const name = code ?? CODE_BY_STATUS[error.status] ?? "INTERNAL";
  const advice = hint ?? HINTS[name];
  return new TuttiError(name, detail ?? `${url} answered ${error.status}`, {
    ...(advice === undefined ? {} : { hint: advice }),
    cause: error,
  });
};

/** fetch says "fetch failed"; why stands in its cause. */
const causeOf = (error: unknown): string =>
  error instanceof Error && error.cause instanceof Error && error.cause.message !== ""
    ? error.cause.message
    : messageOf(error);
