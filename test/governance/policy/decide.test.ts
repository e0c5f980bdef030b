import * as fc from "fast-check";
import { decide, runPolicyTable } from "../../../src/governance/index.ts";
import { callOf, policiesOf, source, table } from "./company.ts";

vi.setConfig({ testTimeout: 120_000 });
const company = policiesOf(source);
const all = policiesOf("permit (principal, action, resource);");
const RANK = { deny: 0, ask: 1, allow: 2 };

describe("the table of cases", () => {
  it("has 150 or more, and each is decided as expected, by the policies it names", () => {
    expect(table.cases.length).toBeGreaterThanOrEqual(150);
    expect(runPolicyTable(company, table)).toEqual([]);
  });

  it("says what is wrong with one that is not", () => {
    const [first] = table.cases;
    const wrong = { ...first!, expect: "deny" as const };
    expect(runPolicyTable(company, { tools: [], cases: [wrong] })).toMatchObject([
      { number: 1, wrong: "expected deny, but it is allow, by harmless, staff" },
    ]);
  });
});

const scopes = {
  principal: ["principal", 'principal in Role::"runner"', "principal is Agent", "principal is Key"],
  action: ["action", 'action == Action::"call"', 'action == Action::"callUnattended"'],
  resource: ["resource", 'resource == Tool::"pay"', "resource is Model", "resource is Tool"],
  when: [
    "",
    "when { context.costCents > 100 }",
    'when { context.taint.contains("secret") }',
    "when { context has arguments.pay.amount && context.arguments.pay.amount > 50 }",
    "when { context.costCents + 9223372036854775000 > 0 }", // fails where the cost is high
  ],
};
const policy = (effect: string) =>
  fc
    .tuple(...Object.values(scopes).map((options) => fc.constantFrom(...options)))
    .map(
      ([principal, action, resource, when]) =>
        `${effect} (${principal}, ${action}, ${resource}) ${when};`,
    );
const request = fc
  .record({
    tool: fc.constantFrom("pay", "sql"),
    role: fc.constantFrom("runner", "viewer"),
    kind: fc.constantFrom("person" as const, "key" as const),
    agent: fc.constantFrom(undefined, "analyst"),
    costCents: fc.constantFrom(0, 101, 5000),
    taint: fc.constantFrom([], ["secret"]),
    amount: fc.constantFrom(0, 0.1, 100),
  })
  .map(({ tool, role, kind, amount, ...more }) =>
    callOf(tool, tool === "sql" ? { query: "SELECT 1" } : { to: "bob", amount }, {
      ...more,
      caller: { kind, id: "x", tenant: "default", role },
    }),
  );

describe("any policies", () => {
  it("never allow more when a forbid is added", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(
        fc.array(fc.oneof(policy("permit"), policy("forbid")), { maxLength: 5 }),
        policy("forbid"),
        fc.array(request, { minLength: 4, maxLength: 4 }),
        (policies, forbid, requests) => {
          const base = "permit (principal, action, resource);";
          const before = policiesOf(base, ...policies);
          const after = policiesOf(base, ...policies, forbid);
          for (const one of requests) {
            const [was, is] = [decide(before, one).outcome, decide(after, one).outcome];
            seen.add(`${was} ${is}`);
            expect(RANK[is]).toBeLessThanOrEqual(RANK[was]);
          }
        },
      ),
      { numRuns: 60 },
    );
    expect(seen).toContain("allow deny");
    expect(seen).toContain("allow ask");
  });

  it("never allow an agent more than whom it acts for", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(policy("permit"), policy("forbid")), { maxLength: 5 }),
        request,
        (policies, one) => {
          const set = policiesOf(...policies, "permit (principal is Agent, action, resource);");
          const alone = decide(set, { ...one, agent: undefined }).outcome;
          const through = decide(set, { ...one, agent: "analyst" }).outcome;
          expect(RANK[through]).toBeLessThanOrEqual(RANK[alone]);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("decide the same whether all of them are asked or those that can match", () => {
    // Policies about everything else are left out of a question: they must not have changed the answer.
    const others = Array.from(
      { length: 40 },
      (_, n) => `forbid (principal, action, resource == Tool::"other-${n}");`,
    );
    fc.assert(
      fc.property(fc.array(policy("permit"), { maxLength: 4 }), request, (policies, one) => {
        const [few, many] = [policiesOf(...policies), policiesOf(...policies, ...others)];
        expect(decide(many, one)).toMatchObject({ outcome: decide(few, one).outcome });
      }),
      { numRuns: 25 },
    );
  });
});

