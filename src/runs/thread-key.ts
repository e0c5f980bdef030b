// The name of a thread in the checkpoint database. Clients choose thread ids, so two tenants may choose
// the same one: outside the default tenant the name begins with the tenant's.
import { DEFAULT_TENANT } from "../storage/index.ts";

const SEPARATOR = "~";

export const threadKey = (tenant: string, id: string): string =>
  tenant === DEFAULT_TENANT ? id : `${tenant}${SEPARATOR}${id}`;

/** The id a client knows the thread by. */
export const threadIdOf = (tenant: string, key: string): string =>
  tenant === DEFAULT_TENANT ? key : key.slice(tenant.length + SEPARATOR.length);

/** The tenant whose thread, or child of a thread, a key names. Thread ids are UUIDs: they hold no `~`. */
export const tenantOfKey = (key: string): string => {
  const [root = ""] = key.split("/");
  const at = root.indexOf(SEPARATOR);
  return at === -1 ? DEFAULT_TENANT : root.slice(0, at);
};
