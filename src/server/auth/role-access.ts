// The part that keys and tokens share: what a principal may is what its role may, in its tenant.
import { TuttiError } from "../../errors.ts";
import { DEFAULT_TENANT } from "../../storage/index.ts";
import type { Access } from "../access.ts";
import { allows } from "./allows.ts";

/** Throws FORBIDDEN. What concerns all tenants (`system`) is for admins of the default tenant. */
export const authorizeByRole: Access["authorize"] = async (principal, resource, action, value) => {
  const { role, tenant } = principal;
  const isOthers = resource === "system" && tenant !== DEFAULT_TENANT;
  if (isOthers || !allows(role, resource, action, value))
    throw new TuttiError("FORBIDDEN", `the role ${role} may not do this (${resource}:${action})`, {
      hint: "use a key or token with a role that may: admin, runner, reviewer, viewer",
    });
  return { scope: { tenant }, value };
};
