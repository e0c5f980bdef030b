import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { workshop } from "./tutti.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const shop = workshop();
afterAll(() => shop.remove());
mkdirSync(join(shop.folder, "good"));
mkdirSync(join(shop.folder, "bad"));
shop.write("good/a.cedar", '@id("all") permit (principal in Role::"runner", action, resource);');
shop.write(
  "bad/a.cedar",
  "permit (principal, action, resource);\npermit (principal, action, resouce);",
);
shop.write(
  "cases.yaml",
  "cases:\n" +
    "  - { resource: { tool: sql }, arguments: { query: SELECT 1 }, expect: allow, because: [all] }\n" +
    "  - { resource: { tool: sql }, arguments: { query: SELECT 1 }, agent: analyst, expect: allow }\n",
);
const call = (more: object) =>
  JSON.stringify({ resource: { tool: "sql" }, arguments: { query: "SELECT 1" }, ...more });

describe("tutti policy", () => {
  it("check says that the policies that ship are in order", async () => {
    const { code, out } = await shop.tutti(["policy", "check"]);
    expect(out).toMatch(/^\d+ policies in 1 files are in order, version [0-9a-f]{64}\n$/);
    expect(code).toBe(0);
  });

  it("check names file, line and column of what is wrong", async () => {
    const { code, out } = await shop.tutti(["policy", "check", "bad"]);
    expect(out).toContain("bad/a.cedar:2:28: error: found an invalid variable");
    expect(code).toBe(4);
  });

  it("test runs a table, and says which case is decided otherwise", async () => {
    const { code, out } = await shop.tutti(["policy", "test", "cases.yaml", "--policies", "good"]);
    expect(out).toContain(
      "case 2, call tool sql by analyst: expected allow, but it is deny, by no policy",
    );
    expect(out).toContain("1 of 2 cases are decided as expected");
    expect(code).toBe(4);
    expect((await shop.tutti(["policy", "test", "cases.yaml"])).out).toContain("1 of 2 cases");
  });

  it("why explains one call, given as JSON or in a file", async () => {
    const { code, out } = await shop.tutti(["policy", "why", call({}), "--policies", "good"]);
    expect(out).toMatch(/^allow\n {2}by all\npolicies: version/);
    expect(code).toBe(0);
    shop.write("call.json", call({ principal: { key: "k", role: "viewer" } }));
    const asked = await shop.tutti(["policy", "why", "call.json", "--json"]);
    expect(JSON.parse(asked.out)).toMatchObject({
      outcome: "deny",
      who: "caller",
      reasons: ["viewers-only-look"],
    });
  });

  it("refuses what it cannot read", async () => {
    for (const args of [
      ["why", "{"],
      ["why", call({ resource: {} })],
      ["test", "missing.yaml"],
      ["check", "missing"],
    ]) {
      const { code, err } = await shop.tutti(["policy", ...args]);
      expect(code).toBe(2);
      expect(err).not.toBe("");
    }
  });
});
