// In a copy of the project, so that sources can be changed and bundles built without touching this one.
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expectCalm, GOAL, SALES, workshop } from "./tutti.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const original = fileURLToPath(new URL("../../", import.meta.url));
const project = mkdtempSync(join(tmpdir(), "tutti-copy-"));
const shop = workshop({ "sales.csv": SALES });

const graph = join(project, "graphs/orchestrator.ts");
const BUILT = new Date("2026-01-01T00:00:00Z");

const build = (): void =>
  void execFileSync(process.execPath, [join(project, "bin/build.mjs")], { stdio: "pipe" });
const runsBundled = (): boolean => {
  const script = `
    const { freshBundle } = await import(${JSON.stringify(join(project, "bin/bundle.mjs"))});
    process.stdout.write(String(freshBundle() !== undefined));`;
  return (
    execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }) ===
    "true"
  );
};

beforeAll(() => {
  for (const name of [
    "src",
    "graphs",
    "policies",
    "checkpoints",
    "bin",
    "package.json",
    "package-lock.json",
    "langgraph.json",
  ])
    cpSync(join(original, name), join(project, name), { recursive: true });
  symlinkSync(join(original, "node_modules"), join(project, "node_modules"));
  // A time that survives being put back: the file system keeps more digits than a Date.
  utimesSync(graph, BUILT, BUILT);
  build();
});
afterAll(() => {
  rmSync(project, { recursive: true, force: true });
  shop.remove();
});

describe("the bundle", () => {
  it("does the whole job: tables, specialists, charts, fonts, files", async () => {
    expect(runsBundled()).toBe(true);
    const run = ["run", GOAL, "--file", "sales.csv", "--out", "bundled"];
    const end = await shop.tutti(run, { project });
    expect(end).toMatchObject({ code: 0, err: "" });
    const html = readFileSync(shop.path("bundled/report.html"), "utf8");
    expect(html).toContain("<svg");
    // September in the North: 300.50 + 301.50.
    expect(html).toContain("602.00");
    const pdf = readFileSync(shop.path("bundled/report.pdf"), "latin1");
    expect(pdf).toMatch(/^%PDF-/);
    expect(pdf).toContain("DejaVu");
  });

  it("holds LangGraph once", () => {
    const dist = join(project, "dist");
    const [name = ""] = readdirSync(dist).filter((entry) => entry !== "current");
    const chunks = readdirSync(join(dist, name)).filter((entry) => entry.endsWith(".js"));
    const having = chunks.filter((chunk) =>
      /^var StateGraph = class/m.test(readFileSync(join(dist, name, chunk), "utf8")),
    );
    expect(having).toHaveLength(1);
  });

  it("is not used once a source was added, changed, put back from elsewhere, or removed", () => {
    const added = join(project, "src/added.ts");
    const before = readFileSync(graph);
    const changes: [() => void, () => void][] = [
      [() => writeFileSync(added, "export {};\n"), () => rmSync(added)],
      [() => appendFileSync(graph, "// changed\n"), () => writeFileSync(graph, before)],
      // An older file put in place: no time is newer than the bundle's.
      [() => utimesSync(graph, new Date(0), new Date(0)), () => undefined],
      [() => rmSync(graph), () => writeFileSync(graph, before)],
    ];
    for (const [change, undo] of changes) {
      expect(runsBundled()).toBe(true);
      change();
      expect(runsBundled()).toBe(false);
      undo();
      utimesSync(graph, BUILT, BUILT);
    }
  });
});

describe("an agent's YAML that is wrong", () => {
  const analyst = join(project, "graphs/agents/analyst.yaml");
  const cases: [string, (yaml: string) => string, RegExp][] = [
    ["an unknown tool", (yaml) => yaml.replace("sql,", "sqll,"), /analyst\.yaml:\d+.*sqll[^]*sql/],
    ["an unknown key", (yaml) => `${yaml}\nrolle: x\n`, /analyst\.yaml:\d+.*rolle/],
    ["no YAML at all", () => "a: [b\n", /analyst\.yaml:\d+/],
  ];
  it.each(cases)("%s is refused with 2, naming file and line", async (_name, change, message) => {
    const before = readFileSync(analyst, "utf8");
    try {
      writeFileSync(analyst, change(before));
      const end = await shop.tutti(["run", GOAL, "--file", "sales.csv", "--data", "yaml"], {
        project,
      });
      expect(end.code).toBe(2);
      expect(end.err).toMatch(message);
      expectCalm(end);
    } finally {
      writeFileSync(analyst, before);
    }
    expect((await shop.tutti(["threads", "--data", "yaml"])).out).toMatch(/^No threads/);
  });

  it("an assignee that is not there is refused in an edited plan, by name", async () => {
    const args = ["--data", "edited"];
    await shop.tutti(["run", GOAL, "--file", "sales.csv", "--review", "plan", ...args]);
    const listed = await shop.tutti(["threads", "--json", ...args]);
    const { id } = JSON.parse(listed.out) as { id: string };
    const folder = shop.path("edited/review", id.slice(0, 8));
    const [name = ""] = readdirSync(folder);
    const plan = readFileSync(join(folder, name), "utf8").replace('"analyst"', '"nobody"');
    writeFileSync(join(folder, name), plan);
    const end = await shop.tutti(["resume", id, "--edit", join(folder, name), ...args]);
    expect(end.code).toBe(3);
    expect(end.out).toMatch(/given to nobody[^]+analyst/);
  });
});

/** A Node on this machine that is too old to run the sources, if there is one. */
const oldNode = (process.env["PATH"] ?? "")
  .split(delimiter)
  .filter((folder) => !folder.includes("node_modules"))
  .map((folder) => join(folder, "node"))
  .filter(existsSync)
  .find((path) => {
    const [, major = "0"] =
      /^v(\d+)/.exec(execFileSync(path, ["--version"], { encoding: "utf8" })) ?? [];
    return Number(major) < 22;
  });

describe.runIf(oldNode !== undefined)("a machine whose Node is too old", () => {
  const node = oldNode ?? "";

  it("runs everything on the project's own, with its exit code and output", async () => {
    const end = await shop.tutti(["show", "nothing"], { node });
    expect(end.code).toBe(2);
    expect(end.err).toContain("THREAD_NOT_FOUND");
    expect((await shop.tutti(["--version"], { node })).out).toMatch(/^\d/);
  });
});
