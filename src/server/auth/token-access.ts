// Access by tokens of an identity provider (OIDC): JWTs signed by its keys, for this server, in time. Tenant
// and role come from claims.
import { errors, type JWTPayload, jwtVerify } from "jose";
import { DEFAULT_TENANT, type Role } from "../../storage/index.ts";
import type { Access, Principal } from "../access.ts";
import { credentialsOf, unauthenticated } from "./credentials.ts";
import { authorizeByRole } from "./role-access.ts";
import { createSigningKeys, type SigningKeysOptions } from "./signing-keys.ts";

export interface TokenAccessOptions extends SigningKeysOptions {
  /** What tokens for this server name. */
  readonly audience: string;
  /** Claim that names the tenant; tokens without it belong to the default one. Default `tenant`. */
  readonly tenantClaim?: string | undefined;
  /** Claim that names the role; tokens without it are viewers. Default `role`. */
  readonly roleClaim?: string | undefined;
}

/** Public keys only: a secret that both sides know is no proof of who signed. */
const ALGORITHMS = ["RS256", "ES256", "EdDSA"];
const SKEW_SECONDS = 30;
const HINT = "get a new token from the identity provider, for this server's audience";

const refused = (detail: string): Error =>
  unauthenticated(detail, HINT, `, error="invalid_token", error_description="${detail}"`);

/** Why a token is not taken; what is no fault of the token goes on as it is. */
const refusalOf = (error: unknown): unknown => {
  if (error instanceof errors.JWTExpired) return refused("the token has expired");
  if (error instanceof errors.JWTClaimValidationFailed)
    return refused(`the token's claim ${error.claim} is missing or not what it must be`);
  if (error instanceof errors.JWKSNoMatchingKey)
    return refused("the token is signed with a key that its issuer does not have");
  return error instanceof errors.JOSEError ? refused("the token is not valid") : error;
};

const TENANT = /^[A-Za-z0-9][\w-]{0,62}$/;
const ROLES: ReadonlySet<unknown> = new Set<Role>(["admin", "runner", "reviewer", "viewer"]);

const isTenant = (value: unknown): value is string =>
  typeof value === "string" && TENANT.test(value);
const isRole = (value: unknown): value is Role => ROLES.has(value);

const textIn = (payload: JWTPayload, ...names: string[]): string | undefined =>
  names.map((name) => payload[name]).find((value) => typeof value === "string");

const permissionsIn = (payload: JWTPayload): string[] => {
  const { scope, permissions } = payload;
  if (Array.isArray(permissions)) return permissions.filter((one) => typeof one === "string");
  return typeof scope === "string" ? scope.split(" ").filter((one) => one !== "") : [];
};

const principalOf = (
  payload: JWTPayload,
  { tenantClaim = "tenant", roleClaim = "role" }: TokenAccessOptions,
): Principal => {
  const { sub } = payload;
  const tenant = payload[tenantClaim] ?? DEFAULT_TENANT;
  const role = payload[roleClaim] ?? "viewer";
  if (sub === undefined || sub === "") throw refused("the token's claim sub is empty");
  if (!isTenant(tenant)) throw refused(`the token's claim ${tenantClaim} cannot name a tenant`);
  if (!isRole(role)) throw refused(`the token's claim ${roleClaim} names no role of this server`);
  const permissions = permissionsIn(payload);
  const user = {
    identity: sub,
    display_name: textIn(payload, "name", "preferred_username", "email") ?? sub,
    is_authenticated: true,
    permissions,
  };
  return { tenant, id: sub, role, user, permissions };
};

/**
 * Throws UNAUTHENTICATED for a token that is not right, and says in what; a 503 while the issuer's keys
 * could not be fetched even once.
 */
export const tokenAccess = (options: TokenAccessOptions): Access => {
  const { issuer, audience, clock } = options;
  const keys = createSigningKeys(options);
  const authenticate = async (request: Request): Promise<Principal> => {
    const { token } = credentialsOf(request);
    if (token === undefined)
      throw unauthenticated("a token is needed", "send `Authorization: Bearer …`");
    const verified = await jwtVerify(token, keys, {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      clockTolerance: SKEW_SECONDS,
      currentDate: new Date(clock.now()),
      requiredClaims: ["exp", "sub"],
    }).catch((error: unknown) => {
      throw refusalOf(error);
    });
    return principalOf(verified.payload, options);
  };
  return { authenticate, authorize: authorizeByRole };
};
