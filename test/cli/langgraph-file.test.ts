// What a project's langgraph.json says beside its graphs, to a real server.
import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@langchain/langgraph-sdk";
import { type Running, workshop } from "./tutti.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const shop = workshop();
const running: Running[] = [];
afterAll(async () => {
  for (const one of running) {
    one.kill("SIGKILL");
    await one.ended;
  }
  shop.remove();
});

const graphFile = fileURLToPath(new URL("../runs/graphs/chain.ts", import.meta.url));

const serve = async (file: object, env: Readonly<Record<string, string>> = {}) => {
  const graphs = { chain: `./${relative(shop.folder, graphFile)}:graph` };
  writeFileSync(shop.path("langgraph.json"), JSON.stringify({ graphs, ...file }));
  const args = ["serve", "--port", "0", "--data", `data-${running.length}`];
  const server = shop.begin([...args, "--config", "langgraph.json"], { env });
  running.push(server);
  return {
    server,
    url: async () => (JSON.parse(await server.line(/"url":/)) as { url: string }).url,
  };
};

describe("langgraph.json", () => {
  it("gives threads a time to live, and the store an index by meaning", async () => {
    writeFileSync(
      shop.path("embed.mjs"),
      "export const embed = async (texts) => texts.map((text) => [text.includes('sea') ? 1 : 0, text.includes('hill') ? 1 : 0.1]);",
    );
    const { url } = await serve({
      checkpointer: { ttl: { strategy: "keep_latest", default_ttl: 60 } },
      store: { index: { embed: "./embed.mjs:embed", dims: 2 } },
    });
    const client = new Client({ apiUrl: await url(), apiKey: null });
    const ttlOf = async ({ thread_id: id }: { thread_id: string }): Promise<unknown> =>
      ((await (await fetch(`${await url()}/threads/${id}?include=ttl`)).json()) as { ttl: unknown })
        .ttl;
    expect(await ttlOf(await client.threads.create())).toMatchObject({
      strategy: "keep_latest",
      ttl_minutes: 60,
    });
    expect(await ttlOf(await client.threads.create({ ttl: 5 }))).toMatchObject({
      strategy: "delete",
      ttl_minutes: 5,
    });
    const { thread_id: made } = await client.runs.create(crypto.randomUUID(), "chain", {
      ifNotExists: "create",
      input: {},
    });
    expect(await ttlOf({ thread_id: made })).toMatchObject({ ttl_minutes: 60 });

    await client.store.putItem(["notes"], "a", { text: "by the sea" });
    await client.store.putItem(["notes"], "b", { text: "over the hill" });
    const { items } = await client.store.searchItems(["notes"], { query: "the sea", limit: 1 });
    expect(items.map(({ key }) => key)).toEqual(["a"]);
  });

  it("that names what is not there, or what is no embedding, ends the start with the reason", async () => {
    const missing = await serve({ auth: { path: "./nowhere.mjs:auth" } });
    const first = await missing.server.ended;
    expect(first.code).toBe(2);
    expect(first.err).toMatch(
      /^error CONFIG_INVALID: langgraph\.json: \.\/nowhere\.mjs cannot be loaded/,
    );
    const wrong = await serve({ store: { index: { embed: "magic", dims: 3 } } });
    const second = await wrong.server.ended;
    expect(second.err).toMatch(
      /^error CONFIG_INVALID: langgraph\.json: store\.index\.embed: "magic"/,
    );
  });

  it("is served within the operator's limits", async () => {
    const { url } = await serve({}, { TUTTI_RATE_LIMIT: "1/3" });
    const at = await url();
    const statuses: number[] = [];
    for (let i = 0; i < 5; i += 1)
      statuses.push((await fetch(`${at}/threads/count`, { method: "POST", body: "{}" })).status);
    expect(statuses.slice(0, 3)).toEqual([200, 200, 200]);
    expect(statuses).toContain(429);
  });
});
