/* oxlint-disable no-underscore-dangle -- a key of Cedar's JSON */
// Which requests a policy's scope can match at all. What it cannot match it neither decides nor fails on,
// so leaving such policies out changes no decision: it only makes deciding faster.
import type { EntityUidJson, PolicyJson } from "@cedar-policy/cedar-wasm/nodejs";

export interface AskedPrincipal {
  readonly type: string;
  /** Absent: one that no scope names. */
  readonly id?: string | undefined;
  readonly role?: string | undefined;
}

export interface Asked {
  readonly action: string;
  readonly principal?: AskedPrincipal;
  readonly resource?: {
    readonly kind: string;
    /** Absent: one that no scope names. */ readonly id?: string;
  };
}

export const uid = (entity: EntityUidJson): { type: string; id: string } =>
  "__entity" in entity ? entity.__entity : entity;

/** True unless the scope certainly matches no such request. */
export const scopeCovers = (policy: PolicyJson, asked: Asked): boolean =>
  coversAction(policy, asked.action) &&
  (asked.principal === undefined || coversPrincipal(policy, asked.principal)) &&
  (asked.resource === undefined || coversResource(policy, asked.resource));

const coversAction = ({ action }: PolicyJson, name: string): boolean => {
  if (action.op === "All") return true;
  const entities =
    "entities" in action ? action.entities : "entity" in action ? [action.entity] : [];
  return entities.some((entity) => uid(entity).id === name);
};

const coversPrincipal = (
  { principal }: PolicyJson,
  { type, id, role }: AskedPrincipal,
): boolean => {
  if (principal.op === "is") return principal.entity_type === type;
  if (!("entity" in principal)) return true;
  const named = uid(principal.entity);
  if (named.type === type) return named.id === id;
  return principal.op === "in" && named.type === "Role" && named.id === role;
};

const coversResource = (
  { resource }: PolicyJson,
  { kind, id }: { readonly kind: string; readonly id?: string },
): boolean => {
  if (resource.op === "is") return resource.entity_type === kind;
  if (!("entity" in resource)) return true;
  const named = uid(resource.entity);
  return named.type === kind && named.id === id;
};

/** The principal and the resource that a scope names, as `Tool::sql`. */
export const namedIn = ({ principal, resource }: PolicyJson): string[] =>
  [principal, resource].flatMap((part) => {
    if (!("entity" in part)) return [];
    const { type, id } = uid(part.entity);
    return [`${type}::${id}`];
  });
