// Who asks, and what of the platform exists for them. Implementations: API keys, tokens, the handlers of
// langgraph.json, or an open server on loopback.
import type { JsonObject, Role, Scope } from "../storage/index.ts";

/** What the platform adds to a user for its own graphs, under a name that no handler can take. */
export const graphUser = ({ user, tenant, role, isKey }: Principal): JsonObject | null =>
  user === null
    ? null
    : { ...user, tutti: { kind: isKey === true ? "key" : "person", tenant, role } };

export interface Principal {
  readonly tenant: string;
  /** Of the key or the token's subject. */
  readonly id: string;
  readonly role: Role;
  /** An API key, and not a person. */
  readonly isKey?: boolean;
  /** What graphs see as `configurable.langgraph_auth_user`; null on an open server. */
  readonly user: JsonObject | null;
  readonly permissions: readonly string[];
}

export type Resource = "assistants" | "threads" | "crons" | "store" | "runs" | "files" | "system";
export type Action =
  | "create"
  | "read"
  | "update"
  | "delete"
  | "search"
  | "create_run"
  | "put"
  | "get"
  | "list_namespaces";

export interface Access {
  /** Nobody is asked who they are: then only pages known to be clients may call the server. */
  readonly isOpen?: boolean;
  /** Throws UNAUTHENTICATED (401). */
  authenticate(request: Request): Promise<Principal>;
  /**
   * Whether the principal may, with which filter, and what becomes of the request's value (handlers may
   * change it, e.g. stamp an owner into metadata). Throws FORBIDDEN (403).
   */
  authorize<Value extends JsonObject>(
    principal: Principal,
    resource: Resource,
    action: Action,
    value: Value,
  ): Promise<{ scope: Scope; value: Value }>;
}
