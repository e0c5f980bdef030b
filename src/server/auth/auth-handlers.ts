// The handlers of langgraph.json's `auth.path`: an `Auth` of @langchain/langgraph-sdk/auth, whichever copy
// of that package made it.
import { TuttiError } from "../../errors.ts";
import type { JsonObject } from "../../storage/index.ts";
import { isHttpException, ProblemError, problemOf } from "../problem.ts";

export interface HandlerCall {
  readonly event: string;
  readonly resource: string;
  readonly action: string;
  /** Theirs to change. */
  readonly value: Record<string, unknown>;
  readonly permissions: readonly string[];
  readonly user: JsonObject;
}

export interface AuthHandlers {
  readonly authenticate: ((request: Request) => unknown) | undefined;
  /** By `threads:create`, `threads`, `*:create` or `*`. */
  readonly callbacks: Readonly<Record<string, (call: HandlerCall) => unknown>>;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** What `auth.path` exports, read. Throws CONFIG_INVALID when it is no `Auth`. */
export const readAuthHandlers = (exported: unknown): AuthHandlers => {
  const cache = isObject(exported) ? exported["~handlerCache"] : undefined;
  const { authenticate, callbacks = {} } = isObject(cache) ? cache : { authenticate: null };
  const isRight =
    (authenticate === undefined || typeof authenticate === "function") &&
    isObject(callbacks) &&
    Object.values(callbacks).every((callback) => typeof callback === "function");
  if (!isRight)
    throw new TuttiError("CONFIG_INVALID", "auth.path of langgraph.json names no Auth object", {
      hint: "export `new Auth().authenticate(…)` of @langchain/langgraph-sdk/auth",
    });
  return {
    authenticate: authenticate as AuthHandlers["authenticate"],
    callbacks: callbacks as AuthHandlers["callbacks"],
  };
};

/** Runs a handler. What it throws on purpose is answered as it says; anything else is our 500. */
export const askHandler = async (ask: () => unknown): Promise<unknown> => {
  try {
    return await ask();
  } catch (error) {
    if (isHttpException(error)) throw new ProblemError(problemOf(error));
    throw new TuttiError("INTERNAL", "an auth handler failed", { cause: error });
  }
};
