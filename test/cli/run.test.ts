import { existsSync, readFileSync } from "node:fs";
import { RunEvent } from "../../src/protocol/index.ts";
import { expectCalm, GOAL, SALES, workshop } from "./tutti.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const shop = workshop({ "sales.csv": SALES });
afterAll(() => shop.remove());

const FILES = ["report.xlsx", "report.pdf", "report.html", "manifest.json"];

describe("tutti run", () => {
  it("writes the finished files where it was told, says so, and ends with 0", async () => {
    const end = await shop.tutti(["run", GOAL, "--file", "sales.csv", "--out", "report"]);
    expect(end).toMatchObject({ code: 0, err: "" });
    for (const name of FILES) {
      expect(end.out).toContain(`report/${name}`);
      expect(existsSync(shop.path("report", name))).toBe(true);
    }
    const manifest = JSON.parse(readFileSync(shop.path("report/manifest.json"), "utf8")) as object;
    expect(manifest).toMatchObject({ goal: GOAL, sources: [{ name: "sales.csv" }] });
    expect(end.out).toMatch(/^plan: .+/m);
    expect(end.out).toMatch(/^report: done$/m);
    // One line for the beginning of a task and one for its end.
    expect(end.out.match(/^narrative: /gm)).toHaveLength(2);
    expectCalm(end);
  });

  it("does not write over a folder that holds something, unless told to", async () => {
    const other = workshop({ "sales.csv": SALES });
    const { tutti } = other;
    const end = await tutti(["run", GOAL, "--file", "sales.csv", "--out", "."]);
    expect(end.code).toBe(2);
    expect(end.err).toMatch(/error OUTPUT_EXISTS: .+ is not empty\n.*--force/);
    expect((await tutti(["threads"])).out).toMatch(/^No threads yet/);
    const forced = await tutti(["run", GOAL, "--file", "sales.csv", "--out", ".", "--force"]);
    expect(forced.code).toBe(0);
    expect(readFileSync(other.path("sales.csv"), "utf8")).toBe(SALES);
    other.remove();
  });

  it("prints one JSON event a line, the last of which says how it ended", async () => {
    const end = await shop.tutti(["run", GOAL, "--file", "sales.csv", "--json"]);
    const lines = end.out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.at(-1)).toMatchObject({ type: "run-end", status: "finished", questions: [] });
    for (const event of lines.slice(0, -1)) RunEvent.parse(event);
    expect(lines[0]).toMatchObject({ type: "intake-end", files: ["sales.csv"] });
    expect(end).toMatchObject({ code: 0, err: "" });
  });

  it("pauses at a budget with 5, and goes on with more", async () => {
    const paused = await shop.tutti(["run", GOAL, "--file", "sales.csv", "--budget", "2calls"]);
    expect(paused.code).toBe(5);
    expect(paused.out).toMatch(/A limit is reached[^]+npx tutti resume \w{8} --approve/);
    const id = await shop.latest();
    const wrong = await shop.tutti(["resume", id, "--respond", "a lot"]);
    expect(wrong.code).toBe(5);
    expect(wrong.out).toContain('The budget "a lot" cannot be read');
    const finished = await shop.tutti(["resume", id, "--respond", "80calls"]);
    expect(finished).toMatchObject({ code: 0, err: "" });
    expectCalm(finished);
  });

  it("ends with 4 and a reason when the goal means nothing to the data", async () => {
    const end = await shop.tutti(["run", "zxqv blorp the fnord", "--file", "sales.csv"]);
    expect(end.code).toBe(4);
    expect(end.err).toMatch(/^error GOAL_NOT_UNDERSTOOD: .+/);
    expectCalm(end);
    const shown = await shop.tutti(["show", await shop.latest()]);
    expect(shown.out).toMatch(/failed[^]+GOAL_NOT_UNDERSTOOD/);
  });
});

describe("what is wrong on the command line is refused with 2 before anything is begun", () => {
  const cases: [string, string[], RegExp][] = [
    ["words that are no budget", ["run", "x", "--budget", "lots"], /budget "lots" cannot be read/],
    ["a budget said twice", ["run", "x", "--budget", "2eur,3eur"], /limited twice/],
    [
      "a review of nothing known",
      ["run", "x", "--review", "all"],
      /--review takes plan and result/,
    ],
    ["an empty goal", ["run", "  "], /the goal is empty/],
    ["no goal", ["run"], /missing required argument 'goal'/],
    ["a number that is none", ["run", "x", "--concurrency", "many"], /whole number from 1 to 64/],
    ["a graph that is not there", ["run", "x", "--graph", "opera"], /there is no graph "opera"/],
    ["two files of one name", ["run", "x", "--file", "a/x.csv", "--file", "b/x.csv"], /same name/],
    ["a flag that is not there", ["run", "x", "--fiel", "y"], /Did you mean --file/],
    ["a command that is not there", ["rnu"], /Did you mean run/],
    ["a thread that is not there", ["show", "12345678"], /THREAD_NOT_FOUND/],
    ["an output below a file", ["run", "x", "--out", "sales.csv/there"], /is a file, not a folder/],
  ];
  it.each(cases)("%s", async (_name, args, message) => {
    const end = await shop.tutti(args);
    expect(end.code).toBe(2);
    expect(end.err).toMatch(message);
    expectCalm(end);
  });
});

describe("help", () => {
  it.each(["", "run", "threads", "show", "resume", "ask", "demo"])(
    "tutti %s --help explains, and ends with 0",
    async (command) => {
      const end = await shop.tutti([...(command === "" ? [] : [command]), "--help"]);
      expect(end).toMatchObject({ code: 0, err: "" });
      expect(end.out).toMatch(new RegExp(`^Usage: tutti ${command}`));
    },
  );

  it("has a version", async () => {
    expect((await shop.tutti(["--version"])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
