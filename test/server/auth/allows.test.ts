import { describe, expect, test } from "vitest";
import type { Action, Resource } from "../../../src/server/access.ts";
import { allows } from "../../../src/server/auth/allows.ts";
import type { JsonObject, Role } from "../../../src/storage/index.ts";

const ROLES: readonly Role[] = ["admin", "runner", "reviewer", "viewer"];

const answer = (more: JsonObject = {}, kwargs: JsonObject = {}): JsonObject => ({
  thread_id: "t",
  assistant_id: "a",
  if_not_exists: "reject",
  multitask_strategy: "enqueue",
  ...more,
  kwargs: { input: null, command: { resume: "yes" }, ...kwargs },
});

/** Which roles may: the first letters of admin, runner, reviewer ("e") and viewer. */
const CASES: readonly (readonly [Resource, Action, JsonObject, string])[] = [
  ["threads", "read", {}, "arev"],
  ["threads", "search", {}, "arev"],
  ["threads", "create", {}, "ar"],
  ["threads", "update", {}, "ar"],
  ["threads", "update", { action: "interrupt" }, "ar"],
  ["threads", "delete", {}, "ar"],
  ["threads", "create_run", {}, "ar"],
  ["threads", "create_run", { thread_id: "t", kwargs: { input: {} } }, "ar"],
  ["threads", "create_run", { thread_id: "t", kwargs: { command: null } }, "ar"],
  ["threads", "create_run", answer(), "are"],
  ["threads", "create_run", answer({}, { command: { resume: false } }), "are"],
  ["threads", "create_run", answer({}, { command: { resume: null } }), "ar"],
  ["threads", "create_run", answer({}, { command: { resume: "x", goto: "pay" } }), "ar"],
  ["threads", "create_run", answer({}, { command: { resume: "x", update: { a: 1 } } }), "ar"],
  ["threads", "create_run", answer({}, { command: ["resume"] }), "ar"],
  ["threads", "create_run", answer({}, { webhook: "https://example.org/" }), "ar"],
  ["threads", "create_run", answer({}, { interrupt_before: "*" }), "ar"],
  ["threads", "create_run", answer({}, { checkpoint: { checkpoint_id: "older" } }), "ar"],
  ["threads", "create_run", answer({ thread_id: null }), "ar"],
  ["threads", "create_run", answer({ if_not_exists: "create" }), "ar"],
  ["threads", "create_run", answer({ multitask_strategy: "rollback" }), "ar"],
  ["threads", "create_run", answer({ multitask_strategy: "interrupt" }), "ar"],
  ["assistants", "read", {}, "arev"],
  ["assistants", "search", {}, "arev"],
  ["assistants", "create", {}, "ar"],
  ["assistants", "update", {}, "ar"],
  ["assistants", "delete", {}, "ar"],
  ["crons", "search", {}, "arev"],
  ["crons", "create", answer(), "ar"],
  ["crons", "update", {}, "ar"],
  ["crons", "delete", {}, "ar"],
  ["store", "get", {}, "arev"],
  ["store", "search", {}, "arev"],
  ["store", "list_namespaces", {}, "arev"],
  ["store", "put", {}, "ar"],
  ["store", "delete", {}, "ar"],
  ["files", "read", {}, "arev"],
  ["files", "create", {}, "ar"],
  ["runs", "read", {}, "arev"],
  ["runs", "delete", {}, "ar"],
  ["system", "read", {}, "a"],
];

describe("what each role may do", () => {
  test.each(CASES)("%s:%s with %o is for %s", (resource, action, value, letters) => {
    const allowed = ROLES.filter((role) => allows(role, resource, action, value));
    expect(allowed.map((role) => (role === "reviewer" ? "e" : role[0])).join("")).toBe(letters);
  });
});
