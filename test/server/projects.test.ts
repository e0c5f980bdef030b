// Projects that are served by `--config`: graphs made with another copy of LangGraph than the server's own, and
// what langgraph.json says beside graphs. The server is a process; clients are the SDK's.
import { join } from "node:path";
import { Client, type ThreadState } from "@langchain/langgraph-sdk";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Running, workshop } from "../cli/tutti.ts";
import { installProject } from "../fixtures/own-packages.ts";
import { type PostgresServer, startPostgres } from "../fixtures/postgres.ts";

const shop = workshop();
let postgres: PostgresServer;
const running = new Set<Running>();

beforeAll(async () => {
  installProject(join(import.meta.dirname, "project"), shop.folder);
  const started = await startPostgres();
  if ("why" in started) throw new Error(started.why);
  postgres = started;
});
const kill = async (): Promise<void> => {
  for (const server of running) {
    server.kill("SIGKILL");
    await server.ended;
    running.delete(server);
  }
};
afterEach(kill);
afterAll(async () => {
  await postgres.stop();
  shop.remove();
});

/** Starts the server; answers its address and a client. */
const serve = async (data: string, env: Readonly<Record<string, string>> = {}) => {
  const flags = ["--config", "langgraph.json", "--data", data, "--port", "0"];
  const server = shop.begin(["serve", ...flags], { env });
  running.add(server);
  const { url } = JSON.parse(await server.line(/"url":/)) as { url: string };
  return { url, client: new Client({ apiUrl: url, apiKey: null }) };
};

const logOf = ({ values }: Pick<ThreadState<{ log?: string[] }>, "values">): string[] =>
  values.log ?? [];

describe("a project with its own copy of LangGraph", () => {
  it.each(["SQLite", "PostgreSQL"])(
    "goes on after a kill with what it had sent, as instances of its own classes (%s)",
    async (database) => {
      const env: Record<string, string> =
        database === "SQLite" ? {} : { DATABASE_URL: postgres.url };
      const before = (await serve(database, env)).client;
      const { thread_id: thread } = await before.threads.create();
      await before.runs.wait(thread, "letters", { input: {} });
      expect((await before.threads.get(thread)).status).toBe("interrupted");
      await kill();

      const { client } = await serve(database, env);
      const paused = await client.threads.getState<{ log?: string[] }>(thread);
      expect(paused.tasks.map(({ name }) => name)).toEqual(["sign", "sign"]);
      const asked = paused.tasks.flatMap(({ interrupts }) => interrupts);
      expect(asked.map(({ value }) => value)).toEqual(["sign for Ann?", "sign for Bob?"]);
      const resume = Object.fromEntries(asked.map(({ id }) => [id, "Eve"]));
      await client.runs.wait(thread, "letters", { command: { resume } });
      expect(logOf(await client.threads.getState(thread))).toEqual([
        "drafted",
        "Ann, signed by Eve, own classes",
        "Bob, signed by Eve, own classes",
        "posted",
      ]);
    },
    120_000,
  );

  it("takes commands of clients, says its schemas, and streams what its models say", async () => {
    const { client } = await serve("commands");
    const { thread_id: thread } = await client.threads.create();
    await client.runs.wait(thread, "letters", {
      command: { update: { log: ["by hand"] }, goto: { node: "note", input: { to: "Cay" } } },
    });
    expect(logOf(await client.threads.getState(thread))).toEqual(["by hand", "noted Cay"]);

    const { state_schema: schema } = await client.assistants.getSchemas("letters");
    expect(schema).toMatchObject({ properties: { log: { langgraph_type: "prompt" } } });

    const { thread_id: other } = await client.threads.create();
    const said: unknown[] = [];
    const kinds = new Set<string>();
    const input = { messages: [{ type: "human", content: "hi", id: "h" }] };
    for await (const { event, data } of client.runs.stream(other, "speaker", {
      input,
      streamMode: ["messages", "values"],
    })) {
      kinds.add(event);
      if (event === "messages/partial" || event === "messages/complete")
        said.push([event, data.map(({ content }) => content)]);
    }
    expect([...kinds].sort()).toEqual([
      "messages/complete",
      "messages/metadata",
      "messages/partial",
      "metadata",
      "values",
    ]);
    expect(said).toEqual([
      ["messages/complete", ["hi"]],
      ["messages/partial", ["good "]],
      ["messages/partial", ["good morning"]],
      ["messages/complete", ["good morning"]],
    ]);
  }, 60_000);
});

describe("what langgraph.json says beside graphs", () => {
  it("holds: defaults of assistants, routes before the API's, webhooks to them, components", async () => {
    const { url, client } = await serve("beside");
    const [assistant] = await client.assistants.search({ graphId: "speaker" });
    expect(assistant).toMatchObject({
      config: { configurable: { voice: "low" } },
      context: { audience: "all" },
    });
    const speech = async (headers: Record<string, string> = {}) =>
      await new Client({ apiUrl: url, apiKey: null, defaultHeaders: headers }).runs.wait(
        null,
        "speaker",
        { input: { messages: ["hi"] }, webhook: "/own/told" },
      );
    expect(await speech()).toMatchObject({ voice: "low", audience: "all" });
    expect(await speech({ "x-speak": "loud" })).toMatchObject({ voice: "loud" });
    expect(await speech({ "x-listen": "1" })).toMatchObject({ voice: "low" });

    const own = async (path: string): Promise<unknown> =>
      await (await fetch(`${url}${path}`)).json();
    expect(await own("/own/speech")).toMatchObject({ voice: "low", audience: "all" });
    await expect
      .poll(() => own("/own/told"), { timeout: 20_000 })
      .toMatchObject({ status: "success", values: { audience: "all" } });
  }, 60_000);

  it("brings components of its graphs to chat pages", async () => {
    const { url, client } = await serve("components");
    const html = await client["~ui"].getComponent("letters", `let'ter`);
    const [, style] = /href="([^"]+)"/.exec(html) ?? [];
    const [, script, call] = /src="([^"]+)" onload='([^']+)'/.exec(html) ?? [];
    expect(script).toBe(`${url}/ui/letters/entrypoint.js`);
    expect(call).toBe(`__LGUI_letters.render("let&#39;ter", "{{shadowRootId}}")`);
    const code = await (await fetch(String(script))).text();
    expect(code).toContain("A letter to ");
    expect(code).toContain(`globalThis[Symbol.for("LGUI_REQUIRE")]("react")`);
    expect(await (await fetch(String(style))).text()).toContain("teal");
    await expect(client["~ui"].getComponent("speaker", "any")).rejects.toThrow("404");
    expect((await fetch(`${url}/ui/letters/cards.jsx`)).status).toBe(404);
  }, 60_000);
});