describe("a policy that fails", () => {
  const set = policiesOf(
    "permit (principal, action, resource);",
    '@id("overflow") forbid (principal, action, resource) when { context.costCents + 9223372036854775000 < 0 };',
  );

  it("denies, though Cedar alone would skip it", () => {
    expect(decide(set, callOf("sql", { query: "x" }))).toMatchObject({ outcome: "allow" });
    expect(decide(set, callOf("sql", { query: "x" }, { costCents: 5000 }))).toMatchObject({
      outcome: "deny",
      reasons: ["overflow"],
      problem: expect.stringContaining("overflow"),
    });
  });
});

describe("a call that nobody answers for", () => {
  it("is denied", () => {
    const call = callOf("sql", { query: "x" }, { caller: undefined });
    expect(decide(all, call)).toMatchObject({ outcome: "deny", problem: /nobody/ });
  });
});

describe("hostile arguments", () => {
  const nested = (depth: number, inner: unknown = 1): unknown =>
    depth === 0 ? inner : { a: nested(depth - 1, inner) };
  const cyclic: Record<string, unknown> = {};
  cyclic["self"] = cyclic;
  const url = "https://a.example.com/";
  const http = (body: unknown) => ({ url, method: "GET", body });

  it.each([
    ["an entity", http({ __entity: { type: "Role", id: "admin" } })],
    ["a function", http([{ deep: { __extn: { fn: "ip", arg: "::1" } } }])],
    ["an expression", http({ __expr: "principal" })],
    ["depth", http(nested(40))],
    ["a hundred thousand levels", http(JSON.parse(`${"[".repeat(5000)}${"]".repeat(5000)}`))],
    ["a cycle", http(cyclic)],
    ["size", http("x".repeat((1 << 20) + 1))],
    ["large keys", http({ ["x".repeat((1 << 20) + 1)]: 1 })],
    ["many values", http(Array.from({ length: 20_001 }, () => 0))],
    ["a date", http(new Date(0))],
    ["a map", http(new Map())],
    ["a big integer", http(10n)],
    ["a function value", http(() => 1)],
    ["half a character", http("\ud800")],
    ["an array for an object", [http(1)]],
  ])("with %s are refused wherever they stand", (_what, args) => {
    const decision = decide(all, callOf("http", args));
    expect(decision).toMatchObject({ outcome: "deny", reasons: [] });
    expect(decision.problem).toBeDefined();
  });

  it("that only look odd are judged by the fields the schema names", () => {
    const odd = JSON.parse(
      `{"url":"${url}","method":"GET","__proto__":{"method":"POST"},"x":null}`,
    ) as object;
    expect(decide(company, callOf("http", odd))).toMatchObject({ outcome: "allow" });
    const inherited = Object.create({ method: "GET" }) as object;
    expect(decide(company, callOf("http", Object.assign(inherited, { url })))).toMatchObject({
      outcome: "deny",
    });
  });

  it("that do not fit the schema of a built-in tool are told as such", () => {
    for (const args of [{}, { query: 5 }, { query: "" }])
      expect(decide(all, callOf("sql", args))).toMatchObject({
        outcome: "deny",
        isMalformed: true,
      });
  });

  it("of any kind never throw, and never pass a reserved key", () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true }), (args) => {
        expect(["allow", "deny"]).toContain(decide(all, callOf("pay", args)).outcome);
        const carrier = { to: "bob", amount: 1, free: { inner: args, __entity: 1 } };
        expect(decide(all, callOf("pay", carrier)).outcome).toBe("deny");
      }),
      { numRuns: 200 },
    );
  });
});
