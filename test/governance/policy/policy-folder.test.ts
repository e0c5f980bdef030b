import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPolicyFolder } from "../../../src/governance/index.ts";
import { TOOL_DECLARATIONS } from "../../../src/protocol/index.ts";
import { callOf } from "./company.ts";

const ALLOW =
  '@id("yes") permit (principal, action in [Action::"call", Action::"callUnattended"], resource);\n';
const FORBID = 'forbid (principal, action == Action::"call", resource == Tool::"sql");\n';
const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

const open = (files: Readonly<Record<string, string>>) => {
  const folder = mkdtempSync(join(tmpdir(), "tutti-policies-"));
  folders.push(folder);
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  for (const [name, text] of Object.entries(files)) write(name, text);
  const time = { now: 0 };
  const reports: string[] = [];
  const policies = openPolicyFolder({
    folder,
    tools: TOOL_DECLARATIONS,
    clock: { now: () => time.now },
    report: (level, message) => void reports.push(`${level}: ${message}`),
  });
  const sql = () => policies.decide(callOf("sql", { query: "x" })).outcome;
  /** Decides once a second, for as many seconds. */
  const after = (seconds: number) => {
    for (let n = 0; n < seconds; n += 1) {
      time.now += 1000;
      sql();
    }
    return sql();
  };
  return { folder, write, policies, reports, sql, after };
};

describe("a folder of policies", () => {
  it("is taken anew when a file is edited, added or removed", () => {
    const { folder, write, sql, after, reports } = open({ "a.cedar": ALLOW });
    expect(sql()).toBe("allow");
    write("b.cedar", FORBID);
    expect(sql()).toBe("allow");
    expect(after(2)).toBe("deny");
    rmSync(join(folder, "b.cedar"));
    expect(after(2)).toBe("allow");
    write("a.cedar", ALLOW + FORBID);
    expect(after(2)).toBe("deny");
    expect(reports).toHaveLength(3);
    expect(reports[0]).toMatch(/^info: new policies are in force/);
  });

  it("keeps what was in force when an edit is bad, says so once with the place, and takes the repair", () => {
    const { write, policies, after, reports } = open({ "a.cedar": ALLOW });
    const { version } = policies.current();
    write("a.cedar", `${ALLOW}\nforbid (principal, action, resouce);`);
    expect(after(5)).toBe("allow");
    expect(policies.current().version).toBe(version);
    expect(reports).toEqual([
      expect.stringMatching(/^warning: the policies stay as they were: .*a\.cedar:3:\d+: error/),
    ]);
    write("a.cedar", FORBID);
    expect(after(2)).toBe("deny");
    expect(policies.current().version).not.toBe(version);
  });

  it("is taken whole: one bad file of several keeps all of them out", () => {
    const { write, after } = open({ "a.cedar": ALLOW });
    write("b.cedar", FORBID);
    write("c.cedar", "permit (");
    expect(after(4)).toBe("allow");
    write("c.cedar", "");
    expect(after(2)).toBe("deny");
  });

  it("is not taken while it is still being written", () => {
    const { write, after } = open({ "a.cedar": ALLOW + FORBID });
    // Valid, but without its end: the next look finds another file.
    write("a.cedar", ALLOW);
    expect(after(1)).toBe("deny");
    write("a.cedar", `${ALLOW}// longer\n${FORBID}`);
    expect(after(3)).toBe("deny");
  });

  it("that disappears keeps its policies in force", () => {
    const { folder, after, reports } = open({ "a.cedar": ALLOW });
    renameSync(folder, `${folder}-away`);
    folders.push(`${folder}-away`);
    expect(after(4)).toBe("allow");
    expect(reports).toHaveLength(1);
    renameSync(`${folder}-away`, folder);
    expect(after(2)).toBe("allow");
  });

  it("without policies, or with bad ones, does not open", () => {
    expect(() => open({})).toThrow(/there is no policy in/);
    expect(() => open({ "a.cedar": "permit;" })).toThrow(/a\.cedar:1:7: error/);
    const options = { tools: [], clock: { now: () => 0 }, report: () => undefined };
    expect(() => openPolicyFolder({ folder: "/nowhere", ...options })).toThrow(/cannot be read/);
  });
});
