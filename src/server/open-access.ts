// Access on a server without keys: whoever reaches it may do everything. Only for loopback; the caller
// says so at start.
import type { Access, Principal } from "./access.ts";

export const openAccess = (tenant: string): Access => {
  const everyone: Principal = {
    tenant,
    id: "open",
    role: "admin",
    user: null,
    permissions: [],
  };
  return {
    isOpen: true,
    authenticate: () => Promise.resolve(everyone),
    authorize: (principal, _resource, _action, value) =>
      Promise.resolve({ scope: { tenant: principal.tenant }, value }),
  };
};
