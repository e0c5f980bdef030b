// Access by API keys: who has a key that is in force acts for its tenant, in its role.
import { timingSafeEqual } from "node:crypto";
import type { Clock } from "../../clock.ts";
import { DEFAULT_TENANT, type KeyRecords, type KeyRow } from "../../storage/index.ts";
import type { Access, Principal } from "../access.ts";
import { hashOfKey } from "./api-key.ts";
import { credentialsOf, unauthenticated } from "./credentials.ts";
import { authorizeByRole } from "./role-access.ts";

export interface KeyAccessOptions {
  readonly keys: KeyRecords;
  readonly clock: Clock;
  /**
   * Of `newApiKey()`, made at start and known only to this process and to the owner file, for commands of
   * the same user: admin of the default tenant.
   */
  readonly localKey?: string | undefined;
}

const HINT =
  "send `x-api-key` or `Authorization: Bearer`; `tutti keys create --name … --role …` makes a key";
const TOUCH_EVERY_MS = 60_000;

const LOCAL: Principal = {
  tenant: DEFAULT_TENANT,
  id: "local",
  role: "admin",
  user: {
    identity: "local",
    display_name: "this machine",
    is_authenticated: true,
    permissions: ["admin"],
  },
  permissions: ["admin"],
};

const principalOf = ({ id, tenant, role, name }: KeyRow): Principal => ({
  tenant,
  id,
  role,
  isKey: true,
  user: { identity: id, display_name: name, is_authenticated: true, permissions: [role] },
  permissions: [role],
});

const sameHash = (one: string, other: string): boolean =>
  timingSafeEqual(Buffer.from(one, "hex"), Buffer.from(other, "hex"));

/** Throws UNAUTHENTICATED, in the same words for a key that is unknown, revoked or has expired. */
export const keyAccess = ({ keys, clock, localKey }: KeyAccessOptions): Access => {
  const localHash = localKey === undefined ? undefined : hashOfKey(localKey);
  const authenticate = async (request: Request): Promise<Principal> => {
    const { key } = credentialsOf(request);
    if (key === undefined) throw unauthenticated("an API key is needed", HINT);
    // Keys are found by their hash: how long that takes says nothing about a key that is stored.
    const hash = hashOfKey(key);
    if (localHash !== undefined && sameHash(hash, localHash)) return LOCAL;
    const row = await keys.findByHash(hash);
    if (row === undefined)
      throw unauthenticated("the API key is unknown, was revoked or has expired", HINT);
    if (row.lastUsedAt === null || clock.now() - row.lastUsedAt >= TOUCH_EVERY_MS)
      await keys.touch(row.id);
    return principalOf(row);
  };
  return { authenticate, authorize: authorizeByRole };
};
