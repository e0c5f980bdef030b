// The command line and a server as real processes, on one data folder and apart from it.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { heldModel, isAbout } from "./held-model.ts";
import { expectCalm, GOAL, type Options, type Running, SALES, workshop } from "./tutti.ts";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });
const shop = workshop({ "sales.csv": SALES });
const running: Running[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) {
    one.kill("SIGKILL");
    await one.ended;
  }
});
afterAll(() => shop.remove());

const serve = async (flags: readonly string[], options: Options = {}) => {
  const server = shop.begin(["serve", ...flags], options);
  running.push(server);
  const line = await server.line(/"url":/);
  return { server, url: (JSON.parse(line) as { url: string }).url };
};

const freePort = (): Promise<number> =>
  new Promise((done) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => done(typeof address === "object" && address !== null ? address.port : 0));
    });
  });

const FILES = ["manifest.json", "report.html", "report.pdf", "report.xlsx"];

describe("a server", () => {
  it("does the main job for the command line: progress, pause, answer, files", async () => {
    const { server, url } = await serve(["--port", "0", "--data", "server"]);
    const flags = ["--server", url];
    const run = await shop.tutti([
      "run",
      GOAL,
      "--file",
      "sales.csv",
      "--out",
      "made",
      "--review",
      "result",
      ...flags,
    ]);
    expect(run).toMatchObject({ code: 3, err: "" });
    expect(run.out).toMatch(/^totals: done$/m);
    const [, id = ""] = /tutti resume (\w{8}) --server http\S+ --approve/.exec(run.out) ?? [];
    expect((await shop.tutti(["threads", ...flags])).out).toMatch(new RegExp(`^${id}  waiting`));

    const resumed = await shop.tutti(["resume", id, "--approve", "--by", "ann", ...flags]);
    expect(resumed).toMatchObject({ code: 0, err: "" });
    expect(readdirSync(shop.path("made")).sort()).toEqual(FILES);
    const shown = await shop.tutti(["show", id, ...flags]);
    expect(shown.out).toMatch(/result: approve by ann/);
    expect(shown.out).toMatch(/, finished/);

    server.kill("SIGTERM");
    expect(await server.ended).toMatchObject({ code: 0 });
  });

  it("goes on with its runs when it was killed, and the command line waits for it", async () => {
    const model = await heldModel(isAbout("narrative"));
    const port = String(await freePort());
    const flags = ["--port", port, "--data", "killed"];
    const first = await serve(flags, { env: model.env });
    const run = shop.begin([
      "run",
      GOAL,
      "--file",
      "sales.csv",
      "--out",
      "after",
      "--server",
      first.url,
    ]);
    running.push(run);
    await Promise.race([model.asked, run.ended]);
    first.server.kill("SIGKILL");
    await first.server.ended;
    model.release();
    await serve(flags, { env: model.env });
    const end = await run.ended;
    expect(end).toMatchObject({ code: 0, err: "" });
    expect(readdirSync(shop.path("after")).sort()).toEqual(FILES);
    // What was verified before the kill is told once, and not done again.
    expect(end.out.match(/^totals: done$/gm)).toHaveLength(1);
    await model.close();
  });

  it("owns its folder: commands go through it, a second server is refused", async () => {
    const { url } = await serve(["--port", "0", "--data", "owned"]);
    const run = await shop.tutti(["run", GOAL, "--file", "sales.csv", "--data", "owned"]);
    expect(run).toMatchObject({ code: 0, err: "" });
    const threads = await shop.tutti(["threads", "--json", "--data", "owned"]);
    const [first] = threads.out.trim().split("\n");
    expect(JSON.parse(first ?? "")).toMatchObject({ goal: GOAL, status: "finished" });
    // The run was the server's.
    const found = await fetch(`${url}/threads/search`, { method: "POST", body: "{}" });
    expect(await found.json()).toMatchObject([{ metadata: { goal: GOAL }, status: "idle" }]);

    const second = await shop.tutti(["serve", "--port", "0", "--data", "owned"]);
    expect(second.code).toBe(4);
    expect(second.err).toMatch(
      /^error DATABASE: another process works in .+owned \(process \d+ at http/,
    );
    expectCalm(second);
  });

  it("refuses strangers' addresses without a key, and takes keys that the command line made", async () => {
    const open = await shop.tutti(["serve", "--port", "0", "--host", "0.0.0.0", "--data", "keyed"]);
    expect(open.code).toBe(2);
    expect(open.err).toMatch(/^error CONFIG_INVALID: .+0\.0\.0\.0.+who may use it/);

    const made = await shop.tutti([
      "keys",
      "create",
      "--name",
      "ci",
      "--role",
      "viewer",
      "--data",
      "keyed",
      "--json",
    ]);
    const { key, id } = JSON.parse(made.out) as { key: string; id: string };
    const { url } = await serve(["--port", "0", "--host", "0.0.0.0", "--data", "keyed"]);
    const at = ["--server", url];
    expect((await shop.tutti(["threads", ...at])).err).toMatch(/^error UNAUTHENTICATED/);
    expect(await shop.tutti(["threads", ...at, "--key", key])).toMatchObject({ code: 0 });
    expect(await shop.tutti(["threads", ...at], { env: { TUTTI_API_KEY: key } })).toMatchObject({
      code: 0,
    });
    const refused = await shop.tutti(["run", GOAL, "--file", "sales.csv", ...at, "--key", key]);
    expect(refused.err).toMatch(/^error FORBIDDEN/);

    // While the server runs: revoked at once, and listed without the secret.
    await shop.tutti(["keys", "revoke", id, "--data", "keyed"]);
    expect((await shop.tutti(["threads", ...at, "--key", key])).err).toMatch(
      /^error UNAUTHENTICATED/,
    );
    const list = await shop.tutti(["keys", "list", "--data", "keyed"]);
    expect(list.out).toMatch(/viewer {2,}default {2}revoked \d{4}-/);
    expect(list.out).not.toContain(key);
  });

  it("reads no file of its machine for a client, unless its folder was named", async () => {
    writeFileSync(shop.path("secret.csv"), SALES);
    const ask = async (url: string) => {
      const answer = await fetch(`${url}/runs/wait`, {
        method: "POST",
        body: JSON.stringify({
          assistant_id: "orchestrator",
          input: { goal: GOAL, files: [shop.path("secret.csv")] },
        }),
      });
      return (await answer.json()) as Record<string, unknown>;
    };
    const shut = await serve(["--port", "0", "--data", "shut"]);
    expect(await ask(shut.url)).toMatchObject({ __error__: { error: "FORBIDDEN" } });
    const { url } = await serve(["--port", "0", "--data", "named"], {
      env: { TUTTI_INPUT_FOLDERS: shop.folder },
    });
    expect(await ask(url)).toMatchObject({ outcome: { status: "finished" } });
    const store = readdirSync(shop.path("named", "artifacts"), { recursive: true });
    expect(store.length).toBeGreaterThan(0);
    expect(readFileSync(shop.path("secret.csv"), "utf8")).toBe(SALES);
  });

  it("that is not there is a clear error", async () => {
    const end = await shop.tutti(["threads", "--server", "http://127.0.0.1:9"]);
    expect(end.code).toBe(4);
    expect(end.err).toMatch(/^error HTTP_FAILED: http:\/\/127\.0\.0\.1:9 does not answer/);
    expectCalm(end);
  });
});
