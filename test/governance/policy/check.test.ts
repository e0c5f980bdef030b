import { checkPolicies, compilePolicies, findingText } from "../../../src/governance/index.ts";
import { readPolicyFolder } from "../../../src/governance/index.ts";
import { TOOL_DECLARATIONS } from "../../../src/protocol/index.ts";
import { parseApprovalRule } from "../../../src/governance/policy/approval-rule.ts";

const check = (source: string) => checkPolicies([{ name: "p.cedar", source }], TOOL_DECLARATIONS);
const told = (source: string) => check(source).findings.map(findingText).join("\n");
const PERMIT = '@id("a") permit (principal in Role::"admin", action, resource);\n';

describe("the policies that ship", () => {
  it("are in order and without warnings", () => {
    const folder = new URL("../../../policies", import.meta.url).pathname;
    expect(checkPolicies(readPolicyFolder(folder), TOOL_DECLARATIONS).findings).toEqual([]);
  });
});

describe("checking policies", () => {
  it.each([
    [
      "a word that is wrong",
      `${PERMIT}// ü\n  forbid (principal, action, resouce);`,
      "p.cedar:3:30: error: found an invalid variable",
    ],
    [
      "a semicolon that is missing",
      `${PERMIT}permit (principal, action, resource)`,
      "p.cedar:2:37: error: unexpected end of input",
    ],
    [
      "a template",
      `${PERMIT}permit (principal == ?principal, action, resource);`,
      "p.cedar:2:22: error: expected a static policy",
    ],
    [
      "an action that is not",
      `${PERMIT}forbid (principal, action == Action::"eat", resource);`,
      'p.cedar:2:30: error: unrecognized action `Action::"eat"`',
    ],
    [
      "an attribute that is not",
      `${PERMIT}forbid (principal, action == Action::"call", resource)\nwhen { context.foo };`,
      "p.cedar:3:8: error: attribute `foo`",
    ],
    [
      "an argument that may be absent",
      `${PERMIT}forbid (principal, action == Action::"call", resource)\nwhen { context.arguments.sql.query == "" };`,
      "p.cedar:3:8: error: unable to guarantee safety",
    ],
    [
      "a text that is compared with a number",
      `${PERMIT}forbid (principal, action == Action::"call", resource)\nwhen { context.costCents > "1" };`,
      "p.cedar:3:28: error: unexpected type",
    ],
    ["an id used twice", PERMIT + PERMIT, 'p.cedar:2:1: error: the id "a" is used twice'],
    [
      "an @approve that cannot be read",
      `${PERMIT}@approve("somebody") forbid (principal, action == Action::"callUnattended", resource);`,
      "p.cedar:2:1: error: @approve cannot be read",
    ],
    [
      "an @approve in the wrong place",
      `${PERMIT}@approve("anyone") forbid (principal, action == Action::"call", resource);`,
      "p.cedar:2:1: error: @approve belongs to a forbid of callUnattended",
    ],
  ])("finds %s, and where", (_what, source, expected) => {
    expect(told(source)).toContain(expected);
    expect(check(source).set).toBeUndefined();
    expect(() => compilePolicies([{ name: "p.cedar", source }], TOOL_DECLARATIONS)).toThrow(
      /p\.cedar:\d+:\d+: error/,
    );
  });

  it.each([
    [
      "everything is permitted",
      "permit (principal, action, resource);",
      "warning: permits everything",
    ],
    [
      "nothing is permitted",
      "forbid (principal, action, resource);",
      "warning: no policy permits a call",
    ],
    ["an annotation is unknown", `@idd("x") ${PERMIT}`, "warning: the annotation @idd"],
    [
      "a policy can never apply",
      `${PERMIT}forbid (principal, action == Action::"read", resource is Tool);`,
      "warning: policy is impossible",
    ],
  ])("warns when %s", (_what, source, expected) => {
    expect(told(source)).toContain(expected);
    expect(check(source).set).toBeDefined();
  });

  it("keeps ids and annotations, also behind semicolons in comments and texts", () => {
    const source = `// a; b\n@id("one;two") permit (principal, action == Action::"call", resource) when { resource == Tool::"a\\";b" };\n@approve("2 of role:reviewer") forbid (principal, action == Action::"callUnattended", resource); // end;`;
    const { set, findings } = check(source);
    expect(findings).toEqual([]);
    expect(set?.size).toBe(2);
    expect([...(set?.rules.keys() ?? [])]).toEqual(["p.cedar:2"]);
  });

  it("names a version that changes with the sources and with nothing else", () => {
    expect(check(PERMIT).set?.version).toBe(check(PERMIT).set?.version);
    expect(check(PERMIT).set?.version).not.toBe(check(`${PERMIT} `).set?.version);
  });
});

describe("who may approve", () => {
  it.each([
    ["anyone", { count: 1, approvers: [{ kind: "anyone", id: "" }] }],
    ["role:reviewer", { count: 1, approvers: [{ kind: "role", id: "reviewer" }] }],
    [
      "2 of role:reviewer, person:ada",
      {
        count: 2,
        approvers: [
          { kind: "role", id: "reviewer" },
          { kind: "person", id: "ada" },
        ],
      },
    ],
  ])("%s", (text, rule) => expect(parseApprovalRule(text)).toEqual(rule));

  it.each([
    "",
    "0 of anyone",
    "21 of anyone",
    "2 of person:ada",
    "role:",
    "reviewer",
    "role:a,,role:b",
    "2of anyone",
  ])("cannot be %j", (text) => expect(parseApprovalRule(text)).toBeUndefined());
});
