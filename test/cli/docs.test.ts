import { readFileSync } from "node:fs";
import { EXIT } from "../../src/cli/exit-code.ts";
import { workshop } from "./tutti.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const page = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8");
const shop = workshop();
afterAll(() => shop.remove());

const COMMANDS = ["run", "threads", "show", "resume", "ask", "demo", "serve"];
const GROUPS = ["worker", "keys", "policy", "db"];

/** The part of the page under a command's heading. */
const sectionOf = (command: string): string =>
  new RegExp(`^## tutti ${command}\\b[^]*?(?=^## |$(?![^]))`, "m").exec(page)?.[0] ?? "";

const flagsIn = (text: string): Set<string> =>
  new Set([...text.matchAll(/(?<![\w-])--[a-z]+(?:-[a-z]+)*/g)].map(([flag]) => flag));

/** Flags that a help text offers; those that its explanations mention do not count. */
const offeredIn = (help: string): Set<string> => {
  const options = help.slice(help.indexOf("Options:"));
  const lines = [...options.matchAll(/^ {2}(-.+?)(?: {2}|$)/gm)];
  return flagsIn(lines.map(([, flag]) => flag).join("\n"));
};

const COMMON = new Set(["--help", "--data", "--server", "--key", "--json", "--by"]);
const own = (flags: Set<string>): string[] => [...flags].filter((flag) => !COMMON.has(flag)).sort();

describe("docs/cli.md", () => {
  it.each(COMMANDS)("lists the flags that tutti %s has, and no others", async (command) => {
    const { out } = await shop.tutti([command, "--help"]);
    const [, table = ""] = /((?:^\|.*\n)+)/m.exec(sectionOf(command)) ?? [];
    const described = flagsIn(
      table
        .split("\n")
        .map((line) => line.split("|")[1] ?? "")
        .join("\n"),
    );
    const offered = offeredIn(out);
    expect(own(offered)).not.toEqual([]);
    expect(own(described)).toEqual(own(offered));
  });

  it("lists the flags of tutti db, and no others", async () => {
    const commands = ["stats", "verify", "prune", "export", "import", "backup"];
    const helps = await Promise.all(commands.map((one) => shop.tutti(["db", one, "--help"])));
    const offered = new Set(helps.flatMap(({ out }) => [...offeredIn(out)]));
    const described = flagsIn(sectionOf("db"));
    expect(own(offered)).toContain("--older-than");
    expect(own(described)).toEqual(own(offered));
    for (const one of commands) expect(sectionOf("db")).toContain(one);
  });

  it("lists the flags of tutti keys, and no others", async () => {
    const commands = ["create", "list", "revoke"];
    const helps = await Promise.all(commands.map((one) => shop.tutti(["keys", one, "--help"])));
    const offered = new Set(helps.flatMap(({ out }) => [...offeredIn(out)]));
    expect(own(offered)).toContain("--role");
    expect(own(flagsIn(sectionOf("keys")))).toEqual(own(offered));
    for (const one of commands) expect(sectionOf("keys")).toContain(`tutti keys ${one}`);
  });

  it("lists the flags of tutti policy, and no others", async () => {
    const commands = ["check", "test", "why"];
    const helps = await Promise.all(commands.map((one) => shop.tutti(["policy", one, "--help"])));
    const offered = new Set(helps.flatMap(({ out }) => [...offeredIn(out)]));
    expect(own(offered)).toContain("--policies");
    expect(own(flagsIn(sectionOf("policy")))).toEqual(own(offered));
    for (const one of commands) expect(sectionOf("policy")).toContain(`tutti policy ${one}`);
  });

  it("says which flags of serve the worker takes", async () => {
    const { out } = await shop.tutti(["worker", "--help"]);
    expect(own(offeredIn(out))).not.toEqual([]);
    for (const flag of own(offeredIn(out))) expect(sectionOf("worker")).toContain(`\`${flag}\``);
  });

  it("lists every command and every exit code", async () => {
    const { out } = await shop.tutti(["--help"]);
    const offered = [...out.matchAll(/^ {2}([a-z]+)(?: [[<]| {4})/gm)].map(([, name]) => name);
    expect(offered.filter((name) => name !== "help").sort()).toEqual(
      [...COMMANDS, ...GROUPS].sort(),
    );
    for (const code of Object.values(EXIT))
      expect(page).toMatch(new RegExp(`^\\| ${code} +\\|`, "m"));
  });

  it("describes the flags that all commands share", () => {
    for (const flag of COMMON) expect(page).toContain(`\`${flag}`);
  });
});
