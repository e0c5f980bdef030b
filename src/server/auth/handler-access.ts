// Access by the operator's own handlers: they say who asks, and for each action whether, with which filter
// and with which value. They narrow what a role may; nothing they leave out becomes open by an error.
import { TuttiError } from "../../errors.ts";
import { DEFAULT_TENANT, type JsonObject } from "../../storage/index.ts";
import type { Access, Action, Principal, Resource } from "../access.ts";
import { isApiKey } from "./api-key.ts";
import { askHandler, type AuthHandlers } from "./auth-handlers.ts";
import { credentialsOf, unauthenticated } from "./credentials.ts";
import { filterOf } from "./handler-filter.ts";
import { authorizeByRole } from "./role-access.ts";

const broken = (message: string): TuttiError =>
  new TuttiError("INTERNAL", message, { hint: "see docs/auth.md for what auth handlers return" });

/** Copied through JSON: what is stored with runs and read by graphs on other machines is plain data. */
const plain = (value: object): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;

const isString = (value: unknown): value is string => typeof value === "string";

const permissionsOf = (user: JsonObject): string[] => {
  const { permissions } = user;
  return Array.isArray(permissions) ? (permissions as unknown[]).filter(isString) : [];
};

const principalOf = (answer: unknown): Principal => {
  const given = isString(answer) ? { identity: answer } : answer;
  // Null, undefined and false are how a handler says no without throwing.
  if (given === null || given === undefined || given === false)
    throw unauthenticated("the request is not authenticated", "send what the server asks for");
  if (typeof given !== "object" || Array.isArray(given))
    throw broken("the authenticate handler returned no user");
  const user = plain(given);
  const { identity, is_authenticated, display_name } = user;
  if (!isString(identity) || identity === "")
    throw broken("the authenticate handler returned a user without identity");
  if (is_authenticated === false)
    throw unauthenticated("the user is not authenticated", "send what the server asks for");
  const permissions = permissionsOf(user);
  return {
    tenant: DEFAULT_TENANT,
    id: identity,
    role: "runner",
    user: {
      ...user,
      permissions,
      is_authenticated: true,
      display_name: isString(display_name) ? display_name : identity,
    },
    permissions,
  };
};

/** Handlers see method, address and headers. The body is not read before it is known who asks. */
const withoutBody = (request: Request): Request =>
  new Request(request.url, {
    method: request.method,
    headers: request.headers,
    signal: request.signal,
  });

/** Only the most specific handler is asked. */
const keysFor = (resource: Resource, action: Action): readonly string[] => [
  `${resource}:${action}`,
  resource,
  `*:${action}`,
  "*",
];

/** Files have no metadata to filter by: a filter would silently show them all. */
const UNFILTERED = "files:read";

const scopeOf = (tenant: string, event: string, answer: unknown) => {
  if (answer === undefined || answer === null || answer === true) return { tenant };
  if (answer === false)
    throw new TuttiError("FORBIDDEN", `not allowed (${event})`, {
      hint: "the server's auth handlers refuse it",
    });
  const filter = filterOf(answer);
  if (Object.keys(filter).length > 0 && event === UNFILTERED)
    throw new TuttiError("FORBIDDEN", `a filter cannot be applied to ${event}`, {
      hint: `let the auth handlers decide about "${event}" with true or false`,
    });
  return { tenant, filter };
};

/**
 * `inner` takes API keys; and tokens, when the handlers do not authenticate themselves. Who comes in through
 * it is asked by the handlers too, except admins. Throws CONFIG_INVALID when nothing authenticates.
 */
export const handlerAccess = (handlers: AuthHandlers, inner?: Access): Access => {
  const { authenticate, callbacks } = handlers;
  if (authenticate === undefined && inner === undefined)
    throw new TuttiError("CONFIG_INVALID", "the auth handlers do not say who asks", {
      hint: "add `.authenticate(…)` to the Auth object of auth.path",
    });

  const whoAsks = async (request: Request): Promise<Principal> => {
    const { key } = credentialsOf(request);
    const isInner = key !== undefined && isApiKey(key);
    if (inner !== undefined && (isInner || authenticate === undefined))
      return await inner.authenticate(request);
    return principalOf(await askHandler(() => authenticate?.(withoutBody(request))));
  };

  const authorize: Access["authorize"] = async (principal, resource, action, value) => {
    const { role, tenant, permissions, user } = principal;
    const allowed = await authorizeByRole(principal, resource, action, value);
    const name = keysFor(resource, action).find((key) => Object.hasOwn(callbacks, key));
    const callback = name === undefined ? undefined : callbacks[name];
    if (callback === undefined || role === "admin") return allowed;
    const event = `${resource}:${action}`;
    const changed = structuredClone<Record<string, unknown>>(value);
    const answer = await askHandler(() =>
      callback({
        event,
        resource,
        action,
        value: changed,
        permissions: [...permissions],
        user: structuredClone(user ?? {}),
      }),
    );
    return { scope: scopeOf(tenant, event, answer), value: plain(changed) as typeof value };
  };

  return { authenticate: whoAsks, authorize };
};
