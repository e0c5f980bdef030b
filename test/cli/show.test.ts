import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expectCalm, GOAL, SALES, workshop } from "./tutti.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const shop = workshop({ "sales.csv": SALES });
let id = "";
beforeAll(async () => {
  await shop.tutti(["run", GOAL, "--file", "sales.csv", "--out", "first"]);
  id = await shop.latest();
});
afterAll(() => shop.remove());

describe("tutti show", () => {
  it("tells the whole story of a thread", async () => {
    const { code, out } = await shop.tutti(["show", id.slice(0, 6)]);
    expect(code).toBe(0);
    expect(out).toContain(`thread ${id}, finished`);
    for (const part of ["Goal", "Plan 1", "Understood as", "Sources", "Files", "Spent"])
      expect(out).toMatch(new RegExp(`^${part}$`, "m"));
    expect(out).toMatch(/checked: schema, /);
    expect(out).toMatch(/sales\.csv .+ [0-9a-f]{64}/);
  });

  it("shows one task with its SQL and the sources behind it", async () => {
    const { code, out } = await shop.tutti(["show", id, "--task", "revenue-by-region"]);
    expect(code).toBe(0);
    expect(out).toMatch(/Results[^]+SELECT[^]+from sales {2}[0-9a-f]{64}/i);
    const wrong = await shop.tutti(["show", id, "--task", "nothing"]);
    expect(wrong.code).toBe(2);
    expect(wrong.err).toMatch(/no task "nothing"\n.*revenue-by-region/);
  });

  it("copies the finished files out, also long after, but not over something else", async () => {
    const copied = await shop.tutti(["show", id, "--out", "copy"]);
    expect(copied.out).toContain("copy/report.xlsx");
    expect(existsSync(shop.path("copy/manifest.json"))).toBe(true);
    const refused = await shop.tutti(["show", id, "--out", "."]);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.err).toContain("OUTPUT_EXISTS");
  });

  it("is one line of JSON on request", async () => {
    const { out } = await shop.tutti(["show", id, "--json"]);
    expect(out.trimEnd()).not.toContain("\n");
    expect(JSON.parse(out)).toMatchObject({
      status: "finished",
      thread: { id },
      values: { goal: GOAL },
    });
  });
});

describe("tutti threads", () => {
  it("has a line for each, and JSON on request", async () => {
    const { out } = await shop.tutti(["threads"]);
    expect(out).toMatch(/^[0-9a-f]{8} {2}finished {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}Revenue by/);
    const json = await shop.tutti(["threads", "--json"]);
    expect(JSON.parse(json.out)).toMatchObject({ id, status: "finished", error: null });
  });

  it("uses no colours and moves no cursor where there is no terminal", async () => {
    const { out } = await shop.tutti(["show", id]);
    expect(out).not.toContain("\u001B");
  });
});

describe("a reader that goes away", () => {
  it("ends nothing with a stack trace", async () => {
    const script = fileURLToPath(new URL("../../bin/tutti.mjs", import.meta.url));
    const child = spawn(process.execPath, [script, "show", id, "--json"], {
      cwd: shop.folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.destroy();
    let err = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
    const code = await new Promise((done) => child.once("close", done));
    expect({ code, err }).toEqual({ code: 0, err: "" });
  });

  it("does not end a run", async () => {
    const running = shop.begin(["run", GOAL, "--file", "sales.csv", "--out", "unread"]);
    await running.line(/^thread/);
    running.closeOutput();
    expect(await running.ended).toMatchObject({ code: 0, err: "" });
    expect(existsSync(shop.path("unread/manifest.json"))).toBe(true);
  });
});

describe("the data folder", () => {
  it("is the one TUTTI_DATA names, unless --data names another", async () => {
    const env = { TUTTI_DATA: shop.path(".tutti") };
    const elsewhere = workshop();
    expect((await elsewhere.tutti(["threads"], { env })).out).toContain(id.slice(0, 8));
    expect((await elsewhere.tutti(["threads", "--data", "own"], { env })).out).toMatch(
      /^No threads/,
    );
    elsewhere.remove();
  });

  it.each([
    ["cannot be made", "/sys/tutti"],
    ["is a file", "sales.csv"],
  ])("that %s is named in the error", async (_name, data) => {
    const end = await shop.tutti(["threads", "--data", data]);
    expect(end.code).toBe(4);
    expect(end.err).toMatch(/^error DATABASE: the data folder .+ cannot be used/);
    expectCalm(end);
  });
});

describe("tutti ask", () => {
  it("keeps what is verified and does only what is new", async () => {
    const end = await shop.tutti(["ask", id, "also by product"]);
    expect(end).toMatchObject({ code: 0, err: "" });
    expect(end.out).toMatch(/^plan 2: /m);
    expect(end.out).toMatch(/^revenue-by-product: done/m);
    expect(end.out).not.toMatch(/^revenue-by-region: working/m);
    expect(end.out).toContain("first/report.pdf");
  });

  it("refuses silence, and an unknown thread", async () => {
    expect((await shop.tutti(["ask", id, " "])).err).toContain("there is nothing asked");
    expect(await shop.tutti(["ask", "nothing", "more"])).toMatchObject({ code: 2 });
  });
});
