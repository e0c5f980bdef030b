// Two tenants on one server, every endpoint: nothing of the other is read, changed or revealed, not even
// that it exists.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { accessFor, newApiKey } from "../../../src/server/index.ts";
import { allRoutes } from "../../../src/server/routes/all-routes.ts";
import { DEFAULT_TENANT, type Role } from "../../../src/storage/index.ts";
import { startPostgres } from "../../fixtures/postgres.ts";
import { startServer, type TestServer } from "../../fixtures/server.ts";
import { foreignRequests, type Things } from "./foreign-requests.ts";
import { type Caller, FAR, visitsTo } from "./strangers.ts";

const OWNER = "acme";
const SECRET = "plans-of-acme";

const postgres = await startPostgres();
const databases: readonly ("sqlite" | "postgres")[] =
  "why" in postgres ? ["sqlite"] : ["sqlite", "postgres"];
afterAll(async () => {
  if (!("why" in postgres)) await postgres.stop();
});

describe.each(databases)("two tenants on %s", (database) => {
  let server: TestServer;
  let visits: ReturnType<typeof visitsTo>;
  let owner: Caller;
  let their: Things;

  const caller = async (tenant: string, role: Role = "runner"): Promise<Caller> => {
    const { key, hash, prefix } = newApiKey();
    const { keys } = server.platform.records;
    await keys.create({
      id: randomUUID(),
      tenant,
      name: tenant,
      role,
      hash,
      prefix,
      expiresAt: null,
    });
    const headers = { "x-api-key": key };
    return { headers, client: server.client(headers) };
  };

  beforeAll(async () => {
    // The access needs the records, which the server opens.
    let platform: TestServer["platform"] | undefined;
    const later = async () => {
      if (platform === undefined) throw new Error("not started");
      const { keys } = platform.records;
      return await accessFor({
        host: "0.0.0.0",
        keys,
        clock: platform.clock,
        log: platform.logger,
      });
    };
    server = await startServer({
      ...("why" in postgres || database === "sqlite" ? {} : { database: postgres.url }),
      access: {
        authenticate: async (request) => (await later()).authenticate(request),
        authorize: async (...call) => (await later()).authorize(...call),
      },
    });
    ({ platform } = server);
    visits = visitsTo(server, `the ${SECRET}`);
    owner = await caller(OWNER);
    await visits.upload(owner, `${SECRET}.txt`);
    their = await visits.thingsOf(owner, SECRET);
  }, 60_000);
  afterAll(() => server.close());

  test("the list below names every endpoint", () => {
    const served = allRoutes({})
      .filter(({ isOpen }) => isOpen !== true)
      .map(({ method, path }) => `${method} ${path}`);
    expect(Object.keys(foreignRequests(OWNER)).toSorted()).toEqual(served.toSorted());
  });

  describe.each(["globex", DEFAULT_TENANT])("a runner of %s", (tenant) => {
    test("gets for every id of the other what it gets for ids that do not exist", async () => {
      const before = await visits.seenBy(owner, their);
      const stranger = await caller(tenant);
      const own = await visits.thingsOf(stranger, `plans-of-${tenant}`);
      const none = visits.nothing(their);
      for (const [endpoint, tries] of Object.entries(foreignRequests(OWNER))) {
        const [method = ""] = endpoint.split(" ");
        const asked = tries(their, own);
        const harmless = tries(none, own);
        for (const [index, one] of asked.entries()) {
          const other = harmless[index];
          if (other === undefined) throw new Error("the same tries for all ids");
          const theirs = await visits.answerOf(stranger, method, one, their, own);
          const nobodys = await visits.answerOf(stranger, method, other, none, own);
          const what = `${endpoint} ${JSON.stringify(one)}`;
          expect.soft(theirs, what).toBe(nobodys);
          expect.soft(theirs, what).not.toContain(SECRET);
          expect.soft(theirs, what).not.toMatch(/^5\d\d/);
        }
      }
      expect(await visits.seenBy(owner, their)).toBe(before);
    }, 120_000);
  });

  test("two tenants choose the same ids, and neither notices", async () => {
    const one = await caller("one");
    const two = await caller("two");
    const id = randomUUID();
    for (const { client } of [one, two]) {
      expect((await client.assistants.create({ graphId: "chain", assistantId: id })).version).toBe(
        1,
      );
      expect((await client.threads.create({ threadId: id })).metadata).toEqual({});
    }
    const values = await Promise.all(
      [one, two].map(({ client }, index) =>
        client.runs.wait(id, id, { input: { goal: `goal ${index}` } }),
      ),
    );
    expect(values).toEqual(
      [0, 1].map((index) => ({ goal: `goal ${index}`, log: ["first", "second", "third"] })),
    );
    await two.client.assistants.update(id, { name: "mine", metadata: { two: true } });
    await two.client.threads.update(id, { metadata: { two: true } });
    await two.client.threads.updateState(id, { values: { goal: "changed" } });
    expect(await one.client.assistants.getVersions(id)).toHaveLength(1);
    const seen = await one.client.threads.get(id);
    expect(seen.values).toMatchObject({ goal: "goal 0" });
    expect(seen.metadata).not.toHaveProperty("two");
    const before = await one.client.threads.getHistory(id);
    await two.client.threads.delete(id);
    await two.client.assistants.delete(id, { deleteThreads: true });
    expect(await one.client.threads.getHistory(id)).toEqual(before);
    expect(await one.client.runs.list(id)).toHaveLength(1);
    expect((await one.client.assistants.get(id)).graph_id).toBe("chain");
  });

  test("a run on an id that another tenant has makes a thread of one's own", async () => {
    const stranger = await caller("runs-there");
    const before = await visits.seenBy(owner, their);
    const values = await stranger.client.runs.wait(their.thread, "chain", {
      input: { goal: "own" },
      ifNotExists: "create",
    });
    expect(values).toEqual({ goal: "own", log: ["first", "second", "third"] });
    const started = await visits.send(stranger, "post", {
      path: `/threads/${their.pausedThread}/commands`,
      body: { id: 1, method: "run.start", params: { assistant_id: "chain", input: {} } },
    });
    expect(await started.json()).toMatchObject({
      type: "success",
      id: 1,
    });
    expect(await stranger.client.runs.list(their.pausedThread)).toHaveLength(1);
    expect(await visits.seenBy(owner, their)).toBe(before);
  });

  test("who follows another's thread id sees only what happens on its own", async () => {
    const stranger = await caller("follows");
    const thread = randomUUID();
    const stop = new AbortController();
    const followed = await visits.send(
      stranger,
      "post",
      {
        path: `/threads/${thread}/stream/events`,
        body: { channels: ["lifecycle", "values", "updates", "input"] },
      },
      stop.signal,
    );
    await owner.client.runs.wait(thread, "chain", {
      input: { goal: SECRET },
      ifNotExists: "create",
    });
    await stranger.client.runs.wait(thread, "chain", {
      input: { goal: "mine" },
      ifNotExists: "create",
    });
    let text = "";
    const decoder = new TextDecoder();
    for await (const piece of followed.body ?? []) {
      text += decoder.decode(piece as Uint8Array, { stream: true });
      if (text.includes('"completed"')) break;
    }
    stop.abort();
    expect(text).toContain("mine");
    expect(text).not.toContain(SECRET);
  });

  test("over a WebSocket, too, a thread of another is one that is not there", async () => {
    const stranger = await caller("socket");
    const answers = async (thread: string): Promise<string[]> => {
      const socket = new WebSocket(
        `${server.url.replace("http", "ws")}/threads/${thread}/stream/events`,
        { headers: stranger.headers },
      );
      const commands: [string, unknown][] = [
        ["subscription.subscribe", { channels: ["values", "lifecycle", "input"] }],
        ["agent.getTree", {}],
        ["state.get", { namespace: [] }],
        ["input.respond", { interrupt_id: their.interrupt, response: "x" }],
      ];
      const heard: string[] = [];
      await new Promise<void>((resolve, reject) => {
        socket.on("error", reject);
        socket.on("open", () => {
          for (const [id, [method, params]] of commands.entries())
            socket.send(JSON.stringify({ id, method, params }));
        });
        socket.on("message", (data: Buffer) => {
          heard.push(data.toString().replaceAll(thread, "<thread>"));
          if (heard.length === commands.length) resolve();
        });
      });
      socket.close();
      return heard.map((text) => text.replaceAll(/[\da-f-]{36}/g, "<id>")).toSorted();
    };
    expect(await answers(their.pausedThread)).toEqual(await answers(randomUUID()));
  });

  test("the same content is stored by both, under names of their own", async () => {
    const stranger = await caller("files");
    const path = `/files/${their.sha256}`;
    expect((await visits.send(stranger, "get", { path })).status).toBe(404);
    expect(await visits.upload(stranger, "mine.txt")).toMatchObject({
      sha256: their.sha256,
      name: "mine.txt",
    });
    const own = await visits.send(stranger, "get", { path });
    expect(own.headers.get("content-disposition")).toContain("mine.txt");
    await own.arrayBuffer();
    const theirs = await visits.send(owner, "get", { path });
    expect(theirs.headers.get("content-disposition")).toContain(`${SECRET}.txt`);
    await theirs.arrayBuffer();
  });

  test("the same place in the store holds an item for each", async () => {
    const { client } = await caller("store");
    expect(await client.store.getItem([SECRET], "k")).toBeNull();
    await client.store.putItem([SECRET], "k", { mine: true });
    await client.store.putItem([OWNER, SECRET], "k", { mine: true });
    expect((await owner.client.store.getItem([SECRET], "k"))?.value).toEqual({ ns: SECRET });
    await client.store.deleteItem([SECRET], "k");
    expect((await owner.client.store.getItem([SECRET], "k"))?.value).toEqual({ ns: SECRET });
    const { namespaces } = await owner.client.store.listNamespaces({});
    expect(namespaces).toEqual([[SECRET]]);
  });

  test("assistants of langgraph.json are everybody's to use and nobody's to change", async () => {
    const { client } = await caller("globex", "admin");
    const [system] = await client.assistants.search({ metadata: { created_by: "system" } });
    const id = system?.assistant_id ?? "";
    const before = await owner.client.assistants.get(id);
    for (const change of [
      () => client.assistants.update(id, { name: "stolen" }),
      () => client.assistants.setLatest(id, 1),
      () => client.assistants.delete(id),
    ])
      await expect(change()).rejects.toThrow(/^HTTP 40[349]/);
    expect(await owner.client.assistants.get(id)).toEqual(before);
  });

  test("figures of the whole server are for admins of the default tenant", async () => {
    const status = async (tenant: string, role: Role): Promise<number> => {
      const response = await visits.send(await caller(tenant, role), "get", { path: "/metrics" });
      await response.text();
      return response.status;
    };
    expect(await status(DEFAULT_TENANT, "admin")).toBe(200);
    expect(await status(DEFAULT_TENANT, "runner")).toBe(403);
    expect(await status(OWNER, "admin")).toBe(403);
  });

  test("a reviewer reads and answers, and starts nothing", async () => {
    const runner = await caller("review");
    const { client, headers } = await caller("review", "reviewer");
    const { thread_id: thread } = await runner.client.threads.create();
    await runner.client.runs.wait(thread, "asking", { input: {} });
    const refused = /^HTTP 403/;
    await expect(client.threads.create()).rejects.toThrow(refused);
    await expect(client.runs.create(thread, "asking", { input: {} })).rejects.toThrow(refused);
    await expect(
      client.runs.create(thread, "asking", { command: { resume: "x", goto: "after" } }),
    ).rejects.toThrow(refused);
    await expect(client.threads.updateState(thread, { values: {} })).rejects.toThrow(refused);
    const question = async (): Promise<string> =>
      Object.values((await client.threads.get(thread)).interrupts).flat()[0]?.id ?? "";
    await client.runs.wait(thread, "asking", { command: { resume: "one" } });
    const response = await server.post(
      `/threads/${thread}/commands`,
      {
        id: 1,
        method: "input.respond",
        params: { interrupt_id: await question(), response: "two" },
      },
      headers,
    );
    expect(await response.json()).toMatchObject({ type: "success" });
    const [last] = await client.runs.list(thread);
    await client.runs.join(thread, last?.run_id ?? "");
    expect((await client.threads.get(thread)).values).toMatchObject({ answers: ["one", "two"] });
    await expect(
      client.runs.create(thread, "asking", { command: { resume: "again" } }),
    ).rejects.toThrow(/^HTTP 409/);
    expect(await client.runs.list(thread)).toHaveLength(3);
  });

  test("who changes what a cron does is who does it from then on", async () => {
    const admin = await caller("cron", "admin");
    const runner = await caller("cron");
    const { cron_id: id } = (await admin.client.crons.create("chain", {
      schedule: "0 3 * * *",
      input: { goal: "theirs" },
    })) as unknown as { cron_id: string };
    const { crons } = server.platform.records;
    const userOf = async () => (await crons.get({ tenant: "cron" }, id)).payload["user"];
    expect(await userOf()).toMatchObject({ permissions: ["admin"] });
    await runner.client.crons.update(id, { enabled: false });
    expect(await userOf()).toMatchObject({ permissions: ["admin"] });
    await runner.client.crons.update(id, { input: { goal: "mine" } });
    expect(await userOf()).toMatchObject({ permissions: ["runner"] });
  });

  test("a viewer stops no run by following it", async () => {
    const runner = await caller("view");
    const viewer = await caller("view", "viewer");
    const { thread_id: thread } = await runner.client.threads.create();
    const run = await runner.client.runs.create(thread, "chain", { input: {}, afterSeconds: FAR });
    for (const path of ["join", "stream"]) {
      const stop = new AbortController();
      const response = await visits.send(
        viewer,
        "get",
        { path: `/threads/${thread}/runs/${run.run_id}/${path}?cancel_on_disconnect=1` },
        stop.signal,
      );
      expect(response.status).toBe(403);
      stop.abort();
    }
    expect((await viewer.client.runs.get(thread, run.run_id)).status).toBe("pending");
  });
});
