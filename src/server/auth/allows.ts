// What each role may do: a pure table. Tenants and handlers narrow it further, nothing widens it.
import type { JsonObject, Role } from "../../storage/index.ts";
import type { Action, Resource } from "../access.ts";

const READS: ReadonlySet<Action> = new Set<Action>(["read", "search", "get", "list_namespaces"]);

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isNothing = (value: unknown): boolean => value === undefined || value === null;

/** What a run may carry that does nothing but answer; more would be a run of one's own. */
const NEEDLESS = ["webhook", "interrupt_before", "interrupt_after", "checkpoint"] as const;

/**
 * A run on an existing thread that answers its open questions and neither steers the graph elsewhere nor
 * pushes another run aside. Whether the questions are open is decided when the run is made.
 */
const isAnswer = (value: JsonObject): boolean => {
  const { kwargs } = value;
  if (!isObject(kwargs) || isNothing(value["thread_id"])) return false;
  const { command } = kwargs;
  if (!isObject(command) || isNothing(command["resume"])) return false;
  const { resume: _answer, ...more } = command;
  return (
    Object.values(more).every(isNothing) &&
    NEEDLESS.every((name) => isNothing(kwargs[name])) &&
    value["if_not_exists"] !== "create" &&
    value["multitask_strategy"] !== "interrupt" &&
    value["multitask_strategy"] !== "rollback"
  );
};

type Rule = (resource: Resource, action: Action, value: JsonObject) => boolean;

const views: Rule = (resource, action) => resource !== "system" && READS.has(action);

const RULES: Readonly<Record<Role, Rule>> = {
  admin: () => true,
  runner: (resource) => resource !== "system",
  reviewer: (resource, action, value) =>
    views(resource, action, value) ||
    (resource === "threads" && action === "create_run" && isAnswer(value)),
  viewer: views,
};

/** Whether a role may do this to things of its own tenant. */
export const allows = (
  role: Role,
  resource: Resource,
  action: Action,
  value: JsonObject,
): boolean => RULES[role](resource, action, value);
