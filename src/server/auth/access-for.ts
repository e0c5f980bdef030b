// Which access a server has: keys always; tokens and handlers where they are configured; none at all only
// on loopback, and only until there is a key.
import type { Clock } from "../../clock.ts";
import { TuttiError } from "../../errors.ts";
import type { HttpClient } from "../../ports/index.ts";
import { DEFAULT_TENANT, type KeyRecords } from "../../storage/index.ts";
import type { Access } from "../access.ts";
import { openAccess } from "../open-access.ts";
import { isApiKey } from "./api-key.ts";
import { type AuthHandlers, readAuthHandlers } from "./auth-handlers.ts";
import { credentialsOf, unauthenticated } from "./credentials.ts";
import { handlerAccess } from "./handler-access.ts";
import { keyAccess } from "./key-access.ts";
import { authorizeByRole } from "./role-access.ts";

export interface AccessSetup {
  /** What the server listens on. */
  readonly host: string;
  readonly keys: KeyRecords;
  readonly clock: Clock;
  readonly log: { warn(fields: object, message: string): void };
  /** Of `newApiKey()`: see `KeyAccessOptions`. */
  readonly localKey?: string | undefined;
  readonly tokens?:
    | {
        readonly issuer: string;
        readonly audience: string;
        readonly jwksUrl?: string | undefined;
        readonly tenantClaim?: string | undefined;
        readonly roleClaim?: string | undefined;
        /** Asked for the issuer's keys, with the purpose `identity`. */
        readonly http: HttpClient;
      }
    | undefined;
  /** What langgraph.json's `auth.path` exports; undefined: it names nothing. */
  readonly handlers?: unknown;
}

const isLoopback = (host: string): boolean =>
  /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i.test(host);

const keysAndTokens = (keyed: Access, tokens: Access): Access => ({
  authenticate: async (request) => {
    const { key, token } = credentialsOf(request);
    // Clients send keys of other services along with a token.
    if (key !== undefined && (isApiKey(key) || token === undefined))
      return await keyed.authenticate(request);
    if (token !== undefined) return await tokens.authenticate(request);
    throw unauthenticated(
      "an API key or a token is needed",
      "send `x-api-key` or `Authorization: Bearer`",
    );
  },
  authorize: authorizeByRole,
});

/**
 * Open until the first key is in force, and never again after that, so that a key that expires does not open
 * the server. A key of ours that is shown must be right even while it is open.
 */
const openUntilKeyed = ({ keys, log }: AccessSetup, keyed: Access): Access => {
  const open = openAccess(DEFAULT_TENANT);
  let isOpen = true;
  let asking: Promise<boolean> | undefined;
  const anyKey = (): Promise<boolean> => {
    asking ??= keys.any().finally(() => {
      asking = undefined;
    });
    return asking;
  };
  const isStillOpen = async (): Promise<boolean> => {
    if (!isOpen || !(await anyKey())) return isOpen;
    if (isOpen) log.warn({}, "there is an API key now: the server is no longer open");
    isOpen = false;
    return false;
  };
  return {
    get isOpen() {
      return isOpen;
    },
    authenticate: async (request) => {
      const { key } = credentialsOf(request);
      const hasKey = key !== undefined && isApiKey(key);
      return hasKey || !(await isStillOpen())
        ? await keyed.authenticate(request)
        : await open.authenticate(request);
    },
    authorize: authorizeByRole,
  };
};

const withHandlers = async (
  { keys, tokens }: AccessSetup,
  handlers: AuthHandlers,
  inner: Access,
): Promise<Access> => {
  const { authenticate } = handlers;
  if (authenticate !== undefined && tokens !== undefined)
    throw new TuttiError("CONFIG_INVALID", "tokens would be checked by two", {
      hint: "unset TUTTI_JWT_ISSUER, or leave out authenticate() in auth.path",
    });
  if (authenticate === undefined && tokens === undefined && !(await keys.any()))
    throw new TuttiError("CONFIG_INVALID", "the auth handlers do not say who asks", {
      hint: "add authenticate() in auth.path, make a key (tutti keys create), or set TUTTI_JWT_ISSUER",
    });
  return handlerAccess(handlers, inner);
};

/**
 * `isOpen` of the answer says that nobody is asked who they are: tell the operator. Throws CONFIG_INVALID
 * when strangers could reach a server that asks for nothing, or when the parts contradict each other.
 */
export const accessFor = async (setup: AccessSetup): Promise<Access> => {
  const { keys, clock, log, localKey, tokens, handlers, host } = setup;
  const keyed = keyAccess({ keys, clock, localKey });
  const known =
    tokens === undefined
      ? keyed
      : keysAndTokens(
          keyed,
          // loaded only where tokens are taken
          (await import("./token-access.ts")).tokenAccess({ ...tokens, clock, log }),
        );
  if (handlers !== undefined) return await withHandlers(setup, readAuthHandlers(handlers), known);
  if (tokens !== undefined || (await keys.any())) return known;
  if (isLoopback(host)) return openUntilKeyed(setup, keyed);
  throw new TuttiError("CONFIG_INVALID", `a server on ${host} needs to know who may use it`, {
    hint: "make a key (tutti keys create --name me --role admin), set TUTTI_JWT_ISSUER and TUTTI_JWT_AUDIENCE, name auth.path in langgraph.json, or listen on 127.0.0.1",
  });
};
