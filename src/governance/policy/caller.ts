// On whose behalf a graph runs, read from the config that its host hands it.
import type { Caller } from "../../ports/index.ts";

/** Whoever uses the command line, or a server without keys: this machine's own user. */
export const LOCAL_CALLER: Caller = {
  kind: "person",
  id: "local",
  tenant: "default",
  role: "admin",
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
const textOf = (value: unknown, otherwise: string): string =>
  typeof value === "string" && value !== "" ? value : otherwise;

/**
 * The user whom the host authenticated: `langgraph_auth_user`, which clients cannot set. Our own server
 * adds tenant, role and kind under `tutti`; a user of another host has neither role nor tenant.
 */
export const callerOf = (configurable: Readonly<Record<string, unknown>> | undefined): Caller => {
  const user = configurable?.["langgraph_auth_user"];
  if (user === undefined || user === null) return LOCAL_CALLER;
  const { identity, tutti }: Record<string, unknown> = isObject(user) ? user : {};
  const own = isObject(tutti) ? tutti : {};
  return {
    kind: own["kind"] === "key" ? "key" : "person",
    id: textOf(identity, "unknown"),
    tenant: textOf(own["tenant"], "none"),
    role: textOf(own["role"], "none"),
  };
};
